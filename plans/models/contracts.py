"""Contracts: a customer, a plan and a term, with what was agreed beside the plan's own words."""

from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.catalogue import Item, Plan, Product
from plans.models.people import Branch, Customer, Team, User


class Deployment(models.TextChoices):
    """Where a product runs."""

    PUBLIC_CLOUD = "public_cloud", _("公有云")
    PRIVATE_CLOUD = "private_cloud", _("私有云")
    PRIVATE_SUBSCRIPTION = "private_subscription", _("私有云订阅")


class Tenancy(models.TextChoices):
    """Whether tenants share one installation of a product. Source: K11"""

    MULTI = "multi", _("多租户")
    SINGLE = "single", _("单租户")


class Pace(models.TextChoices):
    """Which of a vendor's two paces of updates a product follows. Source: K11"""

    AGILE = "agile", _("敏态")
    STABLE = "stable", _("稳态")


class ContractQuerySet(models.QuerySet["Contract"]):
    """Read contracts."""

    def in_force(self, on: date) -> Self:
        """Narrow to contracts whose term holds the local date `on`."""
        return self.filter(models.Q(ended_on=None) | models.Q(ended_on__gte=on), starts_on__lte=on, ends_on__gte=on)


class Contract(models.Model):
    """What a customer bought: a plan over a term, both dates included."""

    number = models.CharField(_("合同号"), max_length=40, unique=True)
    customer = models.ForeignKey(Customer, verbose_name=_("客户"), on_delete=models.PROTECT, related_name="contracts")
    plan = models.ForeignKey(Plan, verbose_name=_("成功计划"), on_delete=models.PROTECT, related_name="contracts")
    starts_on = models.DateField(_("服务期自"))
    ends_on = models.DateField(_("服务期至"), help_text=_("含当日。"))
    # Ended before its term.
    ended_on = models.DateField(_("提前终止于"), null=True, blank=True, help_text=_("服务期内终止时填写。"))
    timezone = models.CharField(
        _("时区"), max_length=40, default="Asia/Shanghai", help_text=_("服务期的起止按此时区的日期算。")
    )
    branch = models.ForeignKey(
        Branch, verbose_name=_("服务机构"), null=True, blank=True, on_delete=models.SET_NULL, related_name="contracts"
    )
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), null=True, blank=True, on_delete=models.SET_NULL, related_name="contracts"
    )
    signed_at = models.DateTimeField(_("签约于"), db_default=Now())
    # The contract that this one follows on.
    renews = models.OneToOneField(
        "self", verbose_name=_("续签自"), null=True, blank=True, on_delete=models.SET_NULL, related_name="renewal"
    )

    objects = ContractQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        verbose_name = pgettext_lazy("one", "合同")
        verbose_name_plural = pgettext_lazy("many", "合同")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="contract_term_runs_on"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OwnedProduct(models.Model):
    """A product under a contract, with how it runs."""

    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), on_delete=models.CASCADE, related_name="owned_products"
    )
    product = models.ForeignKey(Product, verbose_name=_("产品"), on_delete=models.PROTECT, related_name="owned")
    deployment = models.CharField(_("部署方式"), max_length=24, choices=Deployment, default=Deployment.PUBLIC_CLOUD)
    tenant = models.CharField(_("租户"), max_length=64, blank=True)
    version = models.CharField(_("版本"), max_length=40, blank=True)
    quantity = models.PositiveIntegerField(_("数量"), default=1)
    # How it runs, as far as updates depend on it; blank or null where nobody wrote it down. Source: K11
    tenancy = models.CharField(_("租户形态"), max_length=8, choices=Tenancy, blank=True)
    pace = models.CharField(_("更新节奏"), max_length=8, choices=Pace, blank=True)
    is_customised = models.BooleanField(_("有二次开发"), null=True, blank=True)

    class Meta:
        ordering = ["contract", "product"]
        verbose_name = pgettext_lazy("one", "已购产品")
        verbose_name_plural = pgettext_lazy("many", "已购产品")
        constraints = [
            models.UniqueConstraint(fields=["contract", "product", "deployment", "tenant"], name="owned_product_once"),
        ]

    def __str__(self) -> str:
        return str(self.product)


