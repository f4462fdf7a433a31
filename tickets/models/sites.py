"""Where the chat stands: pages of other products that embed it, and who opened it there."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import Contact, Product
from plans.models.people import Language
from plans.models.sealed import SealedCharField
from tickets.models.ticket import Channel


class Site(models.Model):
    """A page or product that embeds the chat; `code` stands in its script tag. Source: Y05, K03"""

    code = models.SlugField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    vendor = models.CharField(_("厂商"), max_length=20)
    product = models.ForeignKey(
        Product, verbose_name=_("产品"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    channel = models.CharField(_("渠道"), max_length=12, choices=Channel, default=Channel.IM)
    # Where it may be embedded, such as "https://erp.example"; none: only on our own pages.
    origins = models.JSONField(_("允许的来源"), default=list, blank=True)
    # What the host product signs its people's tokens with; the one before it is taken while the host changes over.
    secret = SealedCharField(_("签名密钥"), max_length=120)
    previous_secret = SealedCharField(_("上一个签名密钥"), max_length=120, blank=True)
    allows_anonymous = models.BooleanField(_("允许匿名"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        ordering = ["code"]
        verbose_name = pgettext_lazy("one", "接入点")
        verbose_name_plural = pgettext_lazy("many", "接入点")

    def __str__(self) -> str:
        return self.name


class UsedIdentity(models.Model):
    """A signed identity that was presented once, by its id: it is not taken again."""

    site = models.ForeignKey(Site, verbose_name=_("接入点"), on_delete=models.CASCADE, related_name="+")
    token_id = models.CharField(_("令牌编号"), max_length=64)
    expires_at = models.DateTimeField(_("到期于"))

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "用过的身份令牌")
        verbose_name_plural = pgettext_lazy("many", "用过的身份令牌")
        constraints = [models.UniqueConstraint(fields=["site", "token_id"], name="identity_used_once")]
        indexes = [models.Index(fields=["expires_at"], name="identity_by_expiry")]

    def __str__(self) -> str:
        return self.token_id


class VisitorQuerySet(models.QuerySet["Visitor"]):
    """Read visitors."""

    def valid(self, at: datetime) -> Self:
        """Narrow to those whose token still counts at `at`, of people and sites still in use."""
        known = models.Q(contact=None) | models.Q(contact__is_active=True, contact__customer__is_active=True)
        open_site = models.Q(site=None) | models.Q(site__is_active=True)
        return self.filter(known, open_site, expires_at__gt=at)


class Visitor(models.Model):
    """Somebody with the chat open, by the token their browser holds: a contact we know, or one who says a name."""

    # None in our own portal.
    site = models.ForeignKey(
        Site, verbose_name=_("接入点"), null=True, blank=True, on_delete=models.CASCADE, related_name="visitors"
    )
    contact = models.ForeignKey(
        Contact, verbose_name=_("联系人"), null=True, blank=True, on_delete=models.CASCADE, related_name="visitors"
    )
    # What somebody unknown says of themselves: never taken for proof of anything.
    name = models.CharField(_("自称"), max_length=80, blank=True)
    token_hash = models.CharField(_("令牌散列"), max_length=64, unique=True)
    language = models.CharField(_("语言"), max_length=8, choices=Language, default=Language.CHINESE)
    created_at = models.DateTimeField(_("创建于"), db_default=Now())
    seen_at = models.DateTimeField(_("最近在线"), null=True, blank=True)
    expires_at = models.DateTimeField(_("到期于"))

    objects = VisitorQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "访客")
        verbose_name_plural = pgettext_lazy("many", "访客")

    def __str__(self) -> str:
        return self.contact.name if self.contact else self.name or f"#{self.pk}"
