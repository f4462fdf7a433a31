"""What plans answered: one row for each time that a ticket, or what never became one, was held against its plan."""

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import Contact, Contract, Plan, Product, User
from tickets.models.board import Post
from tickets.models.calls import Call
from tickets.models.chat import Chat
from tickets.models.mailbox import InboundEvent
from tickets.models.ticket import Category, Channel, Priority, Ticket


class Outcome(models.TextChoices):
    """What comes of a question."""

    COVERED = "covered", pgettext_lazy("outcome", "在范围内")
    CHARGEABLE = "chargeable", pgettext_lazy("outcome", "可能另行计费")
    REDIRECTED = "redirected", pgettext_lazy("outcome", "转由其他服务受理")
    NOT_COVERED = "not_covered", pgettext_lazy("outcome", "不在范围内")


class CoverageDecisionQuerySet(models.QuerySet["CoverageDecision"]):
    """Read decisions."""

    def between(self, starts_at: datetime, ends_at: datetime) -> Self:
        """Narrow to those made in [starts_at, ends_at)."""
        return self.filter(at__gte=starts_at, at__lt=ends_at)

    def overridden(self) -> Self:
        """Narrow to those that one of us made in the plan's place: insisted on, or decided otherwise."""
        return self.filter(cause=CoverageDecision.Cause.OVERRIDDEN) | self.filter(rule="insisted")


# What a decision may be about: always one of them.
ABOUT = ("ticket", "intake", "chat", "post", "call")


def _only(name: str) -> models.Q:
    """Return the condition that of all these the row names this one alone."""
    return models.Q(**{f"{one}__isnull": one != name for one in ABOUT})


class CoverageDecision(models.Model):
    """One answer of a plan, with everything it was asked; rows are never changed, later answers are later rows."""

    class Cause(models.TextChoices):
        OPENED = "opened", _("提交时")
        REFUSED = "refused", _("提交被拒时")
        RECLASSIFIED = "reclassified", _("变更归类时")
        AMENDED = "amended", _("合同变更时")
        OVERRIDDEN = "overridden", _("服务人员改判")
        HANDED_OFF = "handed_off", _("转人工时")

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("工单"), null=True, blank=True, on_delete=models.CASCADE, related_name="decisions"
    )
    # What was refused, and so became no ticket.
    intake = models.ForeignKey(
        InboundEvent, verbose_name=_("进件"), null=True, blank=True, on_delete=models.CASCADE, related_name="decisions"
    )
    # A person asked for in a chat. Source: K03
    chat = models.ForeignKey(
        Chat, verbose_name=_("会话"), null=True, blank=True, on_delete=models.CASCADE, related_name="decisions"
    )
    # A question of the community that was to become a ticket. Source: Y04
    post = models.ForeignKey(
        Post, verbose_name=_("帖子"), null=True, blank=True, on_delete=models.CASCADE, related_name="decisions"
    )
    # A question on the phone that became no ticket. Source: K09
    call = models.ForeignKey(
        Call, verbose_name=_("通话"), null=True, blank=True, on_delete=models.CASCADE, related_name="decisions"
    )
    cause = models.CharField(_("缘由"), max_length=12, choices=Cause)
    contact = models.ForeignKey(Contact, verbose_name=_("联系人"), on_delete=models.PROTECT, related_name="+")
    # None where nobody has a contract.
    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    # The version of the plan that answered.
    plan = models.ForeignKey(
        Plan, verbose_name=_("成功计划"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # What was asked.
    product = models.ForeignKey(
        Product, verbose_name=_("产品"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    deployment = models.CharField(_("部署方式"), max_length=20, blank=True)
    category = models.CharField(_("问题类别"), max_length=20, choices=Category)
    channel = models.CharField(_("渠道"), max_length=12, choices=Channel)
    priority = models.CharField(_("优先级"), max_length=8, choices=Priority)
    is_certified = models.BooleanField(_("已认证"))
    # To the questions about customisation, by code. Source: K02
    answers = models.JSONField(_("二次开发的回答"), default=dict, blank=True)
    # What was answered, and which rule of plans.coverage.rules decided.
    outcome = models.CharField(_("服务范围结论"), max_length=12, choices=Outcome)
    rule = models.CharField(_("判定依据"), max_length=20)
    promise = models.CharField(_("承诺编号"), max_length=8, blank=True)
    clause = models.CharField(_("条款"), max_length=400, blank=True)
    clause_en = models.CharField(_("条款英文"), max_length=600, blank=True)
    reason = models.CharField(_("理由"), max_length=600, blank=True)
    reason_en = models.CharField(_("理由英文"), max_length=900, blank=True)
    ways_on = models.JSONField(_("可以怎么办"), default=list, blank=True)
    ways_on_en = models.JSONField(_("可以怎么办英文"), default=list, blank=True)
    # Who decided in the plan's place, and why; only colleagues read it.
    actor = models.ForeignKey(
        User, verbose_name=_("操作人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_display = models.CharField(_("行为人"), max_length=120, blank=True)
    why = models.CharField(_("改判理由"), max_length=400, blank=True)
    # What stood before one of us decided otherwise.
    was_outcome = models.CharField(_("改判前的结论"), max_length=12, choices=Outcome, blank=True)
    at = models.DateTimeField(_("时间"))

    objects = CoverageDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = pgettext_lazy("one", "范围判定")
        verbose_name_plural = pgettext_lazy("many", "范围判定")
        constraints = [
            models.CheckConstraint(
                condition=reduce(or_, map(_only, ABOUT)),
                name="decision_about_one_thing",
            ),
            models.CheckConstraint(
                condition=~models.Q(cause="overridden") | ~models.Q(why=""), name="decision_overridden_says_why"
            ),
        ]
        indexes = [models.Index(fields=["-at", "-id"], name="decision_by_time")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} · {self.rule}"