class AccountTeamMember(models.Model):
    """Who stands for a customer on our side under one contract. Source: Y22, K10."""

    class Seat(models.TextChoices):
        SUCCESS_MANAGER = "success_manager", _("客户成功经理")
        TECHNICAL_MANAGER = "technical_manager", _("专属技术经理")
        PARTNER = "partner", _("伙伴")
        MEMBER = "member", _("成员")

    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), on_delete=models.CASCADE, related_name="account_team"
    )
    user = models.ForeignKey(User, verbose_name=_("用户"), on_delete=models.PROTECT, related_name="accounts")
    seat = models.CharField(_("席位"), max_length=20, choices=Seat)

    class Meta:
        ordering = ["contract", "seat", "user"]
        verbose_name = pgettext_lazy("one", "客户团队成员")
        verbose_name_plural = pgettext_lazy("many", "客户团队成员")
        constraints = [
            models.UniqueConstraint(fields=["contract", "user", "seat"], name="account_seat_once"),
            models.UniqueConstraint(
                fields=["contract", "seat"],
                condition=models.Q(seat__in=["success_manager", "technical_manager"]),
                name="account_one_manager_a_seat",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_seat_display()} {self.user}"


class Entitlement(models.Model):
    """An item that a contract may use, with the policy that times it for this customer."""

    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), on_delete=models.CASCADE, related_name="entitlements"
    )
    item = models.ForeignKey(Item, verbose_name=_("服务项"), on_delete=models.PROTECT, related_name="entitlements")
    # A policy's code: the item's own, or the contract's after an override. Blank where nothing is timed.
    policy = models.CharField(_("服务响应标准"), max_length=120, blank=True)

    class Meta:
        ordering = ["contract", "item"]
        verbose_name = pgettext_lazy("one", "权益")
        verbose_name_plural = pgettext_lazy("many", "权益")
        constraints = [models.UniqueConstraint(fields=["contract", "item"], name="entitlement_once")]

    def __str__(self) -> str:
        return str(self.item)


class OverrideQuerySet(models.QuerySet["Override"]):
    """Read what was agreed beside the plans' own words."""

    def in_force(self) -> Self:
        """Narrow to what holds now, in the order in which it was agreed."""
        return self.filter(state=Override.State.IN_FORCE).order_by("at", "pk")


