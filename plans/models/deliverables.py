"""What is handed over: reports and plans, round by round, with the customer's signature, objection or silence."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.catalogue import Item
from plans.models.contracts import Contract, Entitlement
from plans.models.engagements import Engagement
from plans.models.people import Contact, Role, User
from sla.models import Clock, Milestone


class Outcome(models.TextChoices):
    """What came of a round; it stands for the whole deliverable while it is the last one."""

    OPEN = "open", pgettext_lazy("sign-off", "待签字确认")
    SIGNED = "signed", pgettext_lazy("sign-off", "已签字确认")
    OBJECTED = "objected", pgettext_lazy("sign-off", "已提出书面意见")
    DEEMED = "deemed", pgettext_lazy("sign-off", "视同确认")
    # No signature is asked for.
    KEPT = "kept", pgettext_lazy("sign-off", "已交付")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("sign-off", "客户已知悉")
    WITHDRAWN = "withdrawn", pgettext_lazy("sign-off", "已撤回")


CONFIRMED = (Outcome.SIGNED, Outcome.DEEMED)
# Another round may follow these.
REOPENABLE = (Outcome.OBJECTED, Outcome.WITHDRAWN, Outcome.KEPT, Outcome.ACKNOWLEDGED)


class DeliverableQuerySet(models.QuerySet["Deliverable"]):
    """Read what was handed over."""

    def visible_to(self, user: User) -> Self:
        """Narrow to what a user may see.

        Our people see all; a partner those of their accounts and those they deliver; a customer's administrator the
        organisation's, a customer those addressed to them and those of what they asked for or take part in. What
        belongs to an event by invitation those invited see. Source: K17
        """
        if user.role == Role.PARTNER:
            return self.filter(Q(contract__account_team__user=user) | Q(engagement__experts__user=user)).distinct()
        if not user.is_customer:
            return self
        organisation = self.filter(contract__customer__contacts__user=user)
        theirs = Q(addressee__user=user) | Q(engagement__requested_by__user=user)
        theirs |= Q(engagement__attendees__contact__user=user)
        if user.role == Role.CUSTOMER_ADMIN:
            theirs |= Q(engagement=None) | Q(engagement__is_by_invitation=False)
        return organisation.filter(theirs).distinct()

    def waiting(self) -> Self:
        """Narrow to those whose last round waits for a signature, the one handed over first in front."""
        return self.filter(state=Outcome.OPEN).order_by("handed_over_at", "pk")

    def overdue(self, at: datetime) -> Self:
        """Narrow to those whose time to sign was over before an instant, the longest over in front."""
        runs = {"rounds__clock__milestones__due_at__lt": at, "rounds__clock__milestones__stopped_at": None}
        late = self.filter(state=Outcome.OPEN, rounds__outcome=Outcome.OPEN, **runs)
        return late.exclude(retry_at__gt=at).order_by("rounds__clock__milestones__due_at", "pk")

    def brought(self) -> Self:
        """Fetch what a list shows of each, in a constant number of queries."""
        related = ("contract__customer", "contract__plan", "item", "engagement", "addressee__customer", "entitlement")
        milestones = Milestone.objects.select_related("target", "calendar_version").order_by("pk")
        rounds = SignOffRound.objects.select_related("handed_over_by", "contact", "clock").order_by("number")
        return self.select_related(*related).prefetch_related(
            models.Prefetch("rounds", rounds), models.Prefetch("rounds__clock__milestones", milestones), "rounds__files"
        )


class Deliverable(models.Model):
    """One report or plan for one customer, from handing it over to its confirmation. Source: K06, K12, Y12–Y14"""

    class Kind(models.TextChoices):
        REPORT = "report", pgettext_lazy("deliverable", "报告")
        PLAN = "plan", pgettext_lazy("deliverable", "方案、计划")
        BLUEPRINT = "blueprint", pgettext_lazy("deliverable", "规划蓝图")
        FINDINGS = "findings", pgettext_lazy("deliverable", "分析与建议")
        OTHER = "other", pgettext_lazy("deliverable", "其他资料")

    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), on_delete=models.PROTECT, related_name="deliverables"
    )
    # None once a change of plan has taken the right away; what was handed over under it stands.
    entitlement = models.ForeignKey(
        Entitlement, verbose_name=_("权益"), null=True, on_delete=models.SET_NULL, related_name="deliverables"
    )
    item = models.ForeignKey(Item, verbose_name=_("服务项"), on_delete=models.PROTECT, related_name="deliverables")
    engagement = models.ForeignKey(
        Engagement, verbose_name=_("服务交付"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="deliverables",
    )  # fmt: skip
    kind = models.CharField(_("类别"), max_length=10, choices=Kind, default=Kind.REPORT)
    title = models.CharField(_("标题"), max_length=160)
    title_en = models.CharField(_("标题英文"), max_length=160, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=Outcome, default=Outcome.OPEN)
    # Who is asked to sign, beside the customer's administrators.
    addressee = models.ForeignKey(
        Contact, verbose_name=_("签字人"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="deliverables",
    )  # fmt: skip
    # When it was handed over first.
    handed_over_at = models.DateTimeField(_("交付于"))
    # It raised when silence was to count: tried again from then on.
    retry_at = models.DateTimeField(_("下次尝试"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=400, blank=True)

    objects = DeliverableQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "交付物")
        verbose_name_plural = pgettext_lazy("many", "交付物")
        indexes = [
            models.Index(fields=["handed_over_at", "id"], condition=Q(state="open"), name="deliverable_waiting"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return what people call it: D-2026-000012."""
        return f"D-{self.handed_over_at.year}-{self.pk:06}"

    @property
    def last_round(self) -> "SignOffRound":
        """Return the round that stands; no query where rounds were fetched."""
        return max(self.rounds.all(), key=lambda row: row.number)


