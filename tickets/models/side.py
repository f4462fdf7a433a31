"""Work beside a ticket: something that somebody is asked to do on the way."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import User
from sla.models import Escalation
from tickets.models.ticket import Ticket


class SideTaskQuerySet(models.QuerySet["SideTask"]):
    """Read side tasks."""

    def open(self) -> Self:
        """Narrow to what is still to be done, oldest first."""
        return self.filter(done_at=None).order_by("created_at", "pk")

    def waiting_for(self, user: User) -> Self:
        """Narrow to what is still to be done by a user."""
        return self.open().filter(assignee=user)


class SideTask(models.Model):
    """One thing to do for a ticket, given out by a rule or a colleague; no customer sees it and no clock hears it."""

    ticket = models.ForeignKey(Ticket, verbose_name=_("工单"), on_delete=models.CASCADE, related_name="side_tasks")
    title = models.CharField(_("事项"), max_length=200)
    assignee = models.ForeignKey(
        User, verbose_name=_("处理人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="side_tasks"
    )
    # The step of a ladder that asked for it; null if a person did.
    escalation = models.ForeignKey(
        Escalation, verbose_name=_("工单升级事件"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_by = models.CharField(_("创建人"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("创建于"))
    done_by = models.CharField(_("完成人"), max_length=120, blank=True)
    done_at = models.DateTimeField(_("完成于"), null=True, blank=True)

    objects = SideTaskQuerySet.as_manager()

    class Meta:
        ordering = ["ticket", "pk"]
        verbose_name = pgettext_lazy("one", "协办事项")
        verbose_name_plural = pgettext_lazy("many", "协办事项")
        indexes = [models.Index(fields=["assignee"], condition=models.Q(done_at=None), name="side_task_open")]

    def __str__(self) -> str:
        return self.title
