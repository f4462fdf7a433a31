"""What came in, kept before it is understood, and what goes out, kept before it is sent."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import AccountNotice, ApiKey, Contact, User
from sla.models import Escalation
from tickets.models.endpoints import WebhookEndpoint
from tickets.models.ticket import Channel, Message, Ticket, TicketEvent


class InboundEvent(models.Model):
    """The raw bytes that arrived through a channel, and what became of them."""

    class State(models.TextChoices):
        RECEIVED = "received", _("已收到")
        ACCEPTED = "accepted", _("已受理")
        REFUSED = "refused", _("未受理")
        FAILED = "failed", _("处理失败")
        # Understood, and nothing was to be done: `error` says why.
        PASSED = "passed", _("无需处理")

    channel = models.CharField(_("渠道"), max_length=20, choices=Channel)
    # Whose form it has where it is not our own: "twilio", "discourse", "imap", …
    adapter = models.CharField(_("来源形式"), max_length=20, blank=True)
    # What of the request's head tells how to read and to check it.
    headers = models.JSONField(_("请求头"), default=dict, blank=True)
    api_key = models.ForeignKey(
        ApiKey, verbose_name=_("接口密钥"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    raw = models.BinaryField(_("原文"))
    content_type = models.CharField(_("内容类型"), max_length=120, blank=True)
    idempotency_key = models.CharField(_("幂等键"), max_length=255, blank=True)
    external_id = models.CharField(_("外部编号"), max_length=128, blank=True)
    received_at = models.DateTimeField(_("收到于"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.RECEIVED)
    taken_at = models.DateTimeField(_("受理于"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    retry_at = models.DateTimeField(_("下次尝试"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=400, blank=True)
    ticket = models.ForeignKey(
        Ticket, verbose_name=_("工单"), null=True, blank=True, on_delete=models.SET_NULL, related_name="inbound_events"
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "进件")
        verbose_name_plural = pgettext_lazy("many", "进件")
        indexes = [
            models.Index(fields=["received_at"], condition=models.Q(state="received"), name="inbound_left_over"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class IdempotencyKey(models.Model):
    """A key that a sender gave to one request, with the answer it got."""

    scope = models.CharField(_("范围"), max_length=64)
    route = models.CharField(_("路径"), max_length=120)
    key = models.CharField(_("键"), max_length=255)
    fingerprint = models.CharField(_("内容指纹"), max_length=64)
    status = models.PositiveSmallIntegerField(_("状态码"), null=True)
    answer = models.JSONField(_("答复"), null=True)
    created_at = models.DateTimeField(_("创建于"), db_default=Now())

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "幂等键")
        verbose_name_plural = pgettext_lazy("many", "幂等键")
        constraints = [models.UniqueConstraint(fields=["scope", "route", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_age")]

    def __str__(self) -> str:
        return self.key


class Attachment(models.Model):
    """A file that came with a message; its bytes lie under `var/`, by their digest."""

    ticket = models.ForeignKey(Ticket, verbose_name=_("工单"), on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(
        Message, verbose_name=_("消息"), null=True, blank=True, on_delete=models.SET_NULL, related_name="attachments"
    )
    name = models.CharField(_("文件名"), max_length=255)
    content_type = models.CharField(_("内容类型"), max_length=120)
    size = models.PositiveIntegerField(_("大小"))
    sha256 = models.CharField(_("校验码"), max_length=64)
    created_at = models.DateTimeField(_("创建于"), db_default=Now())

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "附件")
        verbose_name_plural = pgettext_lazy("many", "附件")

    def __str__(self) -> str:
        return self.name


class Bulletin(models.Model):
    """Something about the product itself that somebody has to hear: a year without a notice, a clock that drifted."""

    class Kind(models.TextChoices):
        YEAR_ASSUMED = "year_assumed", _("年度假日尚未公布")
        DRIFT = "drift", _("自检发现出入")
        ENDPOINT_OFF = "endpoint_off", _("对外地址已停用")

    kind = models.CharField(_("类别"), max_length=16, choices=Kind)
    # Said once for each key, such as "year_assumed:CN:2027:2026-11".
    key = models.CharField(_("标识"), max_length=120, unique=True)
    is_alarm = models.BooleanField(_("告警"), default=False)
    fields = models.JSONField(_("内容"), default=dict, blank=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "系统通报")
        verbose_name_plural = pgettext_lazy("many", "系统通报")

    def __str__(self) -> str:
        return self.key


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Read deliveries."""

    def sendable(self, at: datetime, *, along: timedelta = timedelta()) -> Self:
        """Narrow to queued ones whose time has come, or comes within `along`, and that nobody holds; oldest first."""
        free = models.Q(lease_until=None) | models.Q(lease_until__lt=at)
        return self.waiting().filter(free, not_before__lte=at + along).order_by("not_before", "pk")

    def called(self) -> Self:
        """Narrow to those that were tried at least once, the last first."""
        return self.filter(attempts__gt=0).order_by("-pk")

    def waiting(self) -> Self:
        """Narrow to queued ones that travel in a mail of their own."""
        return self.filter(state=Delivery.State.QUEUED, carried_by=None)


