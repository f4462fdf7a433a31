"""What monitoring reports: one row for each time that something began to fire. Source: K04"""

from typing import Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import ApiKey
from tickets.models.ticket import Ticket


class AlertQuerySet(models.QuerySet["Alert"]):
    """Read alerts."""

    def firing(self) -> Self:
        """Narrow to what fires now."""
        return self.filter(state=Alert.State.FIRING)

    def of_group(self, series: UUID, group: str) -> Self:
        """Narrow to one group of one sender, the last first."""
        return self.filter(series=series, group=group).order_by("-first_seen_at", "-pk")


class Alert(models.Model):
    """An alert from when it began to fire until it was resolved; what is repeated meanwhile is only counted."""

    class State(models.TextChoices):
        FIRING = "firing", pgettext_lazy("alert", "告警中")
        RESOLVED = "resolved", pgettext_lazy("alert", "已恢复")

    # Whose fingerprints these are: the same for a key and those it was rotated to.
    series = models.UUIDField(_("密钥系列"))
    api_key = models.ForeignKey(
        ApiKey, verbose_name=_("接口密钥"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    fingerprint = models.CharField(_("指纹"), max_length=64)
    # A digest of the sender's own key of the group, which may be of any length.
    group = models.CharField(_("分组"), max_length=64)
    ticket = models.ForeignKey(
        Ticket, verbose_name=_("工单"), null=True, blank=True, on_delete=models.SET_NULL, related_name="alerts"
    )
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.FIRING)
    name = models.CharField(_("名称"), max_length=200)
    severity = models.CharField(_("级别"), max_length=40, blank=True)
    summary = models.CharField(_("摘要"), max_length=400, blank=True)
    labels = models.JSONField(_("标签"), default=dict, blank=True)
    source_url = models.CharField(_("来源地址"), max_length=500, blank=True)
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("恢复于"), null=True, blank=True)
    first_seen_at = models.DateTimeField(_("首次收到"))
    last_seen_at = models.DateTimeField(_("最近收到"))
    # How often it was reported as firing.
    count = models.PositiveIntegerField(_("次数"), default=1)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-first_seen_at", "-pk"]
        verbose_name = pgettext_lazy("one", "告警")
        verbose_name_plural = pgettext_lazy("many", "告警")
        constraints = [
            models.UniqueConstraint(fields=["series", "fingerprint", "starts_at"], name="alert_once_a_start"),
            models.UniqueConstraint(
                fields=["series", "fingerprint"], condition=models.Q(state="firing"), name="alert_fires_once"
            ),
        ]
        indexes = [models.Index(fields=["series", "group", "-first_seen_at"], name="alert_by_group")]

    def __str__(self) -> str:
        return self.name
