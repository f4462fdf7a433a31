"""Mail that came in: the mailboxes it comes by, and each mail with what became of it. Source: K02, Y18"""

from typing import Self

from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import Contact, Product, Role, Team, User
from tickets.models.mailbox import InboundEvent
from tickets.models.ticket import Message, Ticket


class Mailbox(models.Model):
    """An address that customers write to, and where its mail is fetched; without a host it is only handed in."""

    class Security(models.TextChoices):
        TLS = "tls", _("TLS")
        STARTTLS = "starttls", _("STARTTLS")
        PLAIN = "plain", _("不加密")

    name = models.CharField(_("名称"), max_length=80)
    address = models.EmailField(_("地址"), help_text=_("客户写信的地址。"))
    vendor = models.CharField(_("厂商"), max_length=20)
    product = models.ForeignKey(
        Product,
        verbose_name=_("产品"),
        help_text=_("来信都归这个产品；留空则按写信人的合同判断。"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("团队"),
        help_text=_("来信开的工单归谁，没有对上工单的来信由谁看；留空则按合同，由这个厂商的所有团队看。"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    host = models.CharField(_("收信服务器"), max_length=200, blank=True, help_text=_("IMAP；留空表示不去取信。"))
    port = models.PositiveIntegerField(_("端口"), default=993)
    security = models.CharField(_("加密"), max_length=8, choices=Security, default=Security.TLS)
    username = models.CharField(_("登录名"), max_length=200, blank=True)
    # Never the password itself: `env:MAILBOX_NAME` or `file:NAME`, see tickets.channels.secrecy.
    password = models.CharField(
        _("密码所在"), max_length=200, blank=True,
        help_text=_("密码不存在系统里：写 env:MAILBOX_名称（环境变量）或 file:名称（/run/secrets 下的文件）。"),
    )  # fmt: skip
    folder = models.CharField(_("文件夹"), max_length=120, default="INBOX")
    # Whose Authentication-Results are believed: the name that our own receiving server writes there.
    trusted_server = models.CharField(
        _("可信的验证方"), max_length=120, blank=True, help_text=_("收信服务器在 Authentication-Results 里的名字。")
    )
    # Whether `name+anything@` reaches it, so that letters can carry a reply address of their own.
    takes_plus = models.BooleanField(_("支持加号地址"), default=False)
    uid_validity = models.BigIntegerField(_("邮箱版本"), null=True, blank=True)
    last_uid = models.BigIntegerField(_("取到第几封"), default=0)
    polled_at = models.DateTimeField(_("最近取信"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=400, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField(_("创建于"), db_default=Now())

    class Meta:
        ordering = ["address"]
        verbose_name = pgettext_lazy("one", "收信邮箱")
        verbose_name_plural = pgettext_lazy("many", "收信邮箱")
        constraints = [models.UniqueConstraint(Lower("address"), name="mailbox_address_once")]

    def __str__(self) -> str:
        return self.address


class MailQuerySet(models.QuerySet["Mail"]):
    """Read mail."""

    def without_ticket(self) -> Self:
        """Narrow to what nobody has decided about yet, oldest first."""
        return self.filter(state=Mail.State.WAITING).order_by("received_at", "pk")

    def left_aside(self) -> Self:
        """Narrow to what became no ticket and waits for nobody, the last first."""
        aside = (Mail.State.IGNORED, Mail.State.REFUSED, Mail.State.DISCARDED)
        return self.filter(state__in=aside).order_by("-received_at", "-pk")

    def visible_to(self, user: User) -> Self:
        """Narrow to mail that one of us may read where it is not a ticket's yet: partners and customers none.

        Who works in a team reads what comes by its mailboxes, and by those of its vendor that are nobody's.
        """
        if not user.is_active or user.is_customer or user.role == Role.PARTNER:
            return self.none()
        if user.team is None or user.role not in (Role.AGENT, Role.EXPERT):
            return self
        theirs = models.Q(mailbox__team=user.team) | models.Q(mailbox__team=None, mailbox__vendor=user.team.vendor)
        return self.filter(theirs | models.Q(mailbox=None))


class Mail(models.Model):
    """One mail, as it was understood; the bytes are its intake's. Twice the same mail is one."""

    class Kind(models.TextChoices):
        HUMAN = "human", pgettext_lazy("mail", "来信")
        AUTO_REPLY = "auto_reply", pgettext_lazy("mail", "自动回复")
        BULK = "list", pgettext_lazy("mail", "群发")
        BOUNCE = "bounce", pgettext_lazy("mail", "退信")
        OWN = "own", pgettext_lazy("mail", "我们自己的信")
        LOOP = "loop", pgettext_lazy("mail", "循环")

    class State(models.TextChoices):
        # Somebody has to look: it is no ticket yet.
        WAITING = "waiting", pgettext_lazy("mail", "待处理")
        OPENED = "opened", pgettext_lazy("mail", "已成工单")
        ADDED = "added", pgettext_lazy("mail", "已加入工单")
        REFUSED = "refused", pgettext_lazy("mail", "不在服务范围")
        IGNORED = "ignored", pgettext_lazy("mail", "无需处理")
        DISCARDED = "discarded", pgettext_lazy("mail", "已弃置")

    class Reason(models.TextChoices):
        """Why it is no ticket, or not the one that it names."""

        UNKNOWN = "unknown", _("写信人未登记")
        STAFF = "staff", _("写信人是我们的同事，不能以客户身份提交")
        NO_SENDER = "no_sender", _("没有可用的发件地址")
        FORGED = "forged", _("发件人验证未通过，可能是冒名")
        FLOOD = "flood", _("同一地址来信过多，暂不自动建单")
        ROBOT = "robot", _("程序自动发出")
        RETURNED = "returned", _("投递失败通知")
        OURS = "ours", _("由本系统发出")
        NOT_COVERED = "not_covered", _("不在服务范围")
        UNREADABLE = "unreadable", _("内容无法识别")

    class Thread(models.TextChoices):
        """By what it was joined to its ticket."""

        TOKEN = "token", _("回复标记")
        LETTER = "letter", _("回复了我们的信")
        NUMBER = "number", _("主题中的工单号")
        HAND = "hand", _("人工归入")

    mailbox = models.ForeignKey(
        Mailbox, verbose_name=_("收信邮箱"), null=True, on_delete=models.SET_NULL, related_name="mails"
    )
    event = models.OneToOneField(
        InboundEvent, verbose_name=_("进件"), null=True, on_delete=models.SET_NULL, related_name="mail"
    )
    message_id = models.CharField(_("邮件标识"), max_length=250, blank=True)
    # Of the id and the body together: the same mail by another way has the same.
    digest = models.CharField(_("校验码"), max_length=64, unique=True)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    state = models.CharField(_("状态"), max_length=10, choices=State)
    reason = models.CharField(_("原因"), max_length=12, choices=Reason, blank=True)
    from_name = models.CharField(_("发件人"), max_length=120, blank=True)
    from_address = models.CharField(_("发件地址"), max_length=254, blank=True)
    to = models.JSONField(_("收件人"), default=list, blank=True)
    cc = models.JSONField(_("抄送"), default=list, blank=True)
    contact = models.ForeignKey(
        Contact, verbose_name=_("联系人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Whether our own server vouches for the sender's domain; null where nothing that we trust says so.
    is_verified = models.BooleanField(_("发件人已验证"), null=True, blank=True)
    subject = models.CharField(_("主题"), max_length=400, blank=True)
    words = models.TextField(_("正文"), blank=True)
    quoted = models.TextField(_("引用"), blank=True)
    signature = models.TextField(_("签名"), blank=True)
    html = models.TextField(_("安全的 HTML"), blank=True)
    # Attachments that were not kept, by name, and why.
    left_out = models.JSONField(_("未保存的附件"), default=list, blank=True)
    # What was wrong with its form: "charset", "nested", "cut", …
    flaws = models.JSONField(_("形式问题"), default=list, blank=True)
    sent_at = models.DateTimeField(_("发出于"), null=True, blank=True)
    received_at = models.DateTimeField(_("收到于"))
    thread = models.CharField(_("归入方式"), max_length=8, choices=Thread, blank=True)
    ticket = models.ForeignKey(
        Ticket, verbose_name=_("工单"), null=True, blank=True, on_delete=models.SET_NULL, related_name="mails"
    )
    said = models.OneToOneField(
        Message, verbose_name=_("消息"), null=True, blank=True, on_delete=models.SET_NULL, related_name="mail"
    )
    # A ticket that it names without the right to be in it.
    claims = models.ForeignKey(
        Ticket, verbose_name=_("自称所属工单"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    handled_by = models.ForeignKey(
        User, verbose_name=_("处理人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    handled_at = models.DateTimeField(_("处理于"), null=True, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name = pgettext_lazy("one", "来信")
        verbose_name_plural = pgettext_lazy("many", "来信")
        indexes = [
            models.Index(fields=["received_at"], condition=models.Q(state="waiting"), name="mail_waiting"),
            models.Index(fields=["from_address", "received_at"], name="mail_by_sender"),
        ]

    def __str__(self) -> str:
        return self.subject or self.message_id

    @property
    def source(self) -> bytes | None:
        """Return the mail byte for byte; None once its time of keeping is over."""
        return bytes(self.event.raw) or None if self.event else None
