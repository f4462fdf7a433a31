"""The catalogue: products, plans and the items a plan promises, each with its clause."""

from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Vendor(models.TextChoices):
    """Whose products and plans."""

    YONSUITE = "yonsuite", "YonSuite"
    KINGDEE = "kingdee", _("金蝶")


class Product(models.Model):
    """A product that a service is promised for."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    vendor = models.CharField(max_length=20)

    class Meta:
        ordering = ["vendor", "code"]

    def __str__(self) -> str:
        return self.name


class PlanQuerySet(models.QuerySet["Plan"]):
    """Read plans."""

    def current(self) -> Self:
        """Narrow to the version that is sold now."""
        return self.filter(is_current=True)


class Plan(models.Model):
    """One version of a sold set of items. A contract keeps the version it was signed with."""

    code = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    vendor = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    # One character for the small seal in lists: 尊 优 加 标 高 选.
    seal = models.CharField(max_length=1)
    # Order in a waiting line within one vendor; higher is served first. Source: Y06, Y21
    rank = models.PositiveSmallIntegerField()
    # True where the document does not say the rank and we assume one.
    is_rank_assumed = models.BooleanField(default=False)
    # Items are picked one by one into the contract. Source: K19
    is_a_la_carte = models.BooleanField(default=False)
    includes = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="included_in")
    source = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["vendor", "-rank", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="plan_version_once"),
            models.UniqueConstraint(fields=["code"], condition=models.Q(is_current=True), name="plan_one_version_sold"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Item(models.Model):
    """One line of the catalogue: a promise with its clause and everything that bounds it."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="items")
    # The row of the promise book: Y07, K02.
    promise = models.CharField(max_length=8)
    # What coverage asks for: ticket, im, hotline, bot, community, search, training, …
    service = models.CharField(max_length=40)
    section = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    clause = models.CharField(max_length=400)
    clause_en = models.CharField(max_length=600)
    # A calendar's code, or blank where the source gives no hours.
    calendar = models.CharField(max_length=64, blank=True)
    # The response promise in words; the policy says it to the engine.
    response = models.CharField(max_length=200, blank=True)
    response_en = models.CharField(max_length=200, blank=True)
    # A policy's code, or blank where nothing is timed.
    policy = models.CharField(max_length=120, blank=True)
    # {"amount": 2, "unit": "times", "period": "year"}; {} where nothing is counted, amount null where unlimited.
    quota = models.JSONField(default=dict, blank=True)
    # Product codes, deployments, categories and channels; an empty list bounds nothing.
    products = models.JSONField(default=list, blank=True)
    deployments = models.JSONField(default=list, blank=True)
    categories = models.JSONField(default=list, blank=True)
    channels = models.JSONField(default=list, blank=True)
    # Priorities it is meant for; another is served all the same, and told the ways on. Source: Y08
    priorities = models.JSONField(default=list, blank=True)
    is_for_certified = models.BooleanField(default=False)
    # [{"category", "section", "clause", "definitions", "carve_out", "ways_on", and each of the last four with _en}]
    exclusions = models.JSONField(default=list, blank=True)
    # What a customer can do instead when this item says no.
    ways_on = models.JSONField(default=list, blank=True)
    ways_on_en = models.JSONField(default=list, blank=True)
    provider = models.CharField(max_length=120, blank=True)
    provider_en = models.CharField(max_length=160, blank=True)
    provider_overseas = models.CharField(max_length=120, blank=True)
    entrances = models.JSONField(default=list, blank=True)
    deliverable = models.CharField(max_length=80, blank=True)
    stages = models.JSONField(default=list, blank=True)
    notice_days = models.PositiveSmallIntegerField(null=True, blank=True)
    # Anything assumed or left open by the source, in plain words.
    remark = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["plan", "section", "promise"]
        constraints = [models.UniqueConstraint(fields=["plan", "promise", "service"], name="item_once")]

    def __str__(self) -> str:
        return f"{self.promise} {self.name}"
