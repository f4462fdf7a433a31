"""What is not kept for ever: what each night removed, and which people were forgotten at their own wish."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import Contact, User


class Clearing(models.Model):
    """One night's removal of what has been kept for long enough: how much of each kind."""

    begun_at = models.DateTimeField(_("开始于"))
    finished_at = models.DateTimeField(_("完成于"), null=True, blank=True)
    # {"raw": 120, "letters": 800}: what was nothing is left out.
    removed = models.JSONField(_("已清理"), default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "到期清理")
        verbose_name_plural = pgettext_lazy("many", "到期清理")
        constraints = [
            # Two workers that see the night begin at once begin it once.
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(finished_at=None), name="clearing_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.begun_at:%Y-%m-%d}"


class Forgetting(models.Model):
    """That a person was forgotten: at whose hand, why, and where something stood. It names nobody."""

    contact = models.OneToOneField(
        Contact, verbose_name=_("联系人"), on_delete=models.PROTECT, related_name="forgetting"
    )
    reason = models.CharField(_("理由"), max_length=400, help_text=_("不要写这个人的姓名或联系方式。"))
    by = models.ForeignKey(User, verbose_name=_("操作人"), null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(_("时间"))
    # {"tickets": 3, "letters": 12}: how many rows of each kind named them.
    counts = models.JSONField(_("涉及的记录"), default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "抹除个人信息")
        verbose_name_plural = pgettext_lazy("many", "抹除个人信息")

    def __str__(self) -> str:
        return f"{self.contact} {self.at:%Y-%m-%d}"
