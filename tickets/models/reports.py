"""Service reports: asked for, made, read by us, delivered to the customer, and kept as they were."""

from datetime import datetime
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import Contract, Entitlement, Obligation, Role, User
from plans.models.people import Language


class ServiceReportQuerySet(models.QuerySet["ServiceReport"]):
    """Read service reports."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Narrow to what a user may see: a customer what was delivered to them, a partner their accounts', we all."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.is_customer:
            theirs = self.filter(contract__customer__contacts__user=user, contract__customer__contacts__is_active=True)
            return theirs.filter(contract__customer__is_active=True).delivered()
        if user.role == Role.PARTNER:
            return self.filter(contract__account_team__user=user).distinct()
        return self

    def delivered(self) -> Self:
        """Narrow to what was handed to the customer and not taken back."""
        return self.filter(state=ServiceReport.State.DELIVERED)

    def last_versions(self) -> Self:
        """Narrow to the last version of each."""
        return self.filter(superseded_by=None)

    def to_be_made(self, at: datetime) -> Self:
        """Narrow to those that a worker is to make, oldest first; one that was begun and given up among them."""
        state = ServiceReport.State
        return self.filter(state__in=(state.QUEUED, state.MAKING), retry_at__lte=at).order_by("retry_at", "pk")


class ServiceReport(models.Model):
    """One version of one report about one contract and period. Source: Y15, K10, K13"""

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("report", "排队中")
        MAKING = "making", pgettext_lazy("report", "生成中")
        READY = "ready", pgettext_lazy("report", "草稿")
        FAILED = "failed", pgettext_lazy("report", "生成失败")
        DELIVERED = "delivered", pgettext_lazy("report", "已交付")
        WITHDRAWN = "withdrawn", pgettext_lazy("report", "已撤回")

    # What people call it, R-2026-000012: all versions share it.
    code = models.CharField(_("报告编号"), max_length=20, blank=True)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    supersedes = models.OneToOneField(
        "self", verbose_name=_("替代"), null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    contract = models.ForeignKey(Contract, verbose_name=_("合同"), on_delete=models.PROTECT, related_name="reports")
    # Of fixtures/reports/kinds.yaml, or the vendor's own.
    kind = models.CharField(_("类别"), max_length=40)
    # The right that it is delivered under; None for one that nothing promises, or whose right a new plan took away.
    entitlement = models.ForeignKey(
        Entitlement, verbose_name=_("权益"), null=True, blank=True, on_delete=models.SET_NULL, related_name="reports"
    )
    # What it meets when it is delivered, where it was made for that.
    obligation = models.ForeignKey(
        Obligation, verbose_name=_("应交服务"), null=True, blank=True, on_delete=models.SET_NULL, related_name="reports"
    )
    starts_on = models.DateField(_("期间自"))
    ends_on = models.DateField(_("期间至"), help_text=_("含当日。"))
    language = models.CharField(_("语言"), max_length=8, choices=Language, default=Language.CHINESE)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.QUEUED)
    # What it says, as tickets.reports.shape has it; null until it is made.
    content = models.JSONField(_("内容"), null=True, blank=True)
    # What our people say to the customer before the figures.
    words = models.TextField(_("致客户"), blank=True)
    # The file's digest, by which its bytes are kept; blank until it is printed.
    pdf = models.CharField(_("PDF 校验码"), max_length=64, blank=True)
    pdf_size = models.PositiveIntegerField(_("PDF 大小"), default=0)
    requested_by = models.ForeignKey(
        User, verbose_name=_("申请人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(_("申请于"))
    made_at = models.DateTimeField(_("生成于"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    retry_at = models.DateTimeField(_("下次尝试"))
    error = models.CharField(_("错误"), max_length=400, blank=True)
    delivered_at = models.DateTimeField(_("交付于"), null=True, blank=True)
    delivered_by = models.ForeignKey(
        User, verbose_name=_("交付人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("撤回于"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, verbose_name=_("撤回人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Why it was taken back, as the customer may read it.
    reason = models.CharField(_("理由"), max_length=400, blank=True)

    objects = ServiceReportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "服务报告")
        verbose_name_plural = pgettext_lazy("many", "服务报告")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], condition=~Q(code=""), name="report_version_once"),
            # Two who ask for the same at once get one.
            models.UniqueConstraint(
                fields=["contract", "kind", "starts_on", "ends_on", "language"],
                condition=Q(state__in=["queued", "making"]),
                name="report_made_once",
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="report_period_runs_on"),
            models.CheckConstraint(
                condition=~Q(state__in=["ready", "delivered"]) | Q(content__isnull=False, made_at__isnull=False),
                name="report_ready_says_something",
            ),
            models.CheckConstraint(
                condition=~Q(state="delivered") | Q(delivered_at__isnull=False), name="report_delivered_has_an_instant"
            ),
            models.CheckConstraint(condition=~Q(state="withdrawn") | ~Q(reason=""), name="report_withdrawn_has_reason"),
        ]
        indexes = [
            models.Index(
                fields=["retry_at", "id"], condition=Q(state__in=["queued", "making"]), name="report_to_be_made"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    @property
    def file_name(self) -> str:
        """Return what its file is called."""
        return f"{self.code}-v{self.version}.pdf" if self.version > 1 else f"{self.code}.pdf"
