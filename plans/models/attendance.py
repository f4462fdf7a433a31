"""Who takes part in an engagement, and what is said after it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.engagements import Engagement
from plans.models.people import Contact, Language, User


class Attendee(models.Model):
    """Somebody on the customer's side who takes part: a contact, or anybody by name and e-mail."""

    class State(models.TextChoices):
        INVITED = "invited", pgettext_lazy("attendee", "已邀请")
        ENROLLED = "enrolled", pgettext_lazy("attendee", "参加")
        DECLINED = "declined", pgettext_lazy("attendee", "不参加")
        ATTENDED = "attended", pgettext_lazy("attendee", "已到场")
        ABSENT = "absent", pgettext_lazy("attendee", "未到场")

    engagement = models.ForeignKey(
        Engagement, verbose_name=_("服务交付"), on_delete=models.CASCADE, related_name="attendees"
    )
    contact = models.ForeignKey(
        Contact, verbose_name=_("联系人"), null=True, blank=True, on_delete=models.PROTECT, related_name="attendances"
    )
    name = models.CharField(_("姓名"), max_length=80)
    name_en = models.CharField(_("英文姓名"), max_length=80, blank=True)
    email = models.EmailField(_("邮箱"), blank=True)
    language = models.CharField(_("语言"), max_length=8, choices=Language, default=Language.CHINESE)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.ENROLLED)
    # The key of the ledger entry that holds this person's place; blank where places are not counted. Source: K15, K16
    reserved_key = models.CharField(_("预留"), max_length=120, blank=True)
    has_passed = models.BooleanField(_("考试通过"), null=True, blank=True)
    score = models.CharField(_("成绩"), max_length=20, blank=True)
    certificate = models.CharField(_("证书编号"), max_length=60, blank=True)
    rating = models.PositiveSmallIntegerField(_("评分"), null=True, blank=True)
    comment = models.CharField(_("反馈"), max_length=1000, blank=True)
    feedback_at = models.DateTimeField(_("反馈于"), null=True, blank=True)

    class Meta:
        ordering = ["engagement", "pk"]
        verbose_name = pgettext_lazy("one", "参加人")
        verbose_name_plural = pgettext_lazy("many", "参加人")
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "contact"], condition=Q(contact__isnull=False), name="attendee_once"
            ),
            models.UniqueConstraint("engagement", Lower("email"), condition=~Q(email=""), name="attendee_email_once"),
            models.CheckConstraint(condition=Q(rating=None) | Q(rating__range=(1, 5)), name="attendee_rates_1_to_5"),
        ]

    def __str__(self) -> str:
        return self.name


class EngagementPost(models.Model):
    """One message of the thread beside an engagement, such as with the lecturer after a training. Source: Y10."""

    engagement = models.ForeignKey(
        Engagement, verbose_name=_("服务交付"), on_delete=models.CASCADE, related_name="posts"
    )
    author = models.ForeignKey(User, verbose_name=_("作者"), null=True, on_delete=models.SET_NULL, related_name="+")
    author_display = models.CharField(_("作者姓名"), max_length=120)
    is_theirs = models.BooleanField(_("客户方"))
    body = models.TextField(_("内容"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        ordering = ["engagement", "pk"]
        verbose_name = pgettext_lazy("one", "交付留言")
        verbose_name_plural = pgettext_lazy("many", "交付留言")

    def __str__(self) -> str:
        return f"{self.author_display} {self.at:%Y-%m-%d}"
