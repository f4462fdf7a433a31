"""Clocks: the facts they heard, the milestones folded from them, and the escalations that came true."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sla.models.calendars import CalendarVersion
from sla.models.policies import EscalationRule, Metric, Policy, Target


class Clock(models.Model):
    """The timing of one thing under one policy. The timed thing holds the key to it."""

    policy = models.ForeignKey(Policy, verbose_name=_("服务响应标准"), on_delete=models.PROTECT, related_name="clocks")
    priority = models.CharField(_("优先级"), max_length=16, blank=True)
    started_at = models.DateTimeField(_("起算时刻"))

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "计时")
        verbose_name_plural = pgettext_lazy("many", "计时")

    def __str__(self) -> str:
        return f"#{self.pk}"


class Observation(models.Model):
    """One fact that a clock heard: what happened, when, and who did it. Facts are added or withdrawn, never edited."""

    clock = models.ForeignKey(Clock, verbose_name=_("所属计时"), on_delete=models.CASCADE, related_name="observations")
    kind = models.CharField(_("类别"), max_length=20)
    at = models.DateTimeField(_("时间"))
    recorded_at = models.DateTimeField(_("记录于"), db_default=Now())
    actor_kind = models.CharField(_("行为人类别"), max_length=10)
    actor_ref = models.CharField(_("行为人标识"), max_length=64, blank=True)
    actor_display = models.CharField(_("行为人"), max_length=120, blank=True)
    # Where the fact stands in the timed thing's own ledger, such as "T-2026-000012#4".
    source = models.CharField(_("台账位置"), max_length=64, blank=True)
    # What a kind needs besides: hold, until, policy, priority.
    fields = models.JSONField(_("附加内容"), default=dict, blank=True)
    withdrawn_at = models.DateTimeField(_("撤回于"), null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = pgettext_lazy("one", "事实")
        verbose_name_plural = pgettext_lazy("many", "事实")
        indexes = [models.Index(fields=["clock", "at"], name="observation_by_clock")]

    def __str__(self) -> str:
        return self.source or f"#{self.pk}"


# When the last pause ends, or ended; null where it has no agreed end.
PAUSED_UNTIL = Cast(KT("pauses__-1__end"), models.DateTimeField())
# Every warning has been given; a milestone without warnings is never at risk.
LAST_STEP = models.Q(next_step_at=models.F("due_at"), fired_through__isnull=False)


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    """Read milestones in the words of the domain."""

    def open(self) -> Self:
        """Narrow to milestones that nobody has met or cancelled."""
        return self.filter(stopped_at=None)

    def due(self, at: datetime) -> Self:
        """Narrow to those whose next step (warning, breach, later level) came before `at`, oldest first."""
        return self.filter(next_step_at__lt=at).order_by("next_step_at", "pk")

    def late(self, at: datetime) -> Self:
        """Narrow to open milestones whose due instant lies before `at`."""
        return self.open().filter(due_at__lt=at)

    def at_risk(self, at: datetime) -> Self:
        """Narrow to those still in time whose every warning has come, and that no agreed wait holds."""
        near = self.filter(models.Q(next_step_at__lt=at) | LAST_STEP, due_at__gte=at, next_step_at__isnull=False)
        unheld = models.Q(paused_until=None) | models.Q(paused_until__lte=at)
        return near.alias(paused_until=PAUSED_UNTIL).filter(unheld)


class Milestone(models.Model):
    """One run of a target: computed from facts, never edited by hand."""

    class State(models.TextChoices):
        RUNNING = "running", _("计时中")
        PAUSED = "paused", _("已暂停")
        MET = "met", _("已达成")
        BREACHED = "breached", _("已超时")
        MET_LATE = "met_late", _("超时后达成")
        CANCELLED = "cancelled", _("已取消")

    clock = models.ForeignKey(Clock, verbose_name=_("所属计时"), on_delete=models.CASCADE, related_name="milestones")
    metric = models.CharField(_("指标"), max_length=16, choices=Metric)
    # The n-th run of this metric on this clock, from 1.
    number = models.PositiveSmallIntegerField(_("第几次"), default=1)
    target = models.ForeignKey(Target, verbose_name=_("响应时长"), on_delete=models.PROTECT, related_name="milestones")
    calendar_version = models.ForeignKey(
        CalendarVersion, verbose_name=_("服务时间"), on_delete=models.PROTECT, related_name="milestones"
    )
    state = models.CharField(_("状态"), max_length=10, choices=State)
    started_at = models.DateTimeField(_("起算时刻"))
    # Null: paused without an end, or never reached by this calendar.
    due_at = models.DateTimeField(_("到期时刻"), null=True, blank=True)
    # The local date by which it is owed, where a date says so and not a time: the deadline is the last close by then.
    due_on = models.DateField(_("应不晚于"), null=True, blank=True)
    completed_at = models.DateTimeField(_("达成于"), null=True, blank=True)
    # When the run ended, met or not; null while it is open.
    stopped_at = models.DateTimeField(_("终止于"), null=True, blank=True)
    met_by = models.ForeignKey(
        Observation, verbose_name=_("达成动作"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Promised working time, and what is left of it while paused.
    budget = models.DurationField(_("承诺时长"), null=True, blank=True)
    remaining = models.DurationField(_("剩余时长"), null=True, blank=True)
    # [{"start", "end" or null, "cause"}], instants as ISO 8601 UTC.
    pauses = models.JSONField(_("暂停记录"), default=list, blank=True)
    # The span from start to due touches a year whose holidays are assumed.
    is_provisional = models.BooleanField(_("暂定"), default=False, help_text=_("涉及节假日尚属推定的年份。"))
    next_step_at = models.DateTimeField(_("下一步时刻"), null=True, blank=True)
    next_level = models.PositiveSmallIntegerField(_("下一级别"), default=0)
    # A changed calendar would have moved it unfairly: it stays on the version that it was promised on.
    is_held = models.BooleanField(_("保持原期"), default=False, db_default=False)
    # Somebody has taken the matter on: until the deadline moves, no further warning or later level comes.
    acknowledged_at = models.DateTimeField(_("知悉于"), null=True, blank=True)
    acknowledged_ref = models.CharField(_("知悉人标识"), max_length=64, blank=True, default="", db_default="")
    acknowledged_by = models.CharField(_("知悉人"), max_length=120, blank=True, default="", db_default="")
    # The instant of the last step fired: a warning that lies before it is not given again.
    fired_through = models.DateTimeField(_("已触发至"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    error = models.CharField(_("错误"), max_length=400, blank=True)
    quarantined_at = models.DateTimeField(_("隔离于"), null=True, blank=True)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        ordering = ["clock", "started_at", "pk"]
        verbose_name = pgettext_lazy("one", "时限节点")
        verbose_name_plural = pgettext_lazy("many", "时限节点")
        constraints = [
            models.UniqueConstraint(fields=["clock", "metric", "number"], name="milestone_once"),
            models.CheckConstraint(
                condition=models.Q(completed_at=None) | models.Q(stopped_at__isnull=False),
                name="milestone_completed_is_stopped",
            ),
            models.CheckConstraint(
                condition=models.Q(stopped_at=None) | models.Q(next_step_at=None), name="milestone_stopped_has_no_step"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_step_at", "id"],
                condition=models.Q(next_step_at__isnull=False),
                name="milestone_next_step",
            ),
            # What a recompute and the self-check walk through: ended ones would only be in the way.
            models.Index(
                fields=["calendar_version", "id"],
                condition=models.Q(stopped_at=None),
                name="milestone_open_by_calendar",
            ),
            models.Index(fields=["clock"], condition=models.Q(stopped_at=None), name="milestone_open_by_clock"),
            # The few that are open, among all that ever were: what a changed calendar or a check goes through.
            models.Index(fields=["id"], condition=models.Q(stopped_at=None), name="milestone_open"),
            models.Index(fields=["id"], condition=models.Q(quarantined_at__isnull=False), name="milestone_quarantined"),
        ]

    def __str__(self) -> str:
        return f"{self.get_metric_display()} #{self.number}"

    def state_at(self, at: datetime) -> str:
        """Return the state as it is at `at`: an open run is breached from the first instant after its due one.

        An agreed wait holds it until its end comes, whether or not anybody has written that down yet.
        """
        if self.state == self.State.RUNNING and self.due_at and at > self.due_at:
            return self.State.BREACHED
        return self.State.PAUSED if self.resumes_at(at) else self.state

    def resumes_at(self, at: datetime) -> datetime | None:
        """Return when the agreed wait that holds this open run at `at` ends; None while none does."""
        if self.state != self.State.RUNNING:
            return None
        ends = (row["end"] for row in self.pauses if row["end"] and datetime.fromisoformat(row["start"]) <= at)
        return next((end for end in map(datetime.fromisoformat, ends) if end > at), None)

    def is_at_risk(self, at: datetime) -> bool:
        """Tell the same of one milestone as `at_risk` of many."""
        if self.due_at is None or self.next_step_at is None or at > self.due_at or self.resumes_at(at):
            return False
        return self.next_step_at < at or (self.next_step_at == self.due_at and self.fired_through is not None)

    def awaits_notice(self, at: datetime) -> bool:
        """Tell whether a step has come that nobody has taken on: a warning before the deadline, or the breach."""
        if self.stopped_at or self.due_at is None:
            return False
        is_late = at > self.due_at
        if self.acknowledged_at and (self.acknowledged_at > self.due_at or not is_late):
            return False
        return is_late or self.fired_through is not None


class EscalationQuerySet(models.QuerySet["Escalation"]):
    """Read escalations."""

    def pending(self, at: datetime) -> Self:
        """Narrow to those not yet acted on whose retry instant has come, oldest first."""
        return self.filter(state=Escalation.State.PENDING, retry_at__lte=at).order_by("retry_at", "pk")


class Escalation(models.Model):
    """A step of a rule that has come true: at most one for each milestone, due instant and level."""

    class State(models.TextChoices):
        PENDING = "pending", _("待处理")
        DONE = "done", _("已处理")
        SUPERSEDED = "superseded", _("已失效")
        QUARANTINED = "quarantined", _("已隔离")

    milestone = models.ForeignKey(
        Milestone, verbose_name=_("时限节点"), on_delete=models.CASCADE, related_name="escalations"
    )
    # Copied when fired: if the milestone has another due instant by the time it is acted on, this one is void.
    due_at = models.DateTimeField(_("到期时刻"))
    level = models.PositiveSmallIntegerField(_("级别"))
    mark = models.CharField(_("触发条件"), max_length=8, choices=EscalationRule.Mark)
    step_at = models.DateTimeField(_("应触发时刻"))
    fired_at = models.DateTimeField(_("触发时刻"))
    actions = models.JSONField(_("动作"))
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.PENDING)
    acted_at = models.DateTimeField(_("处理于"), null=True, blank=True)
    # A breach that a later calendar took back: kept for the record.
    undone_at = models.DateTimeField(_("撤销于"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    retry_at = models.DateTimeField(_("下次尝试"))
    error = models.CharField(_("错误"), max_length=400, blank=True)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "工单升级")
        verbose_name_plural = pgettext_lazy("many", "工单升级")
        constraints = [
            models.UniqueConstraint(fields=["milestone", "due_at", "level"], name="escalation_once"),
            models.CheckConstraint(
                condition=models.Q(fired_at__gte=models.F("step_at")), name="escalation_never_early"
            ),
        ]
        indexes = [
            models.Index(fields=["retry_at", "id"], condition=models.Q(state="pending"), name="escalation_pending"),
            models.Index(fields=["id"], condition=models.Q(state="quarantined"), name="escalation_quarantined"),
            # Rows come in the order in which they fire: a few pages say where a day begins.
            BrinIndex(fields=["fired_at"], pages_per_range=32, name="escalation_by_firing"),
        ]

    def __str__(self) -> str:
        return f"{self.get_mark_display()} #{self.level}"


class Heartbeat(models.Model):
    """When a kind of process last did its work on a host."""

    kind = models.CharField(_("进程"), max_length=20)
    host = models.CharField(_("主机"), max_length=120)
    at = models.DateTimeField(_("最近一次"))
    note = models.CharField(_("备注"), max_length=200, blank=True)

    class Meta:
        ordering = ["kind", "host"]
        verbose_name = pgettext_lazy("one", "进程心跳")
        verbose_name_plural = pgettext_lazy("many", "进程心跳")
        constraints = [models.UniqueConstraint(fields=["kind", "host"], name="heartbeat_once")]

    def __str__(self) -> str:
        return f"{self.kind} @ {self.host}"
