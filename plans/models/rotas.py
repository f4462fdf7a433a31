"""Who is on call when."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.people import Team, User


class Turns(models.Model):
    """How people take turns: when the first one begins, at which wall time they change, and for whom."""

    team = models.ForeignKey(
        Team, verbose_name=_("团队"), null=True, blank=True, on_delete=models.SET_NULL, related_name="%(class)ss"
    )
    timezone = models.CharField(_("时区"), max_length=40, default="Asia/Shanghai")
    # The first turn begins on this local date, and every turn at this wall time.
    starts_on = models.DateField(_("首班日期"))
    hands_over_at = models.TimeField(_("交班时刻"))
    days_each = models.PositiveSmallIntegerField(_("每班天数"), default=7)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        abstract = True


class Rota(Turns):
    """People who take turns at being on call for a team, or for everyone where no team is named."""

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    # Nobody was on call by it before; None where that is not known.
    since = models.DateTimeField(_("自"), null=True, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = pgettext_lazy("one", "值班表")
        verbose_name_plural = pgettext_lazy("many", "值班表")
        constraints = [
            models.CheckConstraint(condition=models.Q(days_each__gt=0), name="rota_turn_is_a_day_at_least"),
        ]

    def __str__(self) -> str:
        return self.name


class FormerRota(Turns):
    """How a rota stood until it was changed: who was on call on a past day is told by it, and never changes."""

    rota = models.ForeignKey(Rota, verbose_name=_("值班表"), on_delete=models.CASCADE, related_name="former")
    until = models.DateTimeField(_("至"))
    # [[user's key, whether they worked here then], …] in the order of their turns.
    order = models.JSONField(_("次序"), default=list)
    changed_by = models.CharField(_("修改人"), max_length=120, blank=True)

    class Meta:
        ordering = ["rota", "until", "pk"]
        verbose_name = pgettext_lazy("one", "原值班表")
        verbose_name_plural = pgettext_lazy("many", "原值班表")

    def __str__(self) -> str:
        return f"{self.rota} – {self.until:%Y-%m-%d %H:%M}"


class RotaMember(models.Model):
    """One of those who take turns, and their place among them."""

    rota = models.ForeignKey(Rota, verbose_name=_("值班表"), on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, verbose_name=_("值班人"), on_delete=models.CASCADE, related_name="rotas")
    place = models.PositiveSmallIntegerField(_("次序"))

    class Meta:
        ordering = ["rota", "place"]
        verbose_name = pgettext_lazy("one", "值班成员")
        verbose_name_plural = pgettext_lazy("many", "值班成员")
        constraints = [models.UniqueConstraint(fields=["rota", "place"], name="rota_place_once")]

    def __str__(self) -> str:
        return f"{self.place} {self.user}"


class RotaShift(models.Model):
    """A swap: in [start, end) this person is on call instead of whose turn it is."""

    rota = models.ForeignKey(Rota, verbose_name=_("值班表"), on_delete=models.CASCADE, related_name="shifts")
    user = models.ForeignKey(User, verbose_name=_("值班人"), on_delete=models.CASCADE, related_name="+")
    start = models.DateTimeField(_("自"))
    end = models.DateTimeField(_("至"))
    note = models.CharField(_("备注"), max_length=200, blank=True)

    class Meta:
        ordering = ["rota", "start"]
        verbose_name = pgettext_lazy("one", "换班")
        verbose_name_plural = pgettext_lazy("many", "换班")
        constraints = [
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="rota_shift_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.start:%Y-%m-%d %H:%M}"
