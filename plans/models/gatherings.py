"""What is held once for many customers: a certification, an event for executives. Source: K15, K16, K17."""

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.people import Contact, Role, User


class GatheringQuerySet(models.QuerySet["Gathering"]):
    """Read gatherings."""

    def published(self) -> Self:
        """Narrow to those that are published and not called off."""
        return self.filter(published_at__isnull=False, cancelled_at=None)

    def visible_to(self, user: User) -> Self:
        """Narrow to what one of our people may see; a partner what needs no invitation, or one of their accounts joins.

        Source: K17
        """
        if user.role != Role.PARTNER:
            return self
        theirs = user.accounts.filter(contract__engagements__gathering=OuterRef("pk"))
        return self.filter(Q(is_by_invitation=False) | Exists(theirs))

    def open_to(self, contact: Contact) -> Self:
        """Narrow to what a contact may see: those they are invited to, and those that need no invitation. Source: K17

        Whether the contact's contract gives the service is not looked at here.
        """
        invited = contact.attendances.filter(engagement__gathering=OuterRef("pk"))
        return self.published().filter(Q(is_by_invitation=False) | Exists(invited))


class Gathering(models.Model):
    """An event or a certification that many customers take part in, each by an engagement under its own contract."""

    service = models.CharField(_("服务"), max_length=40)
    vendor = models.CharField(_("厂商"), max_length=20)
    title = models.CharField(_("名称"), max_length=160)
    title_en = models.CharField(_("英文名称"), max_length=160)
    text = models.TextField(_("介绍"), blank=True)
    text_en = models.TextField(_("英文介绍"), blank=True)
    is_by_invitation = models.BooleanField(_("仅限受邀"), default=False)
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    timezone = models.CharField(_("时区"), max_length=40, default="Asia/Shanghai")
    mode = models.CharField(_("方式"), max_length=8, default="on_site")
    place = models.CharField(_("地点或会议链接"), max_length=300, blank=True)
    # People who can take part in all; null where it does not matter.
    places = models.PositiveIntegerField(_("名额"), null=True, blank=True)
    enrol_until = models.DateField(_("报名截止"), null=True, blank=True, help_text=_("含当日。"))
    stage = models.PositiveSmallIntegerField(_("阶段"), default=0)
    published_at = models.DateTimeField(_("发布于"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("取消于"), null=True, blank=True)
    by = models.ForeignKey(User, verbose_name=_("发布人"), null=True, on_delete=models.SET_NULL, related_name="+")

    objects = GatheringQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = pgettext_lazy("one", "活动")
        verbose_name_plural = pgettext_lazy("many", "活动")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="gathering_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.title
