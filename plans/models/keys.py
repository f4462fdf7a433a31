"""Keys of programs: shown once, kept as a hash, bound to what they may do."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.catalogue import Product
from plans.models.people import Customer, User
from plans.models.sealed import SealedCharField


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Read keys."""

    def valid(self, at: datetime) -> Self:
        """Narrow to keys that are neither revoked nor expired at `at`."""
        return self.filter(
            models.Q(revoked_at=None) | models.Q(revoked_at__gt=at),
            models.Q(expires_at=None) | models.Q(expires_at__gt=at),
        )


class ApiKey(models.Model):
    """A key that a program presents as `Authorization: Bearer …`; it acts as a channel or as a user."""

    name = models.CharField(_("名称"), max_length=80, help_text=_("说明谁在用，如“云客服生产环境”。"))
    # The first characters, to tell keys apart; the rest is known to its holder alone.
    prefix = models.CharField(_("开头"), max_length=16)
    hash = models.CharField(_("散列"), max_length=64, unique=True)
    # Stays the same when a key is rotated, so that what came by the old one is known to the new one.
    series = models.UUIDField(_("系列"), default=uuid.uuid4)
    # "intake:im", "intake:hotline", …; "api" acts with the rights of `user`; "upsert" keeps customers.
    scopes = models.JSONField(_("权限"), default=list)
    user = models.ForeignKey(
        User,
        verbose_name=_("代表用户"),
        help_text=_("api 权限须选一位用户，密钥就有他的权限。"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="api_keys",
    )
    # Bound to one customer's contacts, or to one product, where set.
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("限定客户"),
        help_text=_("只认这家客户的联系人。"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="api_keys",
    )
    product = models.ForeignKey(
        Product,
        verbose_name=_("限定产品"),
        help_text=_("来的工单都归这个产品。"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # What another program signs its calls with, where its form has a signature; kept sealed, for it is needed whole.
    signing_secret = SealedCharField(
        _("验签密钥"), max_length=200, blank=True, help_text=_("对方系统签名所用的密钥或令牌；没有签名的留空。")
    )
    # What an adapter needs to know besides: {"zone", "menu": {"6": "…"}, …}; each adapter says what. For every key:
    # "per_minute", how many requests it may send.
    options = models.JSONField(_("来源选项"), default=dict, blank=True)
    created_at = models.DateTimeField(_("创建于"), db_default=Now())
    expires_at = models.DateTimeField(_("到期于"), null=True, blank=True, help_text=_("留空则长期有效。"))
    revoked_at = models.DateTimeField(_("停用于"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("最近使用"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["name", "-created_at"]
        verbose_name = pgettext_lazy("one", "接口密钥")
        verbose_name_plural = pgettext_lazy("many", "接口密钥")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