class SignOffRound(models.Model):
    """One time that files were handed over, and what the customer made of them; decided once, and kept as it is."""

    deliverable = models.ForeignKey(
        Deliverable, verbose_name=_("交付物"), on_delete=models.PROTECT, related_name="rounds"
    )
    number = models.PositiveSmallIntegerField(_("第几轮"))
    # The digest that a signature names: of the one file, or of the digests of all in order.
    digest = models.CharField(_("文件指纹"), max_length=64)
    remark = models.TextField(_("附言"), blank=True)
    handed_over_by = models.ForeignKey(
        User, verbose_name=_("交付人"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    handed_over_by_display = models.CharField(_("交付人姓名"), max_length=120, blank=True)
    at = models.DateTimeField(_("交付于"))
    # How much is deducted once it is confirmed, by unit, as decimals in text. Source: K06
    uses = models.JSONField(_("确认后扣减"), default=dict, blank=True)
    clock = models.OneToOneField(
        Clock, verbose_name=_("所属计时"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="sign_off_round",
    )  # fmt: skip
    outcome = models.CharField(_("结果"), max_length=12, choices=Outcome, default=Outcome.OPEN)
    decided_at = models.DateTimeField(_("结果于"), null=True, blank=True)
    contact = models.ForeignKey(
        Contact, verbose_name=_("客户联系人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    signed_name = models.CharField(_("签名"), max_length=80, blank=True)
    words = models.TextField(_("书面意见"), blank=True)
    # What was really deducted, unit by unit, and what went beyond what was left.
    booked = models.JSONField(_("扣减"), default=list, blank=True)
    # The working days that were counted, as they stood when silence counted as confirmation.
    proof = models.JSONField(_("工作日证明"), default=dict, blank=True)

    class Meta:
        ordering = ["deliverable", "number"]
        verbose_name = pgettext_lazy("one", "签字确认轮次")
        verbose_name_plural = pgettext_lazy("many", "签字确认轮次")
        constraints = [
            models.UniqueConstraint(fields=["deliverable", "number"], name="sign_off_round_once"),
            models.UniqueConstraint(
                fields=["deliverable"], condition=Q(outcome="open"), name="sign_off_round_one_open"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["open", "kept"], decided_at=None)
                | (~Q(outcome__in=["open", "kept"]) & Q(decided_at__isnull=False)),
                name="sign_off_round_decided_has_an_instant",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["objected", "withdrawn"]) | ~Q(words=""), name="sign_off_round_no_has_words"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="signed") | ~Q(signed_name=""), name="sign_off_round_signed_has_a_name"
            ),
        ]
        indexes = [models.Index(fields=["clock"], condition=Q(outcome="open"), name="sign_off_round_open")]

    def __str__(self) -> str:
        return f"{self.deliverable_id} #{self.number}"

    @property
    def source(self) -> str:
        """Return where facts about it stand: what was handed over, and which time."""
        return f"{self.deliverable.number}#{self.number}"

    @property
    def is_open(self) -> bool:
        """Tell whether a signature is waited for."""
        return self.outcome == Outcome.OPEN

    @property
    def milestone(self) -> Milestone | None:
        """Return the run of its clock, if it has one; no query where milestones were fetched."""
        rows = list(self.clock.milestones.all()) if self.clock else []
        return rows[-1] if rows else None

    @property
    def due_at(self) -> datetime | None:
        """Return the instant until which the customer may sign or object."""
        return self.milestone.due_at if self.milestone else None


class DeliverableFile(models.Model):
    """One file of a round; its bytes lie under their digest."""

    round = models.ForeignKey(
        SignOffRound, verbose_name=pgettext_lazy("sign-off", "轮次"), on_delete=models.PROTECT, related_name="files"
    )
    name = models.CharField(_("文件名"), max_length=120)
    # What the bytes are, whatever the name says.
    content_type = models.CharField(_("类型"), max_length=120)
    size = models.PositiveIntegerField(_("大小"))
    sha256 = models.CharField(_("指纹"), max_length=64)
    # Made from the engagement's record, not uploaded.
    is_generated = models.BooleanField(_("由交付记录生成"), default=False)

    class Meta:
        ordering = ["round", "pk"]
        verbose_name = pgettext_lazy("one", "交付文件")
        verbose_name_plural = pgettext_lazy("many", "交付文件")

    def __str__(self) -> str:
        return self.name


class DeliverableStep(models.Model):
    """One line of a deliverable's journal; lines are added and never changed."""

    class Kind(models.TextChoices):
        HANDED_OVER = "handed_over", pgettext_lazy("sign-off step", "送达")
        OPENED = "opened", pgettext_lazy("sign-off step", "客户查看文件")
        REMINDED = "reminded", pgettext_lazy("sign-off step", "提醒")
        DUE_MOVED = "due_moved", pgettext_lazy("sign-off step", "期限变动")
        SIGNED = "signed", pgettext_lazy("sign-off step", "签字确认")
        OBJECTED = "objected", pgettext_lazy("sign-off step", "提出书面意见")
        DEEMED = "deemed", pgettext_lazy("sign-off step", "视同确认")
        ACKNOWLEDGED = "acknowledged", pgettext_lazy("sign-off step", "知悉")
        WITHDRAWN = "withdrawn", pgettext_lazy("sign-off step", "撤回")
        BOOKED = "booked", pgettext_lazy("sign-off step", "扣减")

    deliverable = models.ForeignKey(
        Deliverable, verbose_name=_("交付物"), on_delete=models.PROTECT, related_name="steps"
    )
    round = models.ForeignKey(
        SignOffRound, verbose_name=pgettext_lazy("sign-off", "轮次"), on_delete=models.PROTECT, related_name="steps"
    )
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    at = models.DateTimeField(_("时间"))
    actor = models.ForeignKey(User, verbose_name=_("行为人"), null=True, on_delete=models.PROTECT, related_name="+")
    actor_display = models.CharField(_("行为人姓名"), max_length=120, blank=True)
    # What the line says besides: dates, digests, words.
    fields = models.JSONField(_("内容"), default=dict, blank=True)

    class Meta:
        ordering = ["deliverable", "pk"]
        verbose_name = pgettext_lazy("one", "交付物台账")
        verbose_name_plural = pgettext_lazy("many", "交付物台账")

    def __str__(self) -> str:
        return f"{self.deliverable_id} {self.kind}"
