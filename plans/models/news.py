"""News about a contract for somebody, on its way to them: who is told of what, once."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.contracts import Contract


class AccountNoticeQuerySet(models.QuerySet["AccountNotice"]):
    """Read news about contracts."""

    def pending(self, at: datetime) -> Self:
        """Narrow to those not told yet whose time has come, oldest first."""
        return self.filter(finished_at=None, not_before__lte=at).order_by("not_before", "pk")


class AccountNotice(models.Model):
    """Something about a contract that somebody has to hear; whoever writes letters turns it into them."""

    contract = models.ForeignKey(Contract, verbose_name=_("合同"), on_delete=models.CASCADE, related_name="notices")
    # Which letter tells it: "quota_lapsing", "term_ending", "engagement_agreed", …
    kind = models.CharField(_("类别"), max_length=40)
    # What the letter says besides, as its kind needs it.
    about = models.JSONField(_("内容"), default=dict, blank=True)
    # Who is told: success_manager, technical_manager, account_team, partner, team_lead, customer_admins,
    # contact:<key>, user:<key>.
    to = models.JSONField(_("收件人"))
    # Told once for each key.
    key = models.CharField(_("标识"), max_length=200, unique=True)
    at = models.DateTimeField(_("时间"))
    not_before = models.DateTimeField(_("不早于"))
    finished_at = models.DateTimeField(_("完成于"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    error = models.CharField(_("错误"), max_length=400, blank=True)

    objects = AccountNoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "客户通知")
        verbose_name_plural = pgettext_lazy("many", "客户通知")
        indexes = [
            models.Index(
                fields=["not_before", "id"], condition=models.Q(finished_at=None), name="account_notice_pending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
