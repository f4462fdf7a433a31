"""The catalogue: products, plans and the items a plan promises, each with its clause."""

from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Vendor(models.Model):
    """Whose products and plans; rows name its code."""

    code = models.CharField(_("代码"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80)

    class Meta:
        ordering = ["code"]
        verbose_name = pgettext_lazy("one", "厂商")
        verbose_name_plural = pgettext_lazy("many", "厂商")

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A product that a service is promised for."""

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80)
    vendor = models.CharField(_("厂商"), max_length=20)

    class Meta:
        ordering = ["vendor", "code"]
        verbose_name = pgettext_lazy("one", "产品")
        verbose_name_plural = pgettext_lazy("many", "产品")

    def __str__(self) -> str:
        return self.name


class PlanQuerySet(models.QuerySet["Plan"]):
    """Read plans."""

    def current(self) -> Self:
        """Narrow to the version that is sold now."""
        return self.filter(is_current=True)


class Plan(models.Model):
    """One version of a sold set of items. A contract keeps the version it was signed with."""

    code = models.CharField(_("代码"), max_length=64)
    version = models.PositiveIntegerField(_("版本"))
    is_current = models.BooleanField(_("现行"), default=True)
    vendor = models.CharField(_("厂商"), max_length=20)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80)
    # One character for the small seal in lists: 尊 优 加 标 高 选.
    seal = models.CharField(_("印记"), max_length=1)
    # Order in a waiting line within one vendor; higher is served first. Source: Y06, Y21
    rank = models.PositiveSmallIntegerField(_("服务优先级"), help_text=_("同一厂商内，数字大的先服务。"))
    # True where the document does not say the rank and we assume one.
    is_rank_assumed = models.BooleanField(_("优先级为推定"), default=False)
    # Items are picked one by one into the contract. Source: K19
    is_a_la_carte = models.BooleanField(_("按项选购"), default=False)
    includes = models.ForeignKey(
        "self", verbose_name=_("包含"), null=True, blank=True, on_delete=models.PROTECT, related_name="included_in"
    )
    source = models.CharField(_("出处"), max_length=200)
    source_en = models.CharField(_("出处英文"), max_length=300, blank=True)
    digest = models.CharField(_("校验码"), max_length=64)
    created_at = models.DateTimeField(_("创建于"), db_default=Now())

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["vendor", "-rank", "-version"]
        verbose_name = pgettext_lazy("one", "成功计划")
        verbose_name_plural = pgettext_lazy("many", "成功计划")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="plan_version_once"),
            models.UniqueConstraint(fields=["code"], condition=models.Q(is_current=True), name="plan_one_version_sold"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Item(models.Model):
    """One line of the catalogue: a promise with its clause and everything that bounds it."""

    plan = models.ForeignKey(Plan, verbose_name=_("成功计划"), on_delete=models.CASCADE, related_name="items")
    # The row of the promise book: Y07, K02.
    promise = models.CharField(_("承诺编号"), max_length=8)
    # What coverage asks for: ticket, im, hotline, bot, community, search, training, …
    service = models.CharField(_("服务"), max_length=40)
    section = models.CharField(_("章节"), max_length=40)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=120)
    clause = models.CharField(_("条款"), max_length=400)
    clause_en = models.CharField(_("条款英文"), max_length=600)
    # A calendar's code, or blank where the source gives no hours.
    calendar = models.CharField(_("服务时间"), max_length=64, blank=True)
    # The response promise in words; the policy says it to the engine.
    response = models.CharField(_("响应承诺"), max_length=200, blank=True)
    response_en = models.CharField(_("响应承诺英文"), max_length=200, blank=True)
    # A policy's code, or blank where nothing is timed.
    policy = models.CharField(_("服务响应标准"), max_length=120, blank=True)
    # {"amount": 2, "unit": "times", "period": "year"}; {} where nothing is counted, amount null where unlimited.
    quota = models.JSONField(_("额度"), default=dict, blank=True)
    # [{"line", "times" or null, "period", "what", "what_en", "policy"}]: what is owed by when without being asked for.
    frequency = models.JSONField(_("交付频次"), default=list, blank=True)
    # How products are updated, as `plans.updates.form` reads it: by rules, on request, or by the customer's own plan.
    updates = models.JSONField(_("更新策略"), default=list, blank=True)
    # Product codes, deployments, categories and channels; an empty list bounds nothing.
    products = models.JSONField(_("适用产品"), default=list, blank=True)
    deployments = models.JSONField(_("适用部署"), default=list, blank=True)
    categories = models.JSONField(_("适用类别"), default=list, blank=True)
    channels = models.JSONField(_("适用渠道"), default=list, blank=True)
    # Priorities it is meant for; another is served all the same, and told the ways on. Source: Y08
    priorities = models.JSONField(_("适用优先级"), default=list, blank=True)
    is_for_certified = models.BooleanField(_("仅限认证联系人"), default=False)
    # [{"category", "section", "clause", "definitions", "carve_out", "questions", "carve_out_question", "ways_on", and
    # each but the first two with _en}]; what was signed earlier may have no questions
    exclusions = models.JSONField(_("不包含"), default=list, blank=True)
    # What a customer can do instead when this item says no.
    ways_on = models.JSONField(_("可以怎么办"), default=list, blank=True)
    ways_on_en = models.JSONField(_("可以怎么办英文"), default=list, blank=True)
    provider = models.CharField(_("交付主体"), max_length=120, blank=True)
    provider_en = models.CharField(_("交付主体英文"), max_length=160, blank=True)
    provider_overseas = models.CharField(_("海外交付主体"), max_length=120, blank=True)
    # Who may deliver it at home and overseas, of vocabulary.PROVIDERS; the first is the usual one. Source: Y13
    providers = models.JSONField(_("可选交付主体"), default=list, blank=True)
    providers_overseas = models.JSONField(_("海外可选交付主体"), default=list, blank=True)
    provider_overseas_en = models.CharField(_("海外交付主体英文"), max_length=160, blank=True)
    entrances = models.JSONField(_("入口"), default=list, blank=True)
    entrances_en = models.JSONField(_("入口英文"), default=list, blank=True)
    deliverable = models.CharField(_("交付物"), max_length=80, blank=True)
    deliverable_en = models.CharField(_("交付物英文"), max_length=160, blank=True)
    stages = models.JSONField(_("阶段"), default=list, blank=True)
    stages_en = models.JSONField(_("阶段英文"), default=list, blank=True)
    # What each stage is to the product, of vocabulary.STAGES: as many as there are stages, or none. Source: K16, K17
    stage_codes = models.JSONField(_("阶段代码"), default=list, blank=True)
    notice_days = models.PositiveSmallIntegerField(_("须提前天数"), null=True, blank=True)
    # The kind of report that the product makes of it: {"code", "title", "title_en", "sections", …}; {} for none.
    report = models.JSONField(_("自动生成的报告"), default=dict, blank=True)
    # Anything assumed or left open by the source, in plain words.
    remark = models.CharField(_("说明"), max_length=400, blank=True)
    remark_en = models.CharField(_("说明英文"), max_length=600, blank=True)
    # Promises that whoever picks this one by itself needs too. Source: K05, K06
    requires = models.JSONField(_("须同时选取"), default=list, blank=True)
    # The plan whose customers alone may pick this one; one that contains it will do. Source: K16, K17
    requires_plan = models.CharField(_("仅面向此计划的客户"), max_length=64, blank=True)

    class Meta:
        ordering = ["plan", "section", "promise"]
        verbose_name = pgettext_lazy("one", "服务项")
        verbose_name_plural = pgettext_lazy("many", "服务项")
        constraints = [models.UniqueConstraint(fields=["plan", "promise", "service"], name="item_once")]

    def __str__(self) -> str:
        return f"{self.promise} {self.name}"
