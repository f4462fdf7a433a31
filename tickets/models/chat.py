"""Live chat: conversations, what was said in them by number, who takes part, who is there. Source: Y05–Y07"""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import Contact, Contract, Customer, Product, Team, User
from plans.models.people import Language
from sla.models import Clock
from tickets.models.sites import Visitor
from tickets.models.ticket import Channel, Ticket


class ChatQuerySet(models.QuerySet["Chat"]):
    """Read conversations."""

    def open(self) -> Self:
        """Narrow to those that nobody has ended."""
        return self.exclude(state=Chat.State.ENDED)

    def of_visitor(self, visitor: Visitor) -> Self:
        """Narrow to what a visitor may read: a contact everything of their own, somebody unknown what they began."""
        if visitor.contact_id:
            return self.filter(contact=visitor.contact_id)
        return self.filter(visitor=visitor, contact=None)

    def visible_to(self, user: User) -> Self:
        """Narrow to what one of us may read: a partner what they take part in, a customer nothing here."""
        if not user.is_active or user.is_customer:
            return self.none()
        if user.role == "partner":
            return self.filter(models.Q(assignee=user) | models.Q(seats__user=user, seats__left_at=None)).distinct()
        return self.all()

    def waiting_line(self, vendor: str) -> Self:
        """Return a vendor's one waiting line: the highest plan first, then who has waited longest. Source: Y06"""
        return self.filter(state=Chat.State.WAITING, vendor=vendor).order_by("-plan_rank", "waiting_since", "pk")


