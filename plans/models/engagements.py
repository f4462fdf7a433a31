"""Delivered human services under a contract: asked for, agreed, delivered, recorded and closed, step by step."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.catalogue import Item
from plans.models.contracts import Contract, Entitlement
from plans.models.gatherings import Gathering
from plans.models.people import Branch, Contact, Role, User


class Provider(models.TextChoices):
    """Who delivers a service."""

    HQ = "hq", _("总部")
    BRANCH = "branch", _("机构（分公司）")
    PARTNER = "partner", _("伙伴")
    LOCAL_EXPERT = "local_expert", _("属地专家")


class Mode(models.TextChoices):
    """Where people meet."""

    REMOTE = "remote", pgettext_lazy("engagement", "远程")
    ON_SITE = "on_site", pgettext_lazy("engagement", "现场")


# An engagement and itself, asked about beside it.
SAME = Q(pk=OuterRef("pk"))


class EngagementQuerySet(models.QuerySet["Engagement"]):
    """Read engagements."""

    def visible_to(self, user: User) -> Self:
        """Narrow to what a user may see.

        Our people see all; a partner those of their accounts and those they deliver; a customer's administrator the
        organisation's, a customer their own. What is by invitation only those invited see. Source: K17
        """
        if user.role == Role.PARTNER:
            return self.filter(Q(contract__account_team__user=user) | Q(experts__user=user)).distinct()
        if not user.is_customer:
            return self
        theirs = Q(attendees__contact__user=user)
        organisation = Q(contract__customer__contacts__user=user)
        if user.role != Role.CUSTOMER_ADMIN:
            theirs |= Q(requested_by__user=user)
            return self.filter(organisation & theirs).distinct()
        return self.filter(organisation & (Q(is_by_invitation=False) | theirs)).distinct()

    def under_way(self) -> Self:
        """Narrow to those that are neither closed nor cancelled."""
        return self.exclude(state__in=ENDED)

    def joined(self) -> Self:
        """Leave out what is held for many while nobody of the customer is invited or enrolled."""
        return self.filter(Q(gathering=None) | Exists(Engagement.objects.filter(SAME, attendees__isnull=False)))

    def taking_place(self, start: datetime, end: datetime) -> Self:
        """Narrow to those whose agreed or proposed time overlaps [start, end)."""
        return self.filter(starts_at__lt=end, ends_at__gt=start)

    def to_be_recalled(self, before: datetime, at: datetime) -> Self:
        """Narrow to those agreed that begin by `before`, still lie ahead, and nobody was reminded of at this time.

        What was agreed as late as this has just been told. Of what is held for many, customers of whom nobody comes
        are not reminded.
        """
        coming = Engagement.objects.filter(SAME, attendees__state="enrolled")
        return self.filter(Q(gathering=None) | Exists(coming)).filter(
            Q(reminded_sequence=None) | ~Q(reminded_sequence=F("sequence")),
            state=Engagement.State.AGREED, starts_at__gt=at, starts_at__lte=before,
            agreed_at__lt=F("starts_at") - (before - at),
        )  # fmt: skip


class Engagement(models.Model):
    """One delivered human service for one customer, from the request to its close."""

    class State(models.TextChoices):
        REQUESTED = "requested", pgettext_lazy("engagement", "已申请")
        PROPOSED = "proposed", pgettext_lazy("engagement", "商定时间中")
        AGREED = "agreed", pgettext_lazy("engagement", "时间已定")
        DELIVERED = "delivered", pgettext_lazy("engagement", "已交付")
        RECORDED = "recorded", pgettext_lazy("engagement", "已记录")
        CLOSED = "closed", pgettext_lazy("engagement", "已关闭")
        CANCELLED = "cancelled", pgettext_lazy("engagement", "已取消")

    contract = models.ForeignKey(Contract, verbose_name=_("合同"), on_delete=models.PROTECT, related_name="engagements")
    # None once a change of plan has taken the right away; what was agreed of it stands.
    entitlement = models.ForeignKey(
        Entitlement, verbose_name=_("权益"), null=True, on_delete=models.SET_NULL, related_name="engagements"
    )
    item = models.ForeignKey(Item, verbose_name=_("服务项"), on_delete=models.PROTECT, related_name="engagements")
    # What is held once for many customers, if this takes part in it. Source: K16, K17
    gathering = models.ForeignKey(
        Gathering, verbose_name=_("活动"), null=True, blank=True, on_delete=models.PROTECT, related_name="engagements"
    )
    # The plan that this is one session of. Source: Y12
    part_of = models.ForeignKey(
        "self", verbose_name=_("所属系列"), null=True, blank=True, on_delete=models.PROTECT, related_name="sessions"
    )
    is_by_invitation = models.BooleanField(_("仅受邀人可见"), default=False)
    topic = models.CharField(_("主题"), max_length=160)
    wish = models.TextField(_("需求说明"), blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.REQUESTED)
    # Place in the item's stages, from 0; null where it has none.
    stage = models.PositiveSmallIntegerField(_("阶段"), null=True, blank=True)
    requested_by = models.ForeignKey(
        Contact, verbose_name=_("申请人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="engagements"
    )
    requested_at = models.DateTimeField(_("申请于"))
    provider = models.CharField(_("交付主体"), max_length=12, choices=Provider)
    # Which branch or partner, where one is named.
    branch = models.ForeignKey(
        Branch, verbose_name=_("服务机构"), null=True, blank=True, on_delete=models.SET_NULL, related_name="engagements"
    )
    mode = models.CharField(_("方式"), max_length=8, choices=Mode, default=Mode.REMOTE)
    place = models.CharField(_("地点或会议链接"), max_length=300, blank=True)
    timezone = models.CharField(_("时区"), max_length=40)
    # The agreed time; while one is being agreed, the one on the table.
    starts_at = models.DateTimeField(_("开始"), null=True, blank=True)
    ends_at = models.DateTimeField(_("结束"), null=True, blank=True)
    planned_person_days = models.DecimalField(_("计划人天"), max_digits=6, decimal_places=2, null=True, blank=True)
    person_days = models.DecimalField(_("实际人天"), max_digits=6, decimal_places=2, null=True, blank=True)
    # How many environments, where that is what is counted. Source: K05
    amount = models.DecimalField(_("数量"), max_digits=6, decimal_places=2, null=True, blank=True)
    # Why less notice was taken than the clause asks for, and who took it. Source: Y16
    short_notice_reason = models.CharField(_("放宽提前期的理由"), max_length=400, blank=True)
    short_notice_by = models.ForeignKey(
        User, verbose_name=_("放宽人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # RFC 5546: rises with each change that invitations tell of.
    sequence = models.PositiveIntegerField(_("邀请版本"), default=0)
    reminded_sequence = models.PositiveIntegerField(_("已提醒的版本"), null=True, blank=True)
    # The key of the ledger entry that holds what this will use; blank where nothing is counted.
    reserved_key = models.CharField(_("预留"), max_length=120, blank=True)
    done = models.TextField(_("交付记录"), blank=True)
    agreed_at = models.DateTimeField(_("约定于"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("交付于"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("记录于"), null=True, blank=True)
    ended_at = models.DateTimeField(_("结束于"), null=True, blank=True)

    objects = EngagementQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "服务交付")
        verbose_name_plural = pgettext_lazy("many", "服务交付")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at=None, ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="engagement_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(state="agreed") | Q(starts_at__isnull=False), name="engagement_agreed_has_a_time"
            ),
            models.UniqueConstraint(
                fields=["gathering", "contract"],
                condition=Q(gathering__isnull=False),
                name="engagement_once_a_gathering",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at"], name="engagement_by_start"),
            models.Index(fields=["starts_at", "id"], condition=Q(state="agreed"), name="engagement_agreed"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return what people call it: E-2026-000012."""
        return f"E-{self.requested_at.year}-{self.pk:06}"

    @property
    def is_ended(self) -> bool:
        """Tell whether nothing is left to be done."""
        return self.state in ENDED


