"""The entitlement ledger: bounded amounts over a window, and what was done with each, entry by entry."""

from datetime import date, datetime
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.catalogue import Item
from plans.models.contracts import Contract, Entitlement
from plans.models.people import User

ZERO = Decimal(0)


class QuotaQuerySet(models.QuerySet["Quota"]):
    """Read quotas."""

    def holding(self, on: date) -> Self:
        """Narrow to windows that hold a local date; both end dates belong to them."""
        return self.filter(starts_on__lte=on, ends_on__gte=on)

    def due(self, at: datetime) -> Self:
        """Narrow to those of which somebody is to be warned, or which have lapsed, oldest first."""
        return self.filter(next_step_at__lte=at).order_by("next_step_at", "contract", "ends_on", "pk")


class Quota(models.Model):
    """One bounded amount of an entitlement over one window: a contract's year, or its term."""

    contract = models.ForeignKey(Contract, verbose_name=_("合同"), on_delete=models.PROTECT, related_name="quotas")
    # None once a change of plan has taken the right away; what was used of it stays on the books.
    entitlement = models.ForeignKey(
        Entitlement, verbose_name=_("权益"), null=True, on_delete=models.SET_NULL, related_name="quotas"
    )
    item = models.ForeignKey(Item, verbose_name=_("服务项"), on_delete=models.PROTECT, related_name="quotas")
    # Of vocabulary.UNITS.
    unit = models.CharField(_("单位"), max_length=20)
    # Of vocabulary.PERIODS, and which of the contract's years from 1; the term is number 1.
    period = models.CharField(_("周期"), max_length=8)
    number = models.PositiveSmallIntegerField(_("第几期"), default=1)
    # What plan and contract promise for this window, as they were laid out last; further grants come beside it.
    amount = models.DecimalField(_("约定数量"), max_digits=10, decimal_places=2, default=ZERO)
    starts_on = models.DateField(_("可用自"))
    ends_on = models.DateField(_("可用至"), help_text=_("含当日。"))
    # When somebody is warned next, or what is left lapses; None when nothing more comes.
    next_step_at = models.DateTimeField(_("下一步于"), null=True, blank=True)
    lapsed_at = models.DateTimeField(_("到期作废于"), null=True, blank=True)

    objects = QuotaQuerySet.as_manager()

    class Meta:
        ordering = ["contract", "item", "unit", "number"]
        verbose_name = pgettext_lazy("one", "额度")
        verbose_name_plural = pgettext_lazy("many", "额度")
        constraints = [
            models.UniqueConstraint(fields=["entitlement", "unit", "number"], name="quota_window_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="quota_window_runs_on"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="quota_promises_no_less_than_nothing"),
        ]
        indexes = [
            models.Index(
                fields=["next_step_at", "id"], condition=Q(next_step_at__isnull=False), name="quota_next_step"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.starts_on:%Y-%m-%d}"


class QuotaEntry(models.Model):
    """One line of the ledger: never changed, never deleted. Mistakes are put right by a further line.

    Says by how much each of the four sums changes; what is left is granted less reserved, used and expired.
    """

    class Kind(models.TextChoices):
        GRANT = "grant", _("授予")
        RESERVE = "reserve", _("预留")
        CONSUME = "consume", _("扣减")
        RELEASE = "release", _("释放")
        EXPIRE = "expire", _("到期作废")
        CORRECT = "correct", _("更正")

    quota = models.ForeignKey(Quota, verbose_name=_("额度"), on_delete=models.PROTECT, related_name="entries")
    position = models.PositiveIntegerField(_("序号"))
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    granted = models.DecimalField(_("授予"), max_digits=10, decimal_places=2, default=ZERO)
    reserved = models.DecimalField(_("预留"), max_digits=10, decimal_places=2, default=ZERO)
    used = models.DecimalField(_("已用"), max_digits=10, decimal_places=2, default=ZERO)
    expired = models.DecimalField(_("作废"), max_digits=10, decimal_places=2, default=ZERO)
    # What is left after this line.
    left = models.DecimalField(_("剩余"), max_digits=10, decimal_places=2)
    # The local date of use.
    on = models.DateField(_("使用日期"), null=True, blank=True)
    at = models.DateTimeField(_("时间"))
    actor = models.ForeignKey(
        User, verbose_name=_("操作人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_display = models.CharField(_("行为人"), max_length=120, blank=True)
    cause = models.CharField(_("缘由"), max_length=400)
    cause_en = models.CharField(_("缘由英文"), max_length=400, blank=True)
    # What asks twice with one key is booked once.
    key = models.CharField(_("标识"), max_length=200, unique=True)
    # The reservation that a consumption or a release ends, or the line that a correction puts right.
    of = models.ForeignKey(
        "self",
        verbose_name=_("所针对的分录"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="followed_by",
    )

    class Meta:
        ordering = ["quota", "position"]
        verbose_name = pgettext_lazy("one", "额度分录")
        verbose_name_plural = pgettext_lazy("many", "额度分录")
        constraints = [
            models.UniqueConstraint(fields=["quota", "position"], name="quota_entry_position_once"),
            models.UniqueConstraint(
                fields=["of"], condition=Q(kind__in=["consume", "release"]), name="quota_reservation_ends_once"
            ),
            models.CheckConstraint(condition=Q(left__gte=0), name="quota_never_below_zero"),
            models.CheckConstraint(
                condition=Q(kind="grant", granted__gt=0, reserved=0, used=0, expired=0)
                | Q(kind="reserve", granted=0, reserved__gt=0, used=0, expired=0)
                | Q(kind="consume", granted=0, reserved__lte=0, used__gt=0, expired=0)
                | Q(kind="release", granted=0, reserved__lt=0, used=0, expired=0)
                | Q(kind="expire", granted=0, reserved=0, used=0, expired__gt=0)
                | (Q(kind="correct", reserved=0) & ~Q(cause="")),
                name="quota_entry_changes_what_its_kind_says",
            ),
        ]
        indexes = [models.Index(fields=["quota", "at"], name="quota_entry_by_time")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"

    @property
    def change(self) -> Decimal:
        """Return by how much what is left changes."""
        return self.granted - self.reserved - self.used - self.expired

    @property
    def amount(self) -> Decimal:
        """Return how much this line is about, never negative."""
        said = {
            self.Kind.GRANT: self.granted,
            self.Kind.RESERVE: self.reserved,
            self.Kind.CONSUME: self.used,
            self.Kind.RELEASE: self.reserved,
            self.Kind.EXPIRE: self.expired,
        }
        return abs(said.get(self.Kind(self.kind), self.change))


class PublishedAmount(models.Model):
    """How many there are of something that a plan leaves to be published, from then on. Source: K15, K16"""

    item = models.ForeignKey(Item, verbose_name=_("服务项"), on_delete=models.PROTECT, related_name="published_amounts")
    unit = models.CharField(_("单位"), max_length=20)
    amount = models.DecimalField(_("数量"), max_digits=10, decimal_places=2)
    # Where it was published, in the words of whoever entered it.
    notice = models.CharField(_("发布依据"), max_length=400)
    actor = models.ForeignKey(
        User, verbose_name=_("操作人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_display = models.CharField(_("行为人"), max_length=120, blank=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = pgettext_lazy("one", "发布的数量")
        verbose_name_plural = pgettext_lazy("many", "发布的数量")
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="published_amount_not_negative")]

    def __str__(self) -> str:
        return f"{self.item} {self.amount}"
