"""What a customer can ask about, in plain words: products as contracts hold them, kinds of questions, urgency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from plans.agreements import Agreement, agreements_of
from plans.coverage import OPERATIONS, Decision, Inquiry, cover, inquiry_of
from plans.models import Contact, Product
from plans.models.contracts import Deployment
from plans.wording import name_of
from tickets.actions.asking import About
from tickets.models import Category, Channel, Priority

CATEGORIES: dict[str, tuple[LazyText, LazyText]] = {
    Category.HOW_TO: (_("不会用、想问怎么做"), _("应用咨询：功能在哪里、怎么设置、怎么操作。")),
    Category.FAULT: (_("报错、结果不对"), _("故障：出错、算错、打不开、很慢。")),
    Category.DATA_ENVIRONMENT: (_("数据或环境"), _("升级、备份、服务器、数据修复之类的技术问题。")),
    Category.REQUIREMENT: (_("希望增加功能"), _("产品需求和建议，由产品团队评估。")),
    Category.CUSTOMISATION: (
        _("自己或伙伴开发的部分"),
        _("二次开发：在开发平台上新增或改写的对象、规则、流程、插件。"),
    ),
    Category.THIRD_PARTY: (_("第三方产品"), _("由其他厂商的软硬件引起的问题。")),
    Category.OPERATIONS: (_("请我们运维"), _("巡检、监控、安装部署等由我们运维的环境。")),
}
PRIORITIES: dict[str, tuple[LazyText, LazyText]] = {
    Priority.LOW: (_("不急"), _("有空再看就好。")),
    Priority.NORMAL: (_("普通"), _("影响到了，但还能工作。")),
    Priority.HIGH: (_("着急"), _("一个部门的工作受阻。")),
    Priority.URGENT: (_("紧急"), _("业务停了，或者今天必须完成。")),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a question: a code, what it is called, and when to choose it."""

    code: str
    name: str
    explained: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A product that a question may be about, with the agreement that it is held under."""

    code: str
    name: str
    about: About
    agreement: Agreement


def held_by(contact: Contact, at: datetime) -> list[Held]:
    """Return what a contact's organisation holds, contracts in force first; one choice a product and deployment."""
    agreements = sorted(agreements_of(contact), key=lambda one: (one.term_at(at) != "in_force", one.contract.number))
    products = {product.code: product for product in Product.objects.order_by("name")}
    many = len(agreements) > 1
    return [
        _held(agreement, products[code], deployment, many)
        for agreement in agreements
        for code, deployment in sorted(agreement.owned or _of_vendor(agreement, products.values()))
    ]


def _of_vendor(agreement: Agreement, products: Iterable[Product]) -> list[tuple[str, str]]:
    """Return everything of the vendor: what a contract that lists no products is about."""
    return [(product.code, "") for product in products if product.vendor == agreement.contract.plan.vendor]


def _held(agreement: Agreement, product: Product, deployment: str, many: bool) -> Held:
    contract = agreement.contract
    where = [str(Deployment(deployment).label)] if deployment else []
    notes = where + ([f"{name_of(contract.plan)} {contract.number}"] if many else [])
    named = {"product": name_of(product), "notes": ", ".join(notes)}
    name = _("%(product)s（%(notes)s）") % named if notes else named["product"]
    return Held(
        f"{contract.pk}/{product.code}/{deployment}", str(name), About(contract, product, deployment), agreement
    )


def categories_of(held: Iterable[Held]) -> list[Choice]:
    """Return the kinds of questions; operations only where somebody operates something."""
    operated = any(one.agreement.find(service) for one in held for service in OPERATIONS)
    codes = [code for code in CATEGORIES if operated or code != Category.OPERATIONS]
    return [Choice(code, str(CATEGORIES[code][0]), str(CATEGORIES[code][1])) for code in codes]


def priorities() -> list[Choice]:
    """Return the degrees of urgency."""
    return [Choice(code, str(name), str(why)) for code, (name, why) in PRIORITIES.items()]


def inquiry_for(held: Sequence[Held], code: str = "") -> Inquiry | None:
    """Return what the plan of a product asks about customisation; without one, the first of them that asks.

    None where no plan does. Source: K02
    """
    named = [one for one in held if one.code == code]
    found = (inquiry_of(ticket.item) for one in named or held if (ticket := one.agreement.find("ticket")))
    return next((inquiry for inquiry in found if inquiry), None)


def preview_of(contact: Contact, held: Held, at: datetime) -> Decision:
    """Return what the plan answers to a plain question about a product: said before anything is typed."""
    about = held.about
    return cover(
        contact, about.contract, None, about.product, about.deployment, Category.HOW_TO, Channel.PORTAL, at,
        priority=Priority.NORMAL,
    )  # fmt: skip
