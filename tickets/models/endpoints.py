"""Addresses outside that are told of what happens: other programs, and the robots of chat groups."""

from datetime import datetime
from typing import Self
from urllib.parse import urlsplit

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from plans.models import Customer, Team
from plans.models.people import Language
from plans.models.sealed import SealedCharField, SealedURLField, opened

# What an endpoint may subscribe to, with what people call it.
EVENTS = {
    "milestone.warning": pgettext_lazy("news", "预警：快要超时"),
    "milestone.breach": pgettext_lazy("news", "超时"),
    "ticket.opened": pgettext_lazy("news", "工单提交"),
    "ticket.customer_message": pgettext_lazy("news", "客户留言"),
    "ticket.accepted": pgettext_lazy("news", "接单"),
    "ticket.assigned": pgettext_lazy("news", "分配"),
    "ticket.progress": pgettext_lazy("news", "进展反馈"),
    "ticket.replied": pgettext_lazy("news", "回复客户"),
    "ticket.bot_replied": pgettext_lazy("news", "智能客服回复"),
    "ticket.called": pgettext_lazy("news", "电话"),
    "ticket.noted": pgettext_lazy("news", "内部备注"),
    "ticket.published": pgettext_lazy("news", "公开备注"),
    "ticket.waiting": pgettext_lazy("news", "开始等待"),
    "ticket.resumed": pgettext_lazy("news", "恢复处理"),
    "ticket.resolved": pgettext_lazy("news", "解决"),
    "ticket.reopened": pgettext_lazy("news", "重新打开"),
    "ticket.closed": pgettext_lazy("news", "关闭"),
    "ticket.merged": pgettext_lazy("news", "合并"),
    "ticket.priority_changed": pgettext_lazy("news", "优先级变更"),
    "ticket.reclassified": pgettext_lazy("news", "变更归类"),
    "ticket.overridden": pgettext_lazy("news", "改判服务范围"),
    "ticket.acknowledged": pgettext_lazy("news", "知悉提醒"),
    "ticket.deadline_moved": pgettext_lazy("news", "时限变更"),
    "ticket.retracted": pgettext_lazy("news", "撤回"),
    "ticket.task_added": pgettext_lazy("news", "新增协办"),
    "ticket.task_done": pgettext_lazy("news", "完成协办"),
}


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Read endpoints."""

    def active(self) -> Self:
        """Narrow to those in use."""
        return self.filter(is_active=True)

    def kept(self) -> Self:
        """Narrow to those that nobody has removed."""
        return self.filter(retired_at=None)


class WebhookEndpoint(models.Model):
    """An address outside that rules may call and that may subscribe to what happens to tickets."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", _("程序回调")
        WECOM = "wecom", _("企业微信机器人")
        DINGTALK = "dingtalk", _("钉钉机器人")
        FEISHU = "feishu", _("飞书机器人")

    # Kinds that write to people, as one message for all that is due.
    ROBOTS = (Kind.WECOM, Kind.DINGTALK, Kind.FEISHU)

    name = models.CharField(_("名称"), max_length=80)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind, default=Kind.WEBHOOK)
    # A robot's address holds the key to write by: it is kept sealed, and never shown whole.
    url = SealedURLField(_("地址"), max_length=400)
    # `whsec_` and base64, as in Standard Webhooks; a robot's as its platform gave it, blank where it asks for none.
    secret = SealedCharField(_("签名密钥"), max_length=120, blank=True)
    # After a change of secrets both sign for a while, so that the receiver need not change in the same second.
    old_secret = SealedCharField(_("原签名密钥"), max_length=120, blank=True)
    old_secret_until = models.DateTimeField(_("原密钥签到"), null=True, blank=True)
    language = models.CharField(_("语言"), max_length=8, choices=Language, default=Language.CHINESE)
    per_minute = models.PositiveSmallIntegerField(_("每分钟最多"), null=True, blank=True)
    # What it hears of without a rule that names it: "milestone.breach", "ticket.opened", …
    subscriptions = models.JSONField(_("订阅"), default=list, blank=True)
    vendor = models.CharField(_("只限厂商"), max_length=20, blank=True)
    team = models.ForeignKey(
        Team, verbose_name=_("只限团队"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("只限客户"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField(_("创建于"), db_default=Now())
    # Why it was switched off by itself, if it was.
    note = models.CharField(_("备注"), max_length=200, blank=True)
    # Removed: its log stays, its secrets do not, and its name is free again.
    retired_at = models.DateTimeField(_("删除于"), null=True, blank=True)
    # Nothing is sent before: after a failure, at its platform's wish, or for its number a minute.
    rests_until = models.DateTimeField(_("休息到"), null=True, blank=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = pgettext_lazy("one", "回调地址")
        verbose_name_plural = pgettext_lazy("many", "回调地址")
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=models.Q(retired_at=None), name="endpoint_name_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_robot(self) -> bool:
        """Tell whether it writes to a chat group of people."""
        return self.kind in self.ROBOTS

    @property
    def shown_url(self) -> str:
        """Return the address as people may see it: without what lets anybody write there."""
        url = opened(self, "url")
        if url is None:
            return gettext("（地址打不开，请重新填写）")
        if not self.is_robot:
            return url.partition("?")[0]
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}/…{url[-4:]}"

    def signing(self, at: datetime) -> list[str]:
        """Return the secrets that sign at an instant, the new one first."""
        is_kept = bool(self.old_secret and self.old_secret_until and at < self.old_secret_until)
        return [self.secret, self.old_secret] if is_kept else [self.secret]


class DeliveryTry(models.Model):
    """One try to send something out, kept as it went; without a delivery it was a test of the endpoint."""

    class Outcome(models.TextChoices):
        SENT = "sent", pgettext_lazy("try", "送达")
        FAILED = "failed", pgettext_lazy("try", "没有送达")
        # The other side asks us to wait: nothing is wrong with what was sent.
        BUSY = "busy", pgettext_lazy("try", "对方请求稍候")
        REFUSED = "refused", pgettext_lazy("try", "被拒绝")

    delivery = models.ForeignKey(
        "tickets.Delivery",
        verbose_name=_("通知投递"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="tries",
    )
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        verbose_name=_("回调地址"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="tries",
    )
    at = models.DateTimeField(_("时间"))
    outcome = models.CharField(_("结果"), max_length=8, choices=Outcome)
    status = models.PositiveSmallIntegerField(_("状态码"), null=True, blank=True)
    ms = models.PositiveIntegerField(_("毫秒"), default=0)
    # The head of what the other side answered, or why it could not be asked.
    answer = models.CharField(_("答复"), max_length=400, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "投递尝试")
        verbose_name_plural = pgettext_lazy("many", "投递尝试")

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.at:%Y-%m-%d %H:%M:%S}"
