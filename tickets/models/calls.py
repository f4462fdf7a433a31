"""The hotline: calls, what the switchboard told of each, and calls that we owe to who was missed. Source: Y08, K09"""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import Contact, Contract, Customer, Product, User
from sla.models import Clock
from tickets.models.mailbox import InboundEvent
from tickets.models.ticket import Ticket

# The documents say "at once"; what is counted as that is ours: the usual twenty seconds. Source: K09
SOON = timedelta(seconds=20)


class CallBackQuerySet(models.QuerySet["CallBack"]):
    """Read the calls that we owe."""

    def visible_to(self, user: User) -> Self:
        """Narrow to what one of us may see: everybody but partners and customers."""
        return self.none() if not user.is_active or user.is_customer or user.role == "partner" else self.all()

    def open(self) -> Self:
        """Narrow to those that nobody has made yet."""
        return self.filter(done_at=None)

    def in_order(self) -> Self:
        """Order by what is due next."""
        due = models.Min("clock__milestones__due_at")
        return self.annotate(due_at=due).order_by(models.F("due_at").asc(nulls_last=True), "owed_at", "pk")


class CallBack(models.Model):
    """A call that we owe to a number that reached nobody, with a clock of its own. Source: Y08"""

    class Result(models.TextChoices):
        REACHED = "reached", _("已联系上")
        # They rang again and somebody answered, or they were answered in a ticket.
        RANG_AGAIN = "rang_again", _("客户再次来电已接听")
        UNREACHABLE = "unreachable", _("多次未能联系上")
        NOT_NEEDED = "not_needed", _("无需回电")

    vendor = models.CharField(_("厂商"), max_length=20)
    # Digits as they are compared.
    number = models.CharField(_("号码"), max_length=40)
    contact = models.ForeignKey(
        Contact, verbose_name=_("联系人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="call_backs"
    )
    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), null=True, blank=True, on_delete=models.SET_NULL, related_name="call_backs"
    )
    owed_at = models.DateTimeField(_("起于"))
    claimed_by = models.ForeignKey(
        User, verbose_name=_("认领人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="call_backs"
    )
    claimed_at = models.DateTimeField(_("认领于"), null=True, blank=True)
    done_at = models.DateTimeField(_("办结于"), null=True, blank=True)
    done_by = models.ForeignKey(
        User, verbose_name=_("办结人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    result = models.CharField(_("结果"), max_length=12, choices=Result, blank=True)
    clock = models.OneToOneField(
        Clock, verbose_name=_("所属计时"), null=True, blank=True, on_delete=models.SET_NULL, related_name="call_back"
    )

    objects = CallBackQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "回呼")
        verbose_name_plural = pgettext_lazy("many", "回呼")
        constraints = [
            # Who rings five times in vain is called back once.
            models.UniqueConstraint(
                fields=["vendor", "number"], condition=models.Q(done_at=None), name="call_back_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.number}"


class CallBackAttempt(models.Model):
    """One try to call somebody back."""

    call_back = models.ForeignKey(CallBack, verbose_name=_("回呼"), on_delete=models.CASCADE, related_name="attempts")
    by = models.ForeignKey(User, verbose_name=_("拨打人"), null=True, on_delete=models.SET_NULL, related_name="+")
    was_reached = models.BooleanField(_("接通"))
    words = models.CharField(_("说明"), max_length=500, blank=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "回呼尝试")
        verbose_name_plural = pgettext_lazy("many", "回呼尝试")

    def __str__(self) -> str:
        return f"{self.call_back_id} {self.at:%F %T}"


class CallQuerySet(models.QuerySet["Call"]):
    """Read calls."""

    def visible_to(self, user: User) -> Self:
        """Narrow to what one of us may see: a partner what they took, a customer nothing here."""
        if not user.is_active or user.is_customer:
            return self.none()
        return self.filter(agent=user) if user.role == "partner" else self.all()

    def live(self) -> Self:
        """Narrow to calls that go on now."""
        return self.filter(state__in=LIVE)

    def lost(self, rang_before: datetime, answered_before: datetime) -> Self:
        """Narrow to calls that rang, or were answered, so long ago that their end must have been lost on the way."""
        rang = models.Q(answered_at=None, rang_at__lt=rang_before)
        return self.live().filter(rang | models.Q(answered_at__lt=answered_before))


class Call(models.Model):
    """One call. How it stands is folded from its events, in whatever order they came. Source: Y08"""

    class State(models.TextChoices):
        RINGING = "ringing", _("振铃")
        VOICE_BOT = "voice_bot", _("语音机器人接听")
        ANSWERED = "answered", _("通话中")
        ENDED = "ended", _("已结束")
        MISSED = "missed", _("未接")

    class Direction(models.TextChoices):
        IN = "in", _("呼入")
        OUT = "out", _("呼出")

    code = models.CharField(_("通话号"), max_length=20, unique=True)
    # Whose form told of it, and what that calls it, within the series of the key; blank when noted by hand.
    adapter = models.CharField(_("来源形式"), max_length=20, blank=True)
    scope = models.CharField(_("外部编号范围"), max_length=64, blank=True)
    external_id = models.CharField(_("外部编号"), max_length=128, blank=True)
    direction = models.CharField(_("方向"), max_length=4, choices=Direction, default=Direction.IN)
    caller = models.CharField(_("主叫号码"), max_length=40, blank=True)
    called = models.CharField(_("被叫号码"), max_length=40, blank=True)
    # The keys that the caller pressed. Source: Y08
    menu = models.CharField(_("按键"), max_length=40, blank=True)
    vendor = models.CharField(_("厂商"), max_length=20, blank=True)
    tenant = models.CharField(_("租户"), max_length=64, blank=True)
    product = models.ForeignKey(
        Product, verbose_name=_("产品"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    contact = models.ForeignKey(
        Contact, verbose_name=_("联系人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("客户"), null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )
    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.RINGING)
    rang_at = models.DateTimeField(_("来电时刻"))
    answered_at = models.DateTimeField(_("接听时刻"), null=True, blank=True)
    ended_at = models.DateTimeField(_("结束时刻"), null=True, blank=True)
    agent = models.ForeignKey(
        User, verbose_name=_("坐席"), null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )
    # What the switchboard calls who answered, or whom it rings; known here or not.
    extension = models.CharField(_("分机"), max_length=80, blank=True)
    recording_url = models.CharField(_("录音地址"), max_length=800, blank=True)
    # What a voice bot and the caller said: [{"who": "bot"|"caller"|"agent", "text", "at"?}]. Source: K08
    transcript = models.JSONField(_("对话记录"), default=list, blank=True)
    # What the call came to: written by who took it.
    question = models.CharField(_("问题"), max_length=200, blank=True)
    result = models.TextField(_("处理结果"), blank=True)
    noted_by = models.ForeignKey(
        User, verbose_name=_("登记人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    noted_at = models.DateTimeField(_("登记时刻"), null=True, blank=True)
    ticket = models.ForeignKey(
        Ticket, verbose_name=_("工单"), null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )
    # What is owed for it, or was made by it.
    call_back = models.ForeignKey(
        CallBack, verbose_name=_("回呼"), null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-rang_at", "-pk"]
        verbose_name = pgettext_lazy("one", "通话")
        verbose_name_plural = pgettext_lazy("many", "通话")
        constraints = [
            models.UniqueConstraint(
                fields=["adapter", "scope", "external_id"],
                condition=~models.Q(external_id=""),
                name="call_external_id_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["rang_at"],
                condition=models.Q(state__in=["ringing", "voice_bot", "answered"]),
                name="call_unended",
            ),
            models.Index(fields=["-rang_at", "-id"], name="call_by_time"),
            models.Index(fields=["customer", "-rang_at"], name="call_by_customer"),
        ]

    def __str__(self) -> str:
        return self.code


LIVE = (Call.State.RINGING, Call.State.VOICE_BOT, Call.State.ANSWERED)


class CallEvent(models.Model):
    """One thing that the switchboard told of a call; never changed, and told again it is the same."""

    class Kind(models.TextChoices):
        RANG = "rang", _("振铃")
        MENU = "menu", _("按键")
        BOT = "bot", _("语音机器人")
        ANSWERED = "answered", _("接听")
        ENDED = "ended", _("挂断")
        RECORDING = "recording", _("录音")
        TRANSCRIPT = "transcript", _("对话记录")

    call = models.ForeignKey(Call, verbose_name=_("通话"), on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    key = models.CharField(_("标识"), max_length=128)
    at = models.DateTimeField(_("时间"))
    fields = models.JSONField(_("附加内容"), default=dict, blank=True)
    inbound = models.ForeignKey(
        InboundEvent, verbose_name=_("进件"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    received_at = models.DateTimeField(_("收到于"), db_default=Now())

    class Meta:
        ordering = ["call", "at", "pk"]
        verbose_name = pgettext_lazy("one", "通话事件")
        verbose_name_plural = pgettext_lazy("many", "通话事件")
        constraints = [models.UniqueConstraint(fields=["call", "kind", "key"], name="call_event_once")]

    def __str__(self) -> str:
        return f"{self.call_id} {self.kind}"