class Override(models.Model):
    """A target, calendar or quota that this customer has instead of the plan's, with who and why. Source: Y07, Y20."""

    class Kind(models.TextChoices):
        TARGET = "target", _("时限")
        CALENDAR = "calendar", _("服务时间")
        QUOTA = "quota", _("次数")
        WITHDRAWN = "withdrawn", _("撤销约定")

    class State(models.TextChoices):
        AHEAD = "ahead", _("尚未开始")
        IN_FORCE = "in_force", _("生效中")
        LAPSED = "lapsed", _("已到期")
        WITHDRAWN = "withdrawn", _("已撤销")
        # Its day came and it could not be kept any more; `error` says why.
        FAILED = "failed", _("未能生效")

    entitlement = models.ForeignKey(
        Entitlement, verbose_name=_("权益"), on_delete=models.CASCADE, related_name="overrides"
    )
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    # {"metric", "amount", "unit", "rule", "calendar", "met_on"} or {"calendar"} or {"amount"}, or {"metric"} withdrawn
    value = models.JSONField(_("约定内容"))
    reason = models.CharField(_("理由"), max_length=400)
    actor = models.ForeignKey(User, verbose_name=_("决定人"), null=True, on_delete=models.SET_NULL, related_name="+")
    actor_display = models.CharField(_("行为人"), max_length=120)
    at = models.DateTimeField(_("时间"))
    # Both dates belong to it, by the contract's zone. None: from the day it was agreed, and without end.
    starts_on = models.DateField(_("自"), null=True, blank=True)
    ends_on = models.DateField(_("至"), null=True, blank=True, help_text=_("含当日。"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.IN_FORCE)
    error = models.CharField(_("错误"), max_length=400, blank=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["entitlement", "at"]
        verbose_name = pgettext_lazy("one", "合同约定")
        verbose_name_plural = pgettext_lazy("many", "合同约定")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on=None)
                | models.Q(starts_on=None)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="override_runs_on",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_on"], condition=models.Q(state="ahead"), name="override_ahead"),
            models.Index(
                fields=["ends_on"], condition=models.Q(state="in_force", ends_on__isnull=False), name="override_ending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"

    @property
    def is_agreed(self) -> bool:
        """Tell whether it holds now or will."""
        return self.kind != self.Kind.WITHDRAWN and self.state in (self.State.AHEAD, self.State.IN_FORCE)


class AmendmentQuerySet(models.QuerySet["Amendment"]):
    """Read amendments."""

    def pending(self, at: datetime) -> Self:
        """Narrow to those that have not reached every open ticket yet and may be gone on with, oldest first."""
        return self.filter(finished_at=None, retry_at__lte=at).order_by("pk")


class Amendment(models.Model):
    """A change of what a contract promises, on its way to what is open under it: news for whoever works there."""

    class Kind(models.TextChoices):
        OVERRIDE = "override", _("合同约定")
        WITHDRAWN = "withdrawn", _("撤销约定")
        SWITCH = "switch", _("合同选项")
        PLAN = "plan", _("更换成功计划")
        TERM = "term", _("服务期与机构")
        PRODUCTS = "products", _("所购产品")

    contract = models.ForeignKey(Contract, verbose_name=_("合同"), on_delete=models.CASCADE, related_name="amendments")
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    # {"plan": {"from", "to", and each with _name and _name_en}}, where a name says more than the kind.
    changed = models.JSONField(_("改动"), default=dict, blank=True)
    reason = models.CharField(_("理由"), max_length=400, blank=True)
    actor = models.ForeignKey(
        User, verbose_name=_("决定人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("时间"))
    # Everything up to this key has been seen.
    cursor = models.BigIntegerField(_("进行到"), default=0)
    finished_at = models.DateTimeField(_("完成于"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    retry_at = models.DateTimeField(_("下次尝试"))
    error = models.CharField(_("错误"), max_length=400, blank=True)

    objects = AmendmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "合同变更")
        verbose_name_plural = pgettext_lazy("many", "合同变更")
        indexes = [
            models.Index(fields=["retry_at", "id"], condition=models.Q(finished_at=None), name="amendment_pending"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"


class Switch(models.Model):
    """An answer to something the source leaves open, for one contract: who decided, when and why."""

    class Name(models.TextChoices):
        HOTLINE_CALENDAR = "hotline_calendar", _("人工热线服务时间（K09）")
        SERVED_BY_BRANCH = "served_by_branch", _("由属地分公司受理（Y19）")
        SIGN_OFF_CALENDAR = "sign_off_calendar", _("签字确认按谁的工作日（K06、K12）")

    contract = models.ForeignKey(Contract, verbose_name=_("合同"), on_delete=models.CASCADE, related_name="switches")
    name = models.CharField(_("选项"), max_length=24, choices=Name)
    value = models.CharField(_("取值"), max_length=64, help_text=_("服务时间代码；由谁受理则填 branch 或 hq。"))
    reason = models.CharField(_("理由"), max_length=400)
    decided_by = models.ForeignKey(
        User, verbose_name=_("决定人"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(_("决定于"))

    class Meta:
        ordering = ["contract", "name"]
        verbose_name = pgettext_lazy("one", "合同选项")
        verbose_name_plural = pgettext_lazy("many", "合同选项")
        constraints = [models.UniqueConstraint(fields=["contract", "name"], name="switch_once")]

    def __str__(self) -> str:
        return f"{self.get_name_display()} {self.value}"
