"""Rules that are not in force yet, and what they would have made of the past."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sla.models.clocks import Clock
from sla.models.policies import Metric


class Draft(models.Model):
    """Calendars and policies as somebody would have them, in the form of the fixtures; nothing is timed by them."""

    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    # YAML with `calendars` and `policies`, as in fixtures/.
    text = models.TextField(_("内容"))
    created_by = models.CharField(_("创建人"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("创建于"), db_default=Now())
    updated_at = models.DateTimeField(_("更新于"), db_default=Now())
    enacted_by = models.CharField(_("生效人"), max_length=120, blank=True)
    enacted_at = models.DateTimeField(_("生效于"), null=True, blank=True)

    class Meta:
        ordering = ["-updated_at", "-pk"]
        verbose_name = pgettext_lazy("one", "草案")
        verbose_name_plural = pgettext_lazy("many", "草案")

    def __str__(self) -> str:
        return self.name


class Backtest(models.Model):
    """One run of a draft over the facts of past clocks, with the figures it came to."""

    class State(models.TextChoices):
        # Nobody has counted its clocks yet.
        WAITING = "waiting", _("等待开始")
        RUNNING = "running", _("进行中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("失败")
        STOPPED = "stopped", _("已停止")

    draft = models.ForeignKey(
        Draft, verbose_name=_("草案"), null=True, blank=True, on_delete=models.SET_NULL, related_name="backtests"
    )
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    # The draft's text as it was run.
    text = models.TextField(_("内容"))
    # Clocks that started in [since, until).
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("至"))
    # A policy's code: only clocks under it; blank for all.
    policy = models.CharField(_("仅限标准"), max_length=120, blank=True)
    # What the text was read against when the run began, so that every process reads it alike:
    # {"calendars": {code: spec with the holidays laid in}, "versions": {code: key of the calendar version in force}}.
    ground = models.JSONField(_("依据"), default=dict, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(_("总数"), default=0)
    done = models.PositiveIntegerField(_("已完成数"), default=0)
    result = models.JSONField(_("结果"), default=dict, blank=True)
    requested_by = models.CharField(_("发起人"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("创建于"))
    finished_at = models.DateTimeField(_("完成于"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=400, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "回测")
        verbose_name_plural = pgettext_lazy("many", "回测")

    def __str__(self) -> str:
        return self.name


class ChunkQuerySet(models.QuerySet["BacktestChunk"]):
    """Read chunks."""

    def ready(self, at: datetime) -> Self:
        """Narrow to chunks of running backtests that nobody has worked off, oldest first."""
        waiting = self.filter(done_at=None, retry_at__lte=at, backtest__state=Backtest.State.RUNNING)
        return waiting.order_by("pk")


class BacktestChunk(models.Model):
    """A range of clocks of a backtest, worked off by one process in one transaction."""

    backtest = models.ForeignKey(Backtest, verbose_name=_("回测"), on_delete=models.CASCADE, related_name="chunks")
    # Clock keys, both ends included.
    first = models.BigIntegerField(_("起"))
    last = models.BigIntegerField(_("止"))
    result = models.JSONField(_("结果"), default=dict, blank=True)
    done_at = models.DateTimeField(_("完成于"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    retry_at = models.DateTimeField(_("下次尝试"))
    error = models.CharField(_("错误"), max_length=400, blank=True)

    objects = ChunkQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "回测分段")
        verbose_name_plural = pgettext_lazy("many", "回测分段")
        indexes = [
            models.Index(fields=["retry_at", "id"], condition=models.Q(done_at=None), name="backtest_chunk_left"),
        ]

    def __str__(self) -> str:
        return f"{self.first}–{self.last}"


class BacktestChange(models.Model):
    """One milestone whose verdict is another under the draft."""

    backtest = models.ForeignKey(Backtest, verbose_name=_("回测"), on_delete=models.CASCADE, related_name="changes")
    clock = models.ForeignKey(Clock, verbose_name=_("所属计时"), on_delete=models.CASCADE, related_name="+")
    metric = models.CharField(_("指标"), max_length=16, choices=Metric)
    number = models.PositiveSmallIntegerField(_("第几次"), default=1)
    # Milestone states; blank where one side has no such run.
    before = models.CharField(_("原结论"), max_length=10, blank=True)
    after = models.CharField(_("新结论"), max_length=10, blank=True)
    old_due_at = models.DateTimeField(_("原到期时刻"), null=True, blank=True)
    new_due_at = models.DateTimeField(_("新到期时刻"), null=True, blank=True)

    class Meta:
        ordering = ["backtest", "clock", "metric", "number"]
        verbose_name = pgettext_lazy("one", "结论变化")
        verbose_name_plural = pgettext_lazy("many", "结论变化")
        constraints = [
            models.UniqueConstraint(fields=["backtest", "clock", "metric", "number"], name="backtest_change_once")
        ]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.metric}: {self.before} → {self.after}"
