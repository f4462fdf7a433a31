"""Tickets, what was said in them, and their ledger of events."""

from datetime import datetime
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import Contact, Contract, Customer, Product, Role, Team, User
from plans.models.contracts import Deployment
from sla.models import Clock


class Channel(models.TextChoices):
    """A way a message travels."""

    IM = "im", _("云客服")
    HOTLINE = "hotline", _("热线")
    PORTAL = "portal", _("门户")
    COMMUNITY = "community", _("社区")
    EMAIL = "email", _("邮件")
    IN_PRODUCT = "in_product", _("产品内")
    MONITORING = "monitoring", _("监控")


class Category(models.TextChoices):
    """What a ticket is about."""

    HOW_TO = "how_to", _("应用咨询")
    FAULT = "fault", _("故障")
    DATA_ENVIRONMENT = "data_environment", _("数据及环境")
    REQUIREMENT = "requirement", _("产品需求")
    CUSTOMISATION = "customisation", _("二次开发")
    THIRD_PARTY = "third_party", _("第三方产品")
    OPERATIONS = "operations", _("运维")


class Priority(models.TextChoices):
    """How urgent a ticket is."""

    LOW = "low", _("低")
    NORMAL = "normal", _("普通")
    HIGH = "high", _("高")
    URGENT = "urgent", _("紧急")


class Status(models.TextChoices):
    """Where a ticket stands."""

    NEW = "new", _("新建")
    OPEN = "open", _("处理中")
    WAITING_CUSTOMER = "waiting_customer", _("等待客户")
    WAITING_THIRD_PARTY = "waiting_third_party", _("等待第三方")
    SCHEDULED = "scheduled", _("已约定时间")
    RESOLVED = "resolved", _("已解决")
    CLOSED = "closed", _("已关闭")
    MERGED = "merged", _("已合并")


ENDED = (Status.RESOLVED, Status.CLOSED, Status.MERGED)
WAITING = (Status.WAITING_CUSTOMER, Status.WAITING_THIRD_PARTY, Status.SCHEDULED)


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Read tickets in the words of the domain."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Narrow to what `user` may see; nobody sees another customer's tickets."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.role == Role.CUSTOMER_ADMIN:
            return self.filter(
                customer__contacts__user=user, customer__contacts__is_active=True, customer__is_active=True
            )
        if user.role == Role.CUSTOMER:
            return self.filter(contact__user=user, contact__is_active=True, customer__is_active=True)
        if user.role == Role.PARTNER:
            return self.filter(models.Q(contract__account_team__user=user) | models.Q(assignee=user)).distinct()
        return self.all()

    def unfinished(self) -> Self:
        """Narrow to tickets that somebody still has to do something about."""
        return self.exclude(status__in=ENDED)

    def queue(self) -> Self:
        """Order by what is due next; what has no deadline comes last, oldest first."""
        return self.order_by(models.F("next_due_at").asc(nulls_last=True), "opened_at", "pk")

    def due_to_resume(self, at: datetime) -> Self:
        """Narrow to waiting tickets whose agreed instant has come, oldest first."""
        return self.filter(status__in=WAITING, waiting_until__lte=at).order_by("waiting_until", "pk")