class Chat(models.Model):
    """One conversation; its messages are numbered without a gap."""

    class State(models.TextChoices):
        BOT = "bot", _("智能客服接待")
        WAITING = "waiting", _("排队中")
        ACTIVE = "active", _("人工接待")
        ENDED = "ended", _("已结束")

    class EndedBy(models.TextChoices):
        CUSTOMER = "customer", _("客户结束")
        AGENT = "agent", _("坐席结束")
        SILENCE = "silence", _("无人发言自动结束")

    code = models.CharField(_("会话号"), max_length=20, unique=True)
    vendor = models.CharField(_("厂商"), max_length=20)
    channel = models.CharField(_("渠道"), max_length=12, choices=Channel, default=Channel.IM)
    visitor = models.ForeignKey(
        Visitor, verbose_name=_("访客"), null=True, blank=True, on_delete=models.SET_NULL, related_name="chats"
    )
    contact = models.ForeignKey(
        Contact, verbose_name=_("联系人"), null=True, blank=True, on_delete=models.PROTECT, related_name="chats"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("客户"), null=True, blank=True, on_delete=models.PROTECT, related_name="chats"
    )
    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), null=True, blank=True, on_delete=models.PROTECT, related_name="chats"
    )
    product = models.ForeignKey(
        Product, verbose_name=_("产品"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.BOT)
    language = models.CharField(_("语言"), max_length=8, choices=Language, default=Language.CHINESE)
    # Where in the host product it was opened. Source: K03
    module = models.CharField(_("模块"), max_length=80, blank=True)
    tenant = models.CharField(_("租户"), max_length=64, blank=True)
    page = models.CharField(_("页面"), max_length=500, blank=True)
    plan_rank = models.PositiveSmallIntegerField(_("计划优先级"), default=0)
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), null=True, blank=True, on_delete=models.SET_NULL, related_name="chats"
    )
    assignee = models.ForeignKey(
        User, verbose_name=_("接待人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="chats"
    )
    opened_at = models.DateTimeField(_("开始于"))
    # Since when it has waited for a person; kept when one accepts.
    waiting_since = models.DateTimeField(_("排队起"), null=True, blank=True)
    # Set at closing for those who still wait: until people are back the bot answers them. Source: Y05, K07
    people_back_at = models.DateTimeField(_("人工上班于"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("接入于"), null=True, blank=True)
    ended_at = models.DateTimeField(_("结束于"), null=True, blank=True)
    ended_by = models.CharField(_("结束方式"), max_length=8, choices=EndedBy, blank=True)
    # The number of the last message, and how far each side has read.
    message_count = models.PositiveIntegerField(_("消息数"), default=0)
    customer_read = models.PositiveIntegerField(_("客户已读"), default=0)
    agent_read = models.PositiveIntegerField(_("坐席已读"), default=0)
    customer_at = models.DateTimeField(_("客户最近发言"), null=True, blank=True)
    agent_at = models.DateTimeField(_("坐席最近发言"), null=True, blank=True)
    # What it became. Source: Y07
    ticket = models.ForeignKey(
        Ticket, verbose_name=_("工单"), null=True, blank=True, on_delete=models.SET_NULL, related_name="chats"
    )
    # Times the wait for a person. Source: Y06
    clock = models.OneToOneField(
        Clock, verbose_name=_("所属计时"), null=True, blank=True, on_delete=models.SET_NULL, related_name="chat"
    )
    rating = models.PositiveSmallIntegerField(_("评分"), null=True, blank=True)
    rating_words = models.CharField(_("评语"), max_length=500, blank=True)
    rated_at = models.DateTimeField(_("评价于"), null=True, blank=True)

    objects = ChatQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "会话")
        verbose_name_plural = pgettext_lazy("many", "会话")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rating=None) | models.Q(rating__gte=1, rating__lte=5), name="chat_rating_one_to_five"
            ),
            models.UniqueConstraint(
                fields=["contact", "vendor"],
                condition=models.Q(contact__isnull=False) & ~models.Q(state="ended"),
                name="chat_open_once_a_contact",
            ),
        ]
        indexes = [
            models.Index(
                "vendor", models.F("plan_rank").desc(), "waiting_since", "id",
                condition=models.Q(state="waiting"), name="chat_waiting_line",
            ),
            models.Index(fields=["assignee"], condition=models.Q(state="active"), name="chat_active"),
            models.Index(fields=["opened_at"], condition=models.Q(state__in=["bot", "active"]), name="chat_going_on"),
            models.Index(fields=["customer", "-opened_at"], name="chat_by_customer"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code

    def is_the_bots(self, at: datetime) -> bool:
        """Tell whether the bot answers: before a person is asked for, and while those who were have gone home."""
        sleeps = self.people_back_at is not None and at < self.people_back_at
        return self.state == self.State.BOT or (self.state == self.State.WAITING and sleeps)


class ChatMessageQuerySet(models.QuerySet["ChatMessage"]):
    """Read what was said."""

    def for_customer(self) -> Self:
        """Narrow to what the customer's side may read: no whisper."""
        return self.filter(is_whisper=False)

    def questions(self) -> Self:
        """Narrow to what a customer typed, without the words by which they only asked for a person."""
        said = self.filter(author_kind=ChatMessage.Author.CUSTOMER, kind=ChatMessage.Kind.TEXT)
        return said.exclude(fields__has_key="asks")

    def after(self, number: int) -> Self:
        """Narrow to what came after a number, in order."""
        return self.filter(number__gt=number).order_by("number")


class ChatMessage(models.Model):
    """One thing said or done in a conversation. Only the words of a person are human contact. Source: K02"""

    class Kind(models.TextChoices):
        TEXT = "text", _("文字")
        FILE = "file", _("文件")
        # What happened: handed off, accepted, transferred, ticket opened, ended. `fields` says what; `body` is empty.
        EVENT = "event", _("事件")

    class Author(models.TextChoices):
        CUSTOMER = "customer", _("客户")
        BOT = "bot", _("智能客服")
        AGENT = "agent", _("人工坐席")
        SYSTEM = "system", _("系统")

    chat = models.ForeignKey(Chat, verbose_name=_("会话"), on_delete=models.CASCADE, related_name="messages")
    number = models.PositiveIntegerField(_("序号"))
    kind = models.CharField(_("类别"), max_length=8, choices=Kind, default=Kind.TEXT)
    author_kind = models.CharField(_("作者类别"), max_length=10, choices=Author)
    author = models.ForeignKey(
        User, verbose_name=_("作者"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    author_display = models.CharField(_("署名"), max_length=120, blank=True)
    body = models.TextField(_("正文"), blank=True)
    # Among agents only.
    is_whisper = models.BooleanField(_("悄悄话"), default=False)
    # What the sender called it: sent again after a broken connection it is the same message.
    client_id = models.CharField(_("客户端编号"), max_length=64, blank=True)
    # Articles that a bot quotes, what an event was, and the like.
    fields = models.JSONField(_("附加内容"), default=dict, blank=True)
    at = models.DateTimeField(_("时间"))

    objects = ChatMessageQuerySet.as_manager()

    class Meta:
        ordering = ["chat", "number"]
        verbose_name = pgettext_lazy("one", "会话消息")
        verbose_name_plural = pgettext_lazy("many", "会话消息")
        constraints = [
            models.UniqueConstraint(fields=["chat", "number"], name="chat_message_once"),
            models.UniqueConstraint(
                fields=["chat", "author_kind", "client_id"],
                condition=~models.Q(client_id=""),
                name="chat_message_sent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chat_id}#{self.number}"


class ChatFile(models.Model):
    """A file in a conversation; its bytes lie under `var/`, by their digest."""

    message = models.ForeignKey(ChatMessage, verbose_name=_("消息"), on_delete=models.CASCADE, related_name="files")
    name = models.CharField(_("文件名"), max_length=255)
    content_type = models.CharField(_("内容类型"), max_length=120)
    size = models.PositiveIntegerField(_("大小"))
    sha256 = models.CharField(_("校验码"), max_length=64)

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "会话文件")
        verbose_name_plural = pgettext_lazy("many", "会话文件")

    def __str__(self) -> str:
        return self.name


class ChatSeat(models.Model):
    """An agent who takes part in a conversation beside the one who leads it."""

    chat = models.ForeignKey(Chat, verbose_name=_("会话"), on_delete=models.CASCADE, related_name="seats")
    user = models.ForeignKey(User, verbose_name=_("用户"), on_delete=models.CASCADE, related_name="chat_seats")
    invited_by = models.ForeignKey(
        User, verbose_name=_("邀请人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    joined_at = models.DateTimeField(_("加入于"))
    left_at = models.DateTimeField(_("离开于"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "会话参与人")
        verbose_name_plural = pgettext_lazy("many", "会话参与人")
        constraints = [
            models.UniqueConstraint(fields=["chat", "user"], condition=models.Q(left_at=None), name="chat_seat_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.chat_id}"


class CannedAnswer(models.Model):
    """Words that agents send often, found by a short name."""

    vendor = models.CharField(_("厂商"), max_length=20)
    shortcut = models.SlugField(_("短名"), max_length=40, allow_unicode=True)
    title = models.CharField(_("标题"), max_length=80)
    body = models.TextField(_("正文"), max_length=2000)
    body_en = models.TextField(_("英文正文"), max_length=2000, blank=True)
    # None: everybody's.
    owner = models.ForeignKey(
        User, verbose_name=_("所有者"), null=True, blank=True, on_delete=models.CASCADE, related_name="canned_answers"
    )

    class Meta:
        ordering = ["vendor", "shortcut"]
        verbose_name = pgettext_lazy("one", "常用语")
        verbose_name_plural = pgettext_lazy("many", "常用语")
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "shortcut", "owner"], nulls_distinct=False, name="canned_answer_once"
            )
        ]

    def __str__(self) -> str:
        return self.title


class PresenceQuerySet(models.QuerySet["Presence"]):
    """Read who is there."""

    def of_vendor(self, vendor: str) -> Self:
        """Narrow to people who take a vendor's chats now; who is gone was taken off by the round that looks."""
        return self.filter(is_available=True, user__is_active=True, user__team__vendor=vendor)


class Presence(models.Model):
    """Whether somebody takes chats now, and how many at a time."""

    user = models.OneToOneField(User, verbose_name=_("用户"), on_delete=models.CASCADE, related_name="presence")
    is_available = models.BooleanField(_("接待中"), default=False)
    at_most = models.PositiveSmallIntegerField(_("同时最多"), default=4)
    since = models.DateTimeField(_("起于"), db_default=Now())
    # When their console last said that it is open.
    seen_at = models.DateTimeField(_("最近在线"), null=True, blank=True)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "在岗状态")
        verbose_name_plural = pgettext_lazy("many", "在岗状态")

    def __str__(self) -> str:
        return f"{self.user_id}"
