"""Policies as data: what is promised, on which calendar, what meets it, and what happens when it is not kept."""

from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sla.models.calendars import CalendarVersion


class Metric(models.TextChoices):
    """What is timed."""

    FIRST_RESPONSE = "first_response", _("首次响应")
    NEXT_RESPONSE = "next_response", _("再次响应")
    UPDATE = "update", _("进展更新")
    RESOLUTION = "resolution", _("解决")
    SIGN_OFF = "sign_off", _("签字确认")
    DELIVERY = "delivery", _("按期交付")


class PolicyQuerySet(models.QuerySet["Policy"]):
    """Read policies."""

    def current(self) -> Self:
        """Narrow to the version in force of each code."""
        return self.filter(is_current=True)

    def on_other_hours(self, code: str) -> list[tuple[str, str]]:
        """Return what is in force of a policy on other service hours, named after both, each with those hours."""
        hours = CalendarVersion.objects.current().values_list("code", flat=True)
        named = {f"{code}@{one}": one for one in hours}
        found = self.current().filter(code__in=named).order_by("code").values_list("code", flat=True)
        return [(one, named[one]) for one in found]


class Policy(models.Model):
    """One version of a named set of targets and escalation rules. A version never changes."""

    class Basis(models.TextChoices):
        FROM_CREATION = "from_creation", _("自创建起算")
        FROM_CHANGE = "from_change", _("自变更起算")

    class Reopening(models.TextChoices):
        RESUME = "resume", _("继续计时")
        RESTART = "restart", _("重新计时")
        NONE = "none", _("不再计时")

    code = models.CharField(_("代码"), max_length=120)
    version = models.PositiveIntegerField(_("版本"))
    is_current = models.BooleanField(_("现行"), default=True)
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=120)
    basis = models.CharField(_("起算依据"), max_length=16, choices=Basis, default=Basis.FROM_CREATION)
    reopening = models.CharField(_("重新打开后"), max_length=8, choices=Reopening, default=Reopening.RESUME)
    # {metric: {"from": level, "every": seconds of working time, "times": rounds}}: those levels come again. Source: C29
    repeats = models.JSONField(_("重复工单升级"), default=dict, blank=True)
    digest = models.CharField(_("校验码"), max_length=64)
    note = models.CharField(_("备注"), max_length=400, blank=True)
    created_at = models.DateTimeField(_("创建于"), db_default=Now())

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["code", "-version"]
        verbose_name = pgettext_lazy("one", "服务响应标准")
        verbose_name_plural = pgettext_lazy("many", "服务响应标准")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="policy_version_once"),
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(is_current=True), name="policy_one_version_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class Target(models.Model):
    """One promised time: a metric, for one priority or for all, with its budget on a calendar."""

    class Unit(models.TextChoices):
        SECONDS = "seconds", _("工作时间（秒）")
        WORKING_DAYS = "working_days", _("工作日")

    class Rule(models.TextChoices):
        DURATION = "duration", _("按工作时间累计")
        END_OF_NTH_DAY = "end_of_nth_day", _("第 N 个工作日结束时")
        SAME_LOCAL_TIME = "same_local_time", _("第 N 个工作日同一时刻")
        BY_DATE = "by_date", _("约定日期（含）前倒数第 N 个工作日结束时")

    policy = models.ForeignKey(Policy, verbose_name=_("服务响应标准"), on_delete=models.CASCADE, related_name="targets")
    metric = models.CharField(_("指标"), max_length=16, choices=Metric)
    # Blank: every priority that has no target of its own.
    priority = models.CharField(_("优先级"), max_length=16, blank=True)
    amount = models.DecimalField(_("时长"), max_digits=14, decimal_places=6)
    unit = models.CharField(_("单位"), max_length=12, choices=Unit, default=Unit.SECONDS)
    rule = models.CharField(_("计算方式"), max_length=16, choices=Rule, default=Rule.DURATION)
    calendar = models.CharField(_("服务时间"), max_length=64)
    # Fact kinds, see sla.timeline.FactKind.
    met_on = models.JSONField(_("算作达成的动作"))
    # Hold kinds that stop the time, see sla.timeline.Hold.
    pauses_on = models.JSONField(_("暂停计时的情形"), default=list, blank=True)
    promise = models.CharField(_("承诺编号"), max_length=16)
    clause = models.CharField(_("条款"), max_length=400)
    clause_en = models.CharField(_("条款英文"), max_length=400, blank=True)

    class Meta:
        ordering = ["policy", "metric", "priority"]
        verbose_name = pgettext_lazy("one", "响应时长")
        verbose_name_plural = pgettext_lazy("many", "响应时长")
        constraints = [
            models.UniqueConstraint(fields=["policy", "metric", "priority"], name="target_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="target_budget_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.metric}{'/' + self.priority if self.priority else ''} {self.amount.normalize()} {self.unit}"


class EscalationRule(models.Model):
    """One level of a policy's ladder: when it comes true, and what is then done."""

    class Mark(models.TextChoices):
        PERCENT = "percent", _("时限的百分比")
        BEFORE = "before", _("到期前（工作时间）")
        BREACH = "breach", _("超时")
        AFTER = "after", _("超时后（工作时间）")

    policy = models.ForeignKey(
        Policy, verbose_name=_("服务响应标准"), on_delete=models.CASCADE, related_name="escalation_rules"
    )
    metric = models.CharField(_("指标"), max_length=16, choices=Metric)
    level = models.PositiveSmallIntegerField(_("级别"))
    mark = models.CharField(_("触发条件"), max_length=8, choices=Mark)
    # A percentage, or seconds of working time; zero at the breach itself.
    amount = models.DecimalField(_("幅度"), max_digits=12, decimal_places=3, default=0)
    # [{"do": "tell", "roles": ["owner", …]}, {"do": "raise_priority"}, {"do": "reassign", "role": "duty_manager"}]
    actions = models.JSONField(_("动作"))

    class Meta:
        ordering = ["policy", "metric", "level"]
        verbose_name = pgettext_lazy("one", "工单升级规则")
        verbose_name_plural = pgettext_lazy("many", "工单升级规则")
        constraints = [models.UniqueConstraint(fields=["policy", "metric", "level"], name="escalation_level_once")]

    def __str__(self) -> str:
        return f"{self.metric} {self.level}: {self.mark} {self.amount}"