ENDED = (Engagement.State.CLOSED, Engagement.State.CANCELLED)


class EngagementExpert(models.Model):
    """One of our people who delivers an engagement."""

    engagement = models.ForeignKey(
        Engagement, verbose_name=_("服务交付"), on_delete=models.CASCADE, related_name="experts"
    )
    user = models.ForeignKey(User, verbose_name=_("专家"), on_delete=models.PROTECT, related_name="engagements")

    class Meta:
        ordering = ["engagement", "pk"]
        verbose_name = pgettext_lazy("one", "交付专家")
        verbose_name_plural = pgettext_lazy("many", "交付专家")
        constraints = [models.UniqueConstraint(fields=["engagement", "user"], name="engagement_expert_once")]

    def __str__(self) -> str:
        return str(self.user)


class TimeProposal(models.Model):
    """A time that one side put on the table, and what the other made of it."""

    class Side(models.TextChoices):
        OURS = "ours", _("服务方")
        THEIRS = "theirs", _("客户")

    class Answer(models.TextChoices):
        OPEN = "open", _("待答复")
        ACCEPTED = "accepted", _("已接受")
        COUNTERED = "countered", _("另提时间")
        WITHDRAWN = "withdrawn", _("已撤回")

    engagement = models.ForeignKey(
        Engagement, verbose_name=_("服务交付"), on_delete=models.CASCADE, related_name="proposals"
    )
    side = models.CharField(_("提出方"), max_length=8, choices=Side)
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    note = models.CharField(_("附言"), max_length=400, blank=True)
    by = models.ForeignKey(User, verbose_name=_("提出人"), null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(_("提出于"))
    answer = models.CharField(_("答复"), max_length=10, choices=Answer, default=Answer.OPEN)

    class Meta:
        ordering = ["engagement", "pk"]
        verbose_name = pgettext_lazy("one", "时间提议")
        verbose_name_plural = pgettext_lazy("many", "时间提议")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="proposal_ends_after_start"),
            models.UniqueConstraint(
                fields=["engagement"], condition=Q(answer="open"), name="engagement_one_open_proposal"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engagement_id} {self.starts_at:%Y-%m-%d %H:%M}"