class Ticket(models.Model):
    """One request and its ledger."""

    number = models.CharField(_("工单号"), max_length=20, unique=True)
    customer = models.ForeignKey(Customer, verbose_name=_("客户"), on_delete=models.PROTECT, related_name="tickets")
    contact = models.ForeignKey(Contact, verbose_name=_("联系人"), on_delete=models.PROTECT, related_name="tickets")
    contract = models.ForeignKey(Contract, verbose_name=_("合同"), on_delete=models.PROTECT, related_name="tickets")
    product = models.ForeignKey(
        Product, verbose_name=_("产品"), null=True, blank=True, on_delete=models.PROTECT, related_name="tickets"
    )
    channel = models.CharField(_("渠道"), max_length=12, choices=Channel)
    category = models.CharField(_("问题类别"), max_length=20, choices=Category)
    priority = models.CharField(_("优先级"), max_length=8, choices=Priority, default=Priority.NORMAL)
    status = models.CharField(_("工单状态"), max_length=20, choices=Status, default=Status.NEW)
    subject = models.CharField(_("主题"), max_length=200)
    module = models.CharField(_("模块"), max_length=80, blank=True)
    tenant = models.CharField(_("租户"), max_length=64, blank=True)
    version = models.CharField(_("版本"), max_length=40, blank=True)
    environment = models.CharField(_("环境"), max_length=80, blank=True)
    error_code = models.CharField(_("错误代码"), max_length=80, blank=True)
    # How the product that it is about runs, where that was said. Source: K04, K05
    deployment = models.CharField(_("部署方式"), max_length=20, choices=Deployment, blank=True)
    # What was answered to the plan's questions about customisation, by code: {"carve_out": false, "1": true}.
    customisation = models.JSONField(_("二次开发的回答"), default=dict, blank=True)
    language = models.CharField(_("语言"), max_length=8, blank=True)
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets"
    )
    assignee = models.ForeignKey(
        User, verbose_name=_("处理人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets"
    )
    # The coverage decision as it was made, in both languages. Source: Y07, K02, K03
    outcome = models.CharField(_("服务范围结论"), max_length=12)
    promise = models.CharField(_("承诺编号"), max_length=8, blank=True)
    clause = models.CharField(_("条款"), max_length=400, blank=True)
    clause_en = models.CharField(_("条款英文"), max_length=400, blank=True)
    reason = models.CharField(_("理由"), max_length=600, blank=True)
    reason_en = models.CharField(_("理由英文"), max_length=600, blank=True)
    ways_on = models.JSONField(_("可以怎么办"), default=list, blank=True)
    ways_on_en = models.JSONField(_("可以怎么办英文"), default=list, blank=True)
    plan_rank = models.PositiveSmallIntegerField(_("计划优先级"), default=0)
    opened_at = models.DateTimeField(_("提交时刻"))
    # The earliest due instant of an open milestone, kept by the ledger for the queue.
    next_due_at = models.DateTimeField(_("最近到期"), null=True, blank=True)
    waiting_until = models.DateTimeField(_("等待至"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("解决于"), null=True, blank=True)
    closed_at = models.DateTimeField(_("关闭于"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", verbose_name=_("并入"), null=True, blank=True, on_delete=models.PROTECT, related_name="merged_from"
    )
    # The last event's place in the ledger.
    event_count = models.PositiveIntegerField(_("台账条数"), default=0)
    updated_at = models.DateTimeField(_("更新于"), db_default=Now())
    # What the sender calls it, within the key series it came by.
    external_id = models.CharField(_("外部编号"), max_length=128, blank=True)
    external_scope = models.CharField(_("外部编号范围"), max_length=64, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        verbose_name = pgettext_lazy("one", "工单")
        verbose_name_plural = pgettext_lazy("many", "工单")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_scope", "external_id"],
                condition=~models.Q(external_id=""),
                name="ticket_external_id_once",
            ),
        ]
        indexes = [
            models.Index(
                models.F("next_due_at").asc(nulls_last=True),
                "opened_at",
                "id",
                condition=~models.Q(status__in=["resolved", "closed", "merged"]),
                name="ticket_queue",
            ),
            # Everything that the console counts of open tickets, so that it need not read the tickets.
            models.Index(
                fields=["assignee", "team", "status", "next_due_at"],
                include=["id"],
                condition=~models.Q(status__in=["resolved", "closed", "merged"]),
                name="ticket_counts",
            ),
            models.Index(fields=["-updated_at", "-id"], name="ticket_by_change"),
            models.Index(fields=["customer", "-opened_at"], name="ticket_by_customer"),
            models.Index(
                fields=["waiting_until"], condition=models.Q(waiting_until__isnull=False), name="ticket_waiting_until"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_ended(self) -> bool:
        """Tell whether nothing more is to be done."""
        return self.status in ENDED


class TicketClock(models.Model):
    """A clock that times a ticket, or a chat or call of it."""

    class Part(models.TextChoices):
        TICKET = "ticket", _("工单")
        CHAT = "chat", _("会话")
        CALL = "call", _("通话")
        TEAM = "team", _("团队")

    ticket = models.ForeignKey(Ticket, verbose_name=_("工单"), on_delete=models.CASCADE, related_name="ticket_clocks")
    clock = models.OneToOneField(
        Clock, verbose_name=_("所属计时"), on_delete=models.PROTECT, related_name="ticket_clock"
    )
    part = models.CharField(_("所计部分"), max_length=8, choices=Part, default=Part.TICKET)

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "工单计时")
        verbose_name_plural = pgettext_lazy("many", "工单计时")

    def __str__(self) -> str:
        return f"{self.part} clock of {self.ticket_id}"


class MessageQuerySet(models.QuerySet["Message"]):
    """Read what was said."""

    def readable_by(self, user: User) -> Self:
        """Narrow to what `user` may read of tickets that they see: a customer nothing internal, nothing taken back."""
        return self if user.is_agent else self.filter(is_public=True, retracted_at=None)


class Message(models.Model):
    """Something said in a ticket: to everyone in it, or among agents only."""

    ticket = models.ForeignKey(Ticket, verbose_name=_("工单"), on_delete=models.CASCADE, related_name="messages")
    author_kind = models.CharField(_("作者类别"), max_length=10)
    author = models.ForeignKey(
        User, verbose_name=_("作者"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    contact = models.ForeignKey(
        Contact, verbose_name=_("联系人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    author_display = models.CharField(_("署名"), max_length=120)
    body = models.TextField(_("正文"))
    # False: an internal note, which no customer may ever see.
    is_public = models.BooleanField(_("对客户可见"), default=True)
    at = models.DateTimeField(_("时间"))
    # Taken back by who wrote it: kept, struck out, and the clocks forget it. Source: C21
    retracted_at = models.DateTimeField(_("撤回于"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = pgettext_lazy("one", "消息")
        verbose_name_plural = pgettext_lazy("many", "消息")

    def __str__(self) -> str:
        return f"message {self.pk} of {self.ticket_id}"


class TicketEventQuerySet(models.QuerySet["TicketEvent"]):
    """Read lines of ledgers."""

    def readable_by(self, user: User) -> Self:
        """Narrow to the lines that `user` may read of tickets that they see."""
        if user.is_agent:
            return self
        said = models.Q(message__is_public=True, message__retracted_at=None)
        return self.filter(models.Q(message=None) | said, is_public=True)


class TicketEvent(models.Model):
    """One line of a ticket's ledger; the lines of a ticket are numbered without a gap."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("提交")
        CUSTOMER_MESSAGE = "customer_message", _("客户留言")
        BOT_REPLY = "bot_reply", _("智能客服回复")
        ACCEPTED = "accepted", _("接单")
        ASSIGNED = "assigned", _("分配")
        PROGRESS = "progress", _("进展反馈")
        REPLY = "reply", _("回复")
        NOTE = "note", _("内部备注")
        CALL = "call", _("电话")
        WAITING = "waiting", _("等待")
        RESUMED = "resumed", _("恢复处理")
        RESOLVED = "resolved", _("解决")
        REOPENED = "reopened", _("重新打开")
        CLOSED = "closed", _("关闭")
        MERGED = "merged", _("合并")
        PRIORITY_CHANGED = "priority_changed", _("优先级变更")
        RECLASSIFIED = "reclassified", _("变更归类")
        OVERRIDDEN = "overridden", _("改判服务范围")
        ESCALATED = "escalated", _("工单升级")
        ACKNOWLEDGED = "acknowledged", _("知悉")
        DEADLINE_MOVED = "deadline_moved", _("时限变更")
        RETRACTED = "retracted", _("撤回")
        PUBLISHED = "published", _("公开备注")
        TASK_ADDED = "task_added", _("新增协办")
        TASK_DONE = "task_done", _("完成协办")

    ticket = models.ForeignKey(Ticket, verbose_name=_("工单"), on_delete=models.CASCADE, related_name="events")
    number = models.PositiveIntegerField(_("序号"))
    kind = models.CharField(_("类别"), max_length=20, choices=Kind)
    at = models.DateTimeField(_("时间"))
    recorded_at = models.DateTimeField(_("记录于"), db_default=Now())
    actor_kind = models.CharField(_("行为人类别"), max_length=10)
    actor_ref = models.CharField(_("行为人标识"), max_length=64, blank=True)
    actor_display = models.CharField(_("行为人"), max_length=120, blank=True)
    message = models.ForeignKey(
        Message, verbose_name=_("消息"), null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )
    fields = models.JSONField(_("附加内容"), default=dict, blank=True)
    # False for what only agents may read.
    is_public = models.BooleanField(_("对客户可见"), default=True)

    objects = TicketEventQuerySet.as_manager()

    class Meta:
        ordering = ["ticket", "number"]
        verbose_name = pgettext_lazy("one", "台账条目")
        verbose_name_plural = pgettext_lazy("many", "台账条目")
        constraints = [models.UniqueConstraint(fields=["ticket", "number"], name="ticket_event_once")]
        # The few reopenings among everything that ever happened.
        indexes = [models.Index(fields=["ticket"], condition=models.Q(kind="reopened"), name="ticket_event_reopened")]

    def __str__(self) -> str:
        return f"{self.ticket_id}#{self.number} {self.kind}"
