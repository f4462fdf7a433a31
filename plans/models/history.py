"""What a contract said, change by change: nothing here is ever written over."""

from datetime import date
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.contracts import Contract
from plans.models.people import User


class ContractChangeQuerySet(models.QuerySet["ContractChange"]):
    """Read a contract's history."""

    def until(self, on: date) -> Self:
        """Narrow to what was known by the close of a local date of the contract, in the order in which it came."""
        return self.filter(models.Q(number=1) | models.Q(on__lte=on)).order_by("number")


class ContractChange(models.Model):
    """One change of a contract: who, when, why, and each thing before and after."""

    class Kind(models.TextChoices):
        SIGNED = "signed", pgettext_lazy("change", "签约")
        RENEWED = "renewed", pgettext_lazy("change", "续签")
        TERM = "term", _("服务期与机构")
        PLAN = "plan", _("更换成功计划")
        PRODUCTS = "products", _("所购产品")
        SEATS = "seats", _("客户团队")
        SWITCH = "switch", _("合同选项")
        OVERRIDE = "override", _("合同约定")
        WITHDRAWN = "withdrawn", _("撤销约定")
        BEGUN = "begun", _("约定开始生效")
        LAPSED = "lapsed", _("约定到期")
        IMPORTED = "imported", _("批量导入")
        # Noticed beside what was done through an action.
        FOUND = "found", _("系统外的改动")

    contract = models.ForeignKey(Contract, verbose_name=_("合同"), on_delete=models.CASCADE, related_name="changes")
    number = models.PositiveIntegerField(_("序号"))
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    # {path: [before, after]}, null where there was nothing; see plans.history.states for the paths.
    changed = models.JSONField(_("改动"))
    reason = models.CharField(_("理由"), max_length=400, blank=True)
    actor = models.ForeignKey(
        User, verbose_name=_("决定人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_display = models.CharField(_("行为人"), max_length=120, blank=True)
    at = models.DateTimeField(_("时间"))
    # The local date of `at` in the contract's zone.
    on = models.DateField(_("日期"))

    objects = ContractChangeQuerySet.as_manager()

    class Meta:
        ordering = ["contract", "number"]
        verbose_name = pgettext_lazy("one", "合同变更记录")
        verbose_name_plural = pgettext_lazy("many", "合同变更记录")
        constraints = [models.UniqueConstraint(fields=["contract", "number"], name="contract_change_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on}"


class TermsChange(models.Model):
    """That something changed which coverage asks of a customer's contracts: written by the database's own triggers.

    How many there are and which is the last tells whether what a process has read still holds.
    """

    # No foreign key: a row outlives what it is about, and costs no look-up when it is written.
    customer = models.BigIntegerField(_("客户标识"))

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "合同条件变更")
        verbose_name_plural = pgettext_lazy("many", "合同条件变更")
        indexes = [models.Index(fields=["customer", "id"], name="terms_change_by_customer")]

    def __str__(self) -> str:
        return f"#{self.pk}"
