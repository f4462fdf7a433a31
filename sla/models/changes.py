"""What changes under running clocks: a notice that is posted, the work of recomputing, and each deadline it moved."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sla.models.calendars import CalendarVersion
from sla.models.clocks import Milestone


class HolidayNotice(models.Model):
    """A notice about days off: the holidays of a country's year, or one calendar's hours on some dates. Source: Y17"""

    class State(models.TextChoices):
        DRAFT = "draft", _("草拟")
        APPLIED = "applied", _("已生效")
        DISCARDED = "discarded", _("已作废")

    title = models.CharField(_("标题"), max_length=200)
    title_en = models.CharField(_("英文标题"), max_length=200, blank=True)
    # The notice's own number or address, which every date keeps as its source.
    source = models.CharField(_("出处"), max_length=200)
    source_en = models.CharField(_("英文出处"), max_length=200, blank=True)
    published_on = models.DateField(_("发布日期"), null=True, blank=True)
    # Either the year of a country or of one part of it …
    country = models.CharField(_("国家或地区"), max_length=2, blank=True)
    subdivision = models.CharField(_("下级区域"), max_length=8, blank=True)
    year = models.PositiveSmallIntegerField(_("年份"), null=True, blank=True)
    # … or one calendar, by its code.
    calendar = models.CharField(_("服务时间"), max_length=64, blank=True)
    # Of a year: {"date", "kind", "name", "name_en", "stands_for"}; of a calendar: {"date", "hours", "name", "name_en"}.
    dates = models.JSONField(_("日期"), default=list)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    posted_by = models.CharField(_("发布人"), max_length=120, blank=True)
    posted_at = models.DateTimeField(_("录入于"), db_default=Now())
    applied_by = models.CharField(_("生效人"), max_length=120, blank=True)
    applied_at = models.DateTimeField(_("生效于"), null=True, blank=True)
    # What it changed, as it was when applied: {"calendar", "from", "to", "date", "before", "after"}.
    changes = models.JSONField(_("变更"), default=list, blank=True)

    class Meta:
        ordering = ["-posted_at", "-pk"]
        verbose_name = pgettext_lazy("one", "放假通知")
        verbose_name_plural = pgettext_lazy("many", "放假通知")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(calendar="", country__gt="", year__isnull=False)
                | models.Q(calendar__gt="", country="", year=None),
                name="notice_of_a_year_or_of_a_calendar",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RecomputeQuerySet(models.QuerySet["Recompute"]):
    """Read the work of recomputing."""

    def unfinished(self) -> Self:
        """Narrow to what has not reached every open milestone yet, oldest first."""
        return self.filter(finished_at=None).order_by("pk")

    def ready(self, at: datetime) -> Self:
        """Narrow to unfinished work that may be gone on with now."""
        return self.unfinished().filter(retry_at__lte=at)


class Recompute(models.Model):
    """A changed calendar or policy on its way to the open milestones that it touches, batch by batch."""

    class Kind(models.TextChoices):
        CALENDAR = "calendar", _("服务时间")
        POLICY = "policy", _("服务响应标准")

    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    # The calendar or policy, and the version that it goes over to.
    code = models.CharField(_("代码"), max_length=120)
    version = models.PositiveIntegerField(_("版本"))
    notice = models.ForeignKey(
        HolidayNotice, verbose_name=_("放假通知"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Why, in the words of whoever changed it.
    cause = models.CharField(_("原因"), max_length=400, blank=True)
    cause_en = models.CharField(_("原因英文"), max_length=400, blank=True)
    actor_kind = models.CharField(_("行为人类别"), max_length=10)
    actor_ref = models.CharField(_("行为人标识"), max_length=64, blank=True)
    actor_display = models.CharField(_("行为人"), max_length=120, blank=True)
    # Spans of changed dates as instants, [[start, end], …]: only a milestone whose span touches one is computed anew.
    spans = models.JSONField(_("变更的时段"), default=list, blank=True)
    created_at = models.DateTimeField(_("创建于"))
    started_at = models.DateTimeField(_("开始于"), null=True, blank=True)
    finished_at = models.DateTimeField(_("完成于"), null=True, blank=True)
    # Everything up to this key has been seen.
    cursor = models.BigIntegerField(_("进行到"), default=0)
    touched = models.PositiveIntegerField(_("涉及"), default=0)
    moved = models.PositiveIntegerField(_("变动"), default=0)
    held = models.PositiveIntegerField(_("保持原期"), default=0)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    retry_at = models.DateTimeField(_("下次尝试"))
    error = models.CharField(_("错误"), max_length=400, blank=True)

    objects = RecomputeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "重算")
        verbose_name_plural = pgettext_lazy("many", "重算")
        indexes = [
            models.Index(fields=["id"], condition=models.Q(finished_at=None), name="recompute_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class DueMoveQuerySet(models.QuerySet["DueMove"]):
    """Read moved deadlines."""

    def pending(self, at: datetime) -> Self:
        """Narrow to those that nobody has written down and told yet, oldest first."""
        return self.filter(acted_at=None, retry_at__lte=at).order_by("pk")


class DueMove(models.Model):
    """One open milestone's deadline that a recompute moved, or held where moving it would have been unfair."""

    class Verdict(models.TextChoices):
        LATER = "later", _("推迟")
        EARLIER = "earlier", _("提前")
        # On an earlier local date than before.
        MUCH_EARLIER = "much_earlier", _("大幅提前")
        # It would have moved to an instant that is past, or before its first warning could be given.
        HELD = "held", _("保持原期")

    recompute = models.ForeignKey(Recompute, verbose_name=_("重算"), on_delete=models.CASCADE, related_name="moves")
    milestone = models.ForeignKey(Milestone, verbose_name=_("时限节点"), on_delete=models.CASCADE, related_name="moves")
    from_version = models.ForeignKey(
        CalendarVersion, verbose_name=_("原服务时间"), on_delete=models.PROTECT, related_name="+"
    )
    to_version = models.ForeignKey(
        CalendarVersion, verbose_name=_("新服务时间"), on_delete=models.PROTECT, related_name="+"
    )
    old_due_at = models.DateTimeField(_("原到期时刻"), null=True, blank=True)
    # What the new version gives; a held milestone keeps the old one all the same.
    new_due_at = models.DateTimeField(_("新到期时刻"), null=True, blank=True)
    verdict = models.CharField(_("结论"), max_length=12, choices=Verdict)
    # The milestone was late by the old due instant and is not by the new one.
    undid_breach = models.BooleanField(_("撤销超时"), default=False)
    found_at = models.DateTimeField(_("变动于"))
    acted_at = models.DateTimeField(_("处理于"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    retry_at = models.DateTimeField(_("下次尝试"))
    error = models.CharField(_("错误"), max_length=400, blank=True)

    objects = DueMoveQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "时限变动")
        verbose_name_plural = pgettext_lazy("many", "时限变动")
        constraints = [models.UniqueConstraint(fields=["recompute", "milestone"], name="due_move_once")]
        indexes = [
            models.Index(fields=["retry_at", "id"], condition=models.Q(acted_at=None), name="due_move_pending"),
        ]

    def __str__(self) -> str:
        return f"{self.milestone_id}: {self.verdict}"