class Delivery(models.Model):
    """One message to one person, or to a program, as a row before it is sent."""

    # The channels that it may go by.
    EMAIL, WEBHOOK = "email", "webhook"
    # Those that go out by a call: a program's, or a chat group's robot.
    CALLS = tuple(WebhookEndpoint.Kind.values)
    # Why one that had to wait was not sent after all: there was no more to be done, or a later one tells of it.
    SETTLED, OVERTAKEN = "settled meanwhile", "a later step tells of it"
    # There is nobody, or nothing, to tell any more.
    REMOVED, FORGOTTEN = "the endpoint was removed", "the contact was forgotten"

    class State(models.TextChoices):
        QUEUED = "queued", _("待发送")
        SENT = "sent", _("已发送")
        FAILED = "failed", _("发送失败")
        # On purpose never sent: `error` says why.
        WITHHELD = "withheld", _("不发送")

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("受理回执")
        REPLY = "reply", _("回复通知")
        RESOLUTION = "resolution", _("解决通知")
        WARNING = "warning", _("预警")
        BREACH = "breach", _("超时")
        REASSIGNED = "reassigned", _("改派通知")
        CUSTOMER_MESSAGE = "customer_message", _("客户留言通知")
        DEADLINE_MOVED = "deadline_moved", _("时限变更通知")
        SIDE_TASK = "side_task", _("协办通知")
        BULLETIN = "bulletin", _("系统通报")
        ACCOUNT = "account", _("客户通知")
        OVERRIDDEN = "overridden", _("改判服务范围")
        OWED_SOON = "owed_soon", _("交付预警")
        OWED_LATE = "owed_late", _("交付逾期")
        MAIL_REFUSED = "mail_refused", _("来信未受理")
        TALK_SOON = "talk_soon", _("会话与来电预警")
        TALK_LATE = "talk_late", _("会话与来电超时")
        NEWS = "news", _("工单动态")
        TRANSCRIPT = "transcript", _("会话记录")

    kind = models.CharField(_("类别"), max_length=20, choices=Kind)
    channel = models.CharField(_("渠道"), max_length=12, default=EMAIL)
    ticket = models.ForeignKey(
        Ticket, verbose_name=_("工单"), null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    escalation = models.ForeignKey(
        Escalation,
        verbose_name=_("工单升级事件"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="deliveries",
    )
    event = models.ForeignKey(
        TicketEvent,
        verbose_name=_("台账条目"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="deliveries",
    )
    bulletin = models.ForeignKey(
        Bulletin,
        verbose_name=_("系统通报"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="deliveries",
    )
    account_notice = models.ForeignKey(
        AccountNotice,
        verbose_name=_("客户通知"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="deliveries",
    )
    # The mail that this one answers, where that became no ticket.
    mail = models.ForeignKey(
        "tickets.Mail",
        verbose_name=_("来信"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="deliveries",
    )
    # The conversation whose record it brings.
    chat = models.ForeignKey(
        "tickets.Chat",
        verbose_name=_("会话"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="deliveries",
    )
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        verbose_name=_("回调地址"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
    )
    user = models.ForeignKey(
        User, verbose_name=_("用户"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    contact = models.ForeignKey(
        Contact, verbose_name=_("联系人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    address = models.CharField(_("收件地址"), max_length=254)
    language = models.CharField(_("语言"), max_length=8)
    timezone = models.CharField(_("时区"), max_length=40)
    message_id = models.CharField(_("邮件标识"), max_length=200, unique=True)
    # The whole message, byte for byte, made once before the first try.
    rendered = models.BinaryField(_("成品邮件"), null=True)
    subject = models.CharField(_("主题"), max_length=400, blank=True)
    # The delivery whose mail tells this one too, when many came together for one reader. Source: C30
    carried_by = models.ForeignKey(
        "self", verbose_name=_("并入的通知"), null=True, blank=True, on_delete=models.SET_NULL, related_name="carried"
    )
    queued_at = models.DateTimeField(_("入队于"))
    not_before = models.DateTimeField(_("不早于"))
    lease_until = models.DateTimeField(_("占用至"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    # Tries whose outcome was never learnt: the process died between sending and noting it.
    unknown_sends = models.PositiveSmallIntegerField(_("结果不明次数"), default=0)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.QUEUED)
    sent_at = models.DateTimeField(_("发出于"), null=True, blank=True)
    # Taken by a server, and returned by the next: `error` says why.
    bounced_at = models.DateTimeField(_("退信于"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=400, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "通知投递")
        verbose_name_plural = pgettext_lazy("many", "通知投递")
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "address", "channel"],
                condition=models.Q(escalation__isnull=False),
                name="delivery_once_an_escalation",
            ),
            models.UniqueConstraint(
                fields=["event", "address", "channel"],
                condition=models.Q(event__isnull=False),
                name="delivery_once_an_event",
            ),
            models.UniqueConstraint(
                fields=["bulletin", "address", "channel"],
                condition=models.Q(bulletin__isnull=False),
                name="delivery_once_a_bulletin",
            ),
            models.UniqueConstraint(
                fields=["account_notice", "address", "channel"],
                condition=models.Q(account_notice__isnull=False),
                name="delivery_once_an_account_notice",
            ),
            models.UniqueConstraint(
                fields=["mail", "address", "channel"],
                condition=models.Q(mail__isnull=False),
                name="delivery_once_a_mail",
            ),
            models.UniqueConstraint(
                fields=["chat", "address", "channel"],
                condition=models.Q(chat__isnull=False),
                name="delivery_once_a_chat",
            ),
            models.CheckConstraint(
                condition=models.Q(escalation__isnull=False)
                | models.Q(event__isnull=False)
                | models.Q(bulletin__isnull=False)
                | models.Q(account_notice__isnull=False)
                | models.Q(mail__isnull=False)
                | models.Q(chat__isnull=False),
                name="delivery_has_a_parent",
            ),
        ]
        indexes = [
            models.Index(fields=["not_before", "id"], condition=models.Q(state="queued"), name="delivery_queued"),
            models.Index(
                fields=["address", "kind", "not_before"],
                condition=models.Q(state="queued", carried_by=None),
                name="delivery_waiting",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(unknown_sends__gt=0) | models.Q(state="failed"),
                name="delivery_troubled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.address}"
