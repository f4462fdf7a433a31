"""Updates of products: windows and their journal, requests, packages to download, and calendars to subscribe to."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.catalogue import Item, Product
from plans.models.contracts import Contract, Deployment, Pace, Tenancy
from plans.models.people import Contact, User


class UpdateWindowQuerySet(models.QuerySet["UpdateWindow"]):
    """Read windows."""

    def open(self) -> Self:
        """Narrow to what has not ended."""
        return self.filter(state__in=OPEN)

    def shown(self) -> Self:
        """Narrow to what belongs in a calendar: not what was called off before anybody was told."""
        return self.exclude(state=UpdateWindow.State.CANCELLED, announced_at=None)

    def between(self, start: datetime, end: datetime) -> Self:
        """Narrow to windows that overlap [start, end)."""
        return self.filter(starts_at__lt=end, ends_at__gt=start)

    def to_be_announced(self, at: datetime) -> Self:
        """Narrow to planned ones whose time to be told of has come, and that still lie ahead."""
        return self.filter(state=UpdateWindow.State.PLANNED, announce_at__lte=at, starts_at__gt=at)

    def to_be_begun(self, at: datetime) -> Self:
        """Narrow to those that follow the clock and whose time has come."""
        waiting = (UpdateWindow.State.PLANNED, UpdateWindow.State.ANNOUNCED)
        return self.filter(is_by_clock=True, state__in=waiting, starts_at__lte=at)

    def to_be_ended(self, at: datetime) -> Self:
        """Narrow to those under way that follow the clock and are over."""
        return self.filter(is_by_clock=True, state=UpdateWindow.State.UNDER_WAY, ends_at__lte=at)


class UpdateWindow(models.Model):
    """A time in which a vendor updates or maintains products, laid out by a plan's rule or set by hand."""

    class Kind(models.TextChoices):
        UPDATE = "update", _("版本更新")
        MAINTENANCE = "maintenance", _("停机维护")

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("update", "已排定")
        ANNOUNCED = "announced", pgettext_lazy("update", "已通知")
        UNDER_WAY = "under_way", pgettext_lazy("update", "进行中")
        DONE = "done", pgettext_lazy("update", "已完成")
        POSTPONED = "postponed", pgettext_lazy("update", "已推迟，时间待定")
        CANCELLED = "cancelled", pgettext_lazy("update", "已取消")

    vendor = models.CharField(_("厂商"), max_length=20)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind, default=Kind.UPDATE)
    # The code of the plan's line that laid it out, and the day its rule named; blank and null if set by hand.
    policy = models.CharField(_("更新策略"), max_length=40, blank=True)
    slot_on = models.DateField(_("规则日期"), null=True, blank=True)
    # Which running products it is for, as `plans.updates.policies.Scope` reads them.
    products = models.JSONField(_("产品"), default=list, blank=True)
    deployments = models.JSONField(_("部署方式"), default=list, blank=True)
    tenancy = models.CharField(_("租户形态"), max_length=8, choices=Tenancy, blank=True)
    pace = models.CharField(_("更新节奏"), max_length=8, choices=Pace, blank=True)
    is_customised = models.BooleanField(_("有二次开发"), null=True, blank=True)
    title = models.CharField(_("标题"), max_length=120)
    title_en = models.CharField(_("英文标题"), max_length=160, blank=True)
    version = models.CharField(_("版本"), max_length=40, blank=True)
    notes = models.TextField(_("更新说明"), blank=True)
    notes_en = models.TextField(_("英文更新说明"), blank=True)
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    timezone = models.CharField(_("时区"), max_length=40, default="Asia/Shanghai")
    country = models.CharField(_("节假日所属"), max_length=2, default="CN")
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PLANNED)
    # When customers are told without anybody's doing; null where they are only told of changes.
    announce_at = models.DateTimeField(_("通知于"), null=True, blank=True)
    announced_at = models.DateTimeField(_("已通知于"), null=True, blank=True)
    # Begins and ends by the clock unless somebody says otherwise.
    is_by_clock = models.BooleanField(_("按时间自动开始和结束"), default=False)
    # Somebody moved it: its rule moves it no more.
    is_moved = models.BooleanField(_("人工改过时间"), default=False)
    # RFC 5546: rises with each change that customers are told of.
    sequence = models.PositiveIntegerField(_("通知版本"), default=0)

    objects = UpdateWindowQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        verbose_name = pgettext_lazy("one", "更新窗口")
        verbose_name_plural = pgettext_lazy("many", "更新窗口")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="update_window_ends_after_start"),
            models.UniqueConstraint(
                fields=["vendor", "policy", "slot_on"], condition=Q(slot_on__isnull=False), name="update_window_once"
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at"], name="update_window_by_start"),
            models.Index(fields=["announce_at"], condition=Q(state="planned"), name="update_window_to_announce"),
            models.Index(
                fields=["starts_at", "ends_at"],
                condition=Q(is_by_clock=True, state__in=["planned", "announced", "under_way"]),
                name="update_window_by_clock",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return what people call it: U-000012."""
        return f"U-{self.pk:06}"

    @property
    def is_open(self) -> bool:
        """Tell whether it has not ended."""
        return self.state in OPEN


OPEN = (
    UpdateWindow.State.PLANNED, UpdateWindow.State.ANNOUNCED, UpdateWindow.State.UNDER_WAY,
    UpdateWindow.State.POSTPONED,
)  # fmt: skip


class UpdateRequestQuerySet(models.QuerySet["UpdateRequest"]):
    """Read requests for updates."""

    def visible_to(self, user: User) -> Self:
        """Narrow to what a user may see: a customer's people their organisation's, a partner their accounts'."""
        if user.is_customer:
            return self.filter(contract__customer__contacts__user=user).distinct()
        if user.role == "partner":
            return self.filter(contract__account_team__user=user).distinct()
        return self

    def under_way(self) -> Self:
        """Narrow to those that are neither done nor given up."""
        return self.filter(state__in=UNDER_WAY)


class UpdateRequest(models.Model):
    """A customer's wish to have one product updated, from asking to done. Source: K11"""

    class State(models.TextChoices):
        REQUESTED = "requested", pgettext_lazy("update", "已申请")
        AUDITING = "auditing", pgettext_lazy("update", "安全审计中")
        CLEARED = "cleared", pgettext_lazy("update", "审计通过，待排期")
        SCHEDULED = "scheduled", pgettext_lazy("update", "时间已定")
        UNDER_WAY = "under_way", pgettext_lazy("update", "更新中")
        DONE = "done", pgettext_lazy("update", "更新完成")
        DECLINED = "declined", pgettext_lazy("update", "未受理")
        WITHDRAWN = "withdrawn", pgettext_lazy("update", "已撤回")

    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), on_delete=models.PROTECT, related_name="update_requests"
    )
    item = models.ForeignKey(Item, verbose_name=_("服务项"), on_delete=models.PROTECT, related_name="+")
    # The code of the line of the item that governs it.
    policy = models.CharField(_("更新策略"), max_length=40)
    product = models.ForeignKey(
        Product, verbose_name=_("产品"), on_delete=models.PROTECT, related_name="update_requests"
    )
    deployment = models.CharField(_("部署方式"), max_length=24, choices=Deployment)
    tenant = models.CharField(_("租户"), max_length=64, blank=True)
    version = models.CharField(_("希望的版本"), max_length=40, blank=True)
    wish = models.TextField(_("说明"), blank=True)
    wanted_on = models.DateField(_("希望的日期"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.REQUESTED)
    requested_by = models.ForeignKey(
        Contact, verbose_name=_("申请人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(_("申请于"))
    findings = models.TextField(_("审计结论"), blank=True)
    starts_at = models.DateTimeField(_("开始"), null=True, blank=True)
    ends_at = models.DateTimeField(_("结束"), null=True, blank=True)
    timezone = models.CharField(_("时区"), max_length=40)
    short_notice_reason = models.CharField(_("放宽提前期的理由"), max_length=400, blank=True)
    sequence = models.PositiveIntegerField(_("通知版本"), default=0)
    reason = models.CharField(_("理由"), max_length=400, blank=True)
    done_version = models.CharField(_("更新到的版本"), max_length=40, blank=True)
    ended_at = models.DateTimeField(_("结束于"), null=True, blank=True)

    objects = UpdateRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "更新申请")
        verbose_name_plural = pgettext_lazy("many", "更新申请")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at=None, ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="update_request_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["scheduled", "under_way"]) | Q(starts_at__isnull=False),
                name="update_request_scheduled_has_a_time",
            ),
            models.CheckConstraint(condition=~Q(state="declined") | ~Q(reason=""), name="update_request_no_has_reason"),
            models.UniqueConstraint(
                fields=["contract", "product", "deployment", "tenant"],
                condition=Q(state__in=["requested", "auditing", "cleared", "scheduled", "under_way"]),
                name="update_request_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return what people call it: UR-2026-000012."""
        return f"UR-{self.requested_at.year}-{self.pk:06}"

    @property
    def is_ended(self) -> bool:
        """Tell whether nothing is left to be done."""
        return self.state not in UNDER_WAY


UNDER_WAY = (
    UpdateRequest.State.REQUESTED, UpdateRequest.State.AUDITING, UpdateRequest.State.CLEARED,
    UpdateRequest.State.SCHEDULED, UpdateRequest.State.UNDER_WAY,
)  # fmt: skip


class UpdateStep(models.Model):
    """One line of the journal of a window or a request; lines are added and never changed."""

    class Kind(models.TextChoices):
        LAID_OUT = "laid_out", _("按规则排定")
        ADDED = "added", _("人工排定")
        RULE_MOVED = "rule_moved", _("规则改变，随之调整")
        EDITED = "edited", pgettext_lazy("update step", "改写说明")
        LEFT = "left", _("自动步骤出错，交给人处理")
        ANNOUNCED = "announced", pgettext_lazy("update step", "通知客户")
        MOVED = "moved", pgettext_lazy("update step", "改期")
        POSTPONED = "postponed", pgettext_lazy("update step", "推迟")
        BEGUN = "begun", pgettext_lazy("update step", "开始")
        FINISHED = "finished", pgettext_lazy("update step", "完成")
        CANCELLED = "cancelled", pgettext_lazy("update step", "取消")
        REQUESTED = "requested", pgettext_lazy("update step", "提出申请")
        AUDITING = "auditing", pgettext_lazy("update step", "开始安全审计")
        CLEARED = "cleared", pgettext_lazy("update step", "审计通过")
        SCHEDULED = "scheduled", pgettext_lazy("update step", "约定时间")
        DECLINED = "declined", pgettext_lazy("update step", "不受理")
        WITHDRAWN = "withdrawn", pgettext_lazy("update step", "撤回申请")

    window = models.ForeignKey(
        UpdateWindow, verbose_name=_("更新窗口"), null=True, blank=True, on_delete=models.PROTECT, related_name="steps"
    )
    request = models.ForeignKey(
        UpdateRequest, verbose_name=_("更新申请"), null=True, blank=True, on_delete=models.PROTECT, related_name="steps"
    )
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    at = models.DateTimeField(_("时间"))
    actor = models.ForeignKey(
        User, verbose_name=_("行为人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_display = models.CharField(_("行为人姓名"), max_length=120, blank=True)
    reason = models.CharField(_("理由"), max_length=400, blank=True)
    # {"starts_at", "ends_at", "told"}: times and counts, as the line has them.
    fields = models.JSONField(_("内容"), default=dict, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "更新台账")
        verbose_name_plural = pgettext_lazy("many", "更新台账")
        constraints = [
            models.CheckConstraint(
                condition=Q(window__isnull=False, request=None) | Q(window=None, request__isnull=False),
                name="update_step_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class UpdatePackage(models.Model):
    """Something that customers with an installation of their own may have: a package, a patch, a licence."""

    class Kind(models.TextChoices):
        PACKAGE = "package", _("产品安装包")
        PATCH = "patch", _("标准补丁")
        LICENCE = "licence", _("最新版本许可")
        DOCUMENT = "document", _("更新文档")

    product = models.ForeignKey(
        Product, verbose_name=_("产品"), on_delete=models.PROTECT, related_name="update_packages"
    )
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=160, blank=True)
    version = models.CharField(_("版本"), max_length=40)
    size = models.PositiveBigIntegerField(_("大小（字节）"), null=True, blank=True)
    sha256 = models.CharField(_("SHA-256 校验码"), max_length=64, blank=True)
    link = models.URLField(_("下载地址"), max_length=400, blank=True)
    # Where there is no link: whom to ask, and for what.
    how = models.CharField(_("如何获取"), max_length=400, blank=True)
    how_en = models.CharField(_("如何获取（英文）"), max_length=600, blank=True)
    released_on = models.DateField(_("发布日期"))
    added_by = models.ForeignKey(User, verbose_name=_("登记人"), null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(_("登记于"))
    withdrawn_at = models.DateTimeField(_("下架于"), null=True, blank=True)
    withdrawn_reason = models.CharField(_("下架理由"), max_length=400, blank=True)

    class Meta:
        ordering = ["-released_on", "-pk"]
        verbose_name = pgettext_lazy("one", "更新包")
        verbose_name_plural = pgettext_lazy("many", "更新包")
        constraints = [
            models.CheckConstraint(condition=~Q(link="") | ~Q(how=""), name="update_package_can_be_had"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class PackageTaking(models.Model):
    """Who took a package, under which contract and when."""

    package = models.ForeignKey(
        UpdatePackage, verbose_name=_("更新包"), on_delete=models.PROTECT, related_name="takings"
    )
    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), on_delete=models.PROTECT, related_name="package_takings"
    )
    user = models.ForeignKey(User, verbose_name=_("用户"), null=True, on_delete=models.SET_NULL, related_name="+")
    user_display = models.CharField(_("用户姓名"), max_length=120)
    at = models.DateTimeField(_("时间"))

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "更新包领取")
        verbose_name_plural = pgettext_lazy("many", "更新包领取")

    def __str__(self) -> str:
        return f"{self.user_display} {self.at:%Y-%m-%d}"


class UpdateFeed(models.Model):
    """A secret address under which somebody subscribes to the updates that concern them; a new one revokes the old."""

    user = models.OneToOneField(User, verbose_name=_("用户"), on_delete=models.CASCADE, related_name="update_feed")
    # SHA-256 of the secret; the secret itself is shown once.
    hash = models.CharField(_("散列"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("创建于"))
    last_used_at = models.DateTimeField(_("最近使用"), null=True, blank=True)

    class Meta:
        ordering = ["user"]
        verbose_name = pgettext_lazy("one", "更新日历订阅")
        verbose_name_plural = pgettext_lazy("many", "更新日历订阅")

    def __str__(self) -> str:
        return str(self.user)
