"""Keys of programs: shown once, kept as a hash, bound to what they may do."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now

from plans.models.catalogue import Product
from plans.models.people import Customer, User


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

    name = models.CharField(max_length=80)
    # The first characters, to tell keys apart; the rest is known to its holder alone.
    prefix = models.CharField(max_length=16)
    hash = models.CharField(max_length=64, unique=True)
    # Stays the same when a key is rotated, so that what came by the old one is known to the new one.
    series = models.UUIDField(default=uuid.uuid4)
    # "intake:im", "intake:hotline", …; "api" acts with the rights of `user`; "upsert" keeps customers.
    scopes = models.JSONField(default=list)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys")
    # Bound to one customer's contacts, or to one product, where set.
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["name", "-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
