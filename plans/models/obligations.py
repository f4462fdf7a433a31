"""What a contract owes by a date, and how often where the contract says it and not the plan."""

from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models.functions import Least
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.catalogue import Item
from plans.models.contracts import Contract, Entitlement
from plans.models.people import User
from sla.models import Clock, Milestone


class ObligationQuerySet(models.QuerySet["Obligation"]):
    """Read what is owed."""

    def open(self) -> Self:
        """Narrow to what is still to be delivered."""
        return self.filter(state=Obligation.State.OWED)

    def to_be_followed(self, on: date) -> Self:
        """Narrow to open ones that no clock follows yet and whose time has begun by a date.

        What was past already when it was laid out is not followed: somebody says what became of it.
        """
        begun = self.open().filter(clock=None, opens_on__lte=on, due_on__gte=models.F("laid_on"))
        return begun.exclude(policy="").order_by("opens_on", "pk")

    def past_term(self, on: date) -> Self:
        """Narrow to open ones of contracts whose last day lies before a date.

        None is owed after that day: by their own dates, of which there is an index, they are few.
        """
        last = Least("contract__ends_on", "contract__ended_on")
        return self.open().filter(due_on__lt=on).alias(last=last).filter(last__lt=on)


class Obligation(models.Model):
    """One thing that a contract owes by a date: a report, a check, a plan. Source: Y13, Y14, Y15, Y22, K10, K13."""

    class State(models.TextChoices):
        OWED = "owed", _("待交付")
        MET = "met", _("按期交付")
        LATE = "late", _("逾期交付")
        MISSED = "missed", _("未交付")
        WAIVED = "waived", _("已豁免")
        CANCELLED = "cancelled", _("不再应交")

    contract = models.ForeignKey(Contract, verbose_name=_("合同"), on_delete=models.CASCADE, related_name="obligations")
    # What it is owed by; the contract may since have gone over to a plan that has no such item.
    item = models.ForeignKey(Item, verbose_name=_("服务项"), on_delete=models.PROTECT, related_name="obligations")
    entitlement = models.ForeignKey(
        Entitlement,
        verbose_name=_("权益"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="obligations",
    )
    # Which of the things that an item owes, where it owes more than one.
    line = models.CharField(_("分项"), max_length=40, blank=True)
    number = models.PositiveSmallIntegerField(_("第几次"))
    of = models.PositiveSmallIntegerField(_("共几次"))
    opens_on = models.DateField(_("自"))
    due_on = models.DateField(_("应不晚于"))
    what = models.CharField(_("内容"), max_length=120)
    what_en = models.CharField(_("内容英文"), max_length=160)
    # A policy's code, or blank where nobody is told of it.
    policy = models.CharField(_("服务响应标准"), max_length=120, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.OWED)
    laid_on = models.DateField(_("排定于"))
    met_at = models.DateTimeField(_("交付于"), null=True, blank=True)
    # What it was met by: "E-2026-000003", "R-…".
    met_by_ref = models.CharField(_("交付记录"), max_length=64, blank=True)
    # Why it is not owed any more, or was not delivered.
    reason = models.CharField(_("理由"), max_length=400, blank=True)
    actor = models.ForeignKey(
        User, verbose_name=_("办理人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_display = models.CharField(_("行为人"), max_length=120, blank=True)
    settled_at = models.DateTimeField(_("了结于"), null=True, blank=True)
    # It raised when its clock was to be started: tried again from then on.
    retry_at = models.DateTimeField(_("下次尝试"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=400, blank=True)
    clock = models.OneToOneField(
        Clock, verbose_name=_("所属计时"), null=True, blank=True, on_delete=models.SET_NULL, related_name="obligation"
    )

    objects = ObligationQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = pgettext_lazy("one", "应交服务")
        verbose_name_plural = pgettext_lazy("many", "应交服务")
        constraints = [
            models.UniqueConstraint(fields=["contract", "item", "line", "opens_on"], name="obligation_once"),
            models.CheckConstraint(
                condition=models.Q(due_on__gte=models.F("opens_on")), name="obligation_window_runs_on"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["met", "late"], met_at__isnull=False)
                | (~models.Q(state__in=["met", "late"]) & models.Q(met_at=None)),
                name="obligation_met_has_an_instant",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="waived") | ~models.Q(reason=""), name="obligation_waived_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(
                fields=["opens_on", "id"], condition=models.Q(state="owed", clock=None), name="obligation_to_follow"
            ),
            models.Index(fields=["due_on", "id"], condition=models.Q(state="owed"), name="obligation_open"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.number}/{self.of}"

    @property
    def source(self) -> str:
        """Return where facts about it stand: what it is, and which of them."""
        return f"{self.contract.number}/{self.item.promise}#{self.opens_on}"

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be delivered."""
        return self.state == self.State.OWED

    def is_overdue(self, at: datetime, today: date) -> bool:
        """Tell whether it should have been delivered by now; by its date alone where no clock follows it."""
        if not self.is_open:
            return False
        due_at = self.due_at
        return at > due_at if due_at else today > self.due_on

    @property
    def milestone(self) -> Milestone | None:
        """Return its run, once a clock follows it; one query unless milestones were fetched."""
        rows = list(self.clock.milestones.all()) if self.clock else []
        return rows[-1] if rows else None

    @property
    def due_at(self) -> datetime | None:
        """Return the instant of its deadline, once a clock follows it."""
        return self.milestone.due_at if self.milestone else None


class AgreedFrequency(models.Model):
    """How often a contract owes what its plan leaves open, or owes otherwise than its plan. Source: Y20, Y22, K10."""

    entitlement = models.ForeignKey(
        Entitlement, verbose_name=_("权益"), on_delete=models.CASCADE, related_name="agreed_frequencies"
    )
    line = models.CharField(_("分项"), max_length=40, blank=True)
    times = models.PositiveSmallIntegerField(_("次数"))
    period = models.CharField(_("周期"), max_length=10)
    reason = models.CharField(_("理由"), max_length=400)
    actor = models.ForeignKey(User, verbose_name=_("决定人"), null=True, on_delete=models.SET_NULL, related_name="+")
    actor_display = models.CharField(_("行为人"), max_length=120, blank=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        ordering = ["entitlement", "at", "pk"]
        verbose_name = pgettext_lazy("one", "约定频次")
        verbose_name_plural = pgettext_lazy("many", "约定频次")

    def __str__(self) -> str:
        return f"{self.times}/{self.period}"


class CalendarFeed(models.Model):
    """A secret address under which one of us subscribes to what their accounts owe; a new one revokes the old."""

    user = models.OneToOneField(User, verbose_name=_("用户"), on_delete=models.CASCADE, related_name="calendar_feed")
    # SHA-256 of the secret; the secret itself is shown once.
    hash = models.CharField(_("散列"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("创建于"))
    last_used_at = models.DateTimeField(_("最近使用"), null=True, blank=True)

    class Meta:
        ordering = ["user"]
        verbose_name = pgettext_lazy("one", "日历订阅")
        verbose_name_plural = pgettext_lazy("many", "日历订阅")

    def __str__(self) -> str:
        return str(self.user)
