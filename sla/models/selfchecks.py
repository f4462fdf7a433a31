"""The engine's check of itself: stored milestones beside what their facts fold to."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sla.models.clocks import Clock
from sla.models.policies import Metric


class SelfCheck(models.Model):
    """One pass over every open milestone."""

    started_at = models.DateTimeField(_("开始于"))
    finished_at = models.DateTimeField(_("完成于"), null=True, blank=True)
    # Everything up to this clock has been seen.
    cursor = models.BigIntegerField(_("进行到"), default=0)
    checked = models.PositiveIntegerField(_("已核对"), default=0)
    drifted = models.PositiveIntegerField(_("有出入"), default=0)

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "自检")
        verbose_name_plural = pgettext_lazy("many", "自检")

    def __str__(self) -> str:
        return f"#{self.pk}"


class Drift(models.Model):
    """A milestone that is stored otherwise than its facts say."""

    check_run = models.ForeignKey(SelfCheck, verbose_name=_("自检"), on_delete=models.CASCADE, related_name="drifts")
    clock = models.ForeignKey(Clock, verbose_name=_("所属计时"), on_delete=models.CASCADE, related_name="drifts")
    metric = models.CharField(_("指标"), max_length=16, choices=Metric)
    number = models.PositiveSmallIntegerField(_("第几次"), default=1)
    # Where the clock's first fact stands, such as "T-2026-000012".
    thing = models.CharField(_("计时对象"), max_length=64, blank=True)
    # {field: [stored, folded]}
    differences = models.JSONField(_("差异"), default=dict)
    found_at = models.DateTimeField(_("发现于"))
    # A later pass found it in order again.
    settled_at = models.DateTimeField(_("消除于"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "出入")
        verbose_name_plural = pgettext_lazy("many", "出入")
        constraints = [
            models.UniqueConstraint(
                fields=["clock", "metric", "number"], condition=models.Q(settled_at=None), name="drift_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thing} {self.metric} #{self.number}"
