"""What goes out to forums that posts stand in. Source: Y04"""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.models.board import Comment


class PostBackQuerySet(models.QuerySet["PostBack"]):
    """Read what goes out to forums."""

    def sendable(self, at: datetime) -> Self:
        """Narrow to queued ones whose time has come and that nobody holds, oldest first."""
        free = models.Q(lease_until=None) | models.Q(lease_until__lt=at)
        return self.filter(free, state=PostBack.State.QUEUED, not_before__lte=at).order_by("not_before", "pk")


class PostBack(models.Model):
    """A comment of ours on its way to the forum that the post stands in: at least once, under one mark."""

    class State(models.TextChoices):
        QUEUED = "queued", _("待发送")
        SENT = "sent", _("已发送")
        FAILED = "failed", _("发送失败")

    comment = models.OneToOneField(Comment, verbose_name=_("评论"), on_delete=models.CASCADE, related_name="post_back")
    # Stands in what is sent: by it our own words are known when the forum tells us of them.
    mark = models.CharField(_("标记"), max_length=40, unique=True)
    queued_at = models.DateTimeField(_("入队于"))
    not_before = models.DateTimeField(_("不早于"))
    lease_until = models.DateTimeField(_("占用至"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.QUEUED)
    sent_at = models.DateTimeField(_("发出于"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=400, blank=True)

    objects = PostBackQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "社区回帖投递")
        verbose_name_plural = pgettext_lazy("many", "社区回帖投递")
        indexes = [
            models.Index(fields=["not_before", "id"], condition=models.Q(state="queued"), name="post_back_queued")
        ]

    def __str__(self) -> str:
        return self.mark