class EngagementStep(models.Model):
    """One line of an engagement's journal; lines are added and never changed."""

    class Kind(models.TextChoices):
        REQUESTED = "requested", _("提出申请")
        EXPERTS = "experts", _("安排专家")
        TERMS = "terms", _("调整安排")
        PROPOSED = "proposed", pgettext_lazy("step", "提议时间")
        WITHDRAWN = "withdrawn", pgettext_lazy("step", "撤回提议")
        SHORT_NOTICE = "short_notice", _("放宽提前期")
        DESPITE_CONFLICT = "despite_conflict", _("时间冲突仍约定")
        AGREED = "agreed", _("时间约定")
        STAGE = "stage", _("进入阶段")
        ATTENDEE = "attendee", _("参加人")
        REMINDED = "reminded", _("已提醒")
        DELIVERED = "delivered", pgettext_lazy("step", "交付")
        RECORDED = "recorded", _("写下记录")
        FEEDBACK = "feedback", _("反馈")
        POSTED = "posted", _("留言")
        CLOSED = "closed", pgettext_lazy("step", "关闭")
        CANCELLED = "cancelled", pgettext_lazy("step", "取消")

    engagement = models.ForeignKey(
        Engagement, verbose_name=_("服务交付"), on_delete=models.PROTECT, related_name="steps"
    )
    kind = models.CharField(_("类别"), max_length=16, choices=Kind)
    at = models.DateTimeField(_("时间"))
    actor = models.ForeignKey(User, verbose_name=_("行为人"), null=True, on_delete=models.PROTECT, related_name="+")
    actor_display = models.CharField(_("行为人姓名"), max_length=120, blank=True)
    # What the line says besides: times, reasons, names.
    fields = models.JSONField(_("内容"), default=dict, blank=True)

    class Meta:
        ordering = ["engagement", "pk"]
        verbose_name = pgettext_lazy("one", "交付台账")
        verbose_name_plural = pgettext_lazy("many", "交付台账")

    def __str__(self) -> str:
        return f"{self.engagement_id} {self.kind}"
