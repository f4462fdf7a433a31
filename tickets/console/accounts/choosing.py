"""What is chosen among many: a customer by some of its name, services one by one, a plan's own products."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from plans.catalogue.picking import on_offer
from plans.models import Customer, Plan, Product, Vendor
from plans.wording import name_of, text_of
from tickets.console.accounts import fields
from tickets.console.accounts.guard import amenders_only
from tickets.console.guard import Reader

# So many are offered while somebody types.
OFFERED = 12
LONGEST = 200


class CustomerField(forms.CharField):
    """A customer, by its code or some of its name; what is typed is looked for when it is sent, and offered before."""

    def __init__(self) -> None:
        # Fetched as one types; without a script the whole name or the code is typed.
        looked_for = {
            "list": "customers", "autocomplete": "off", "hx-get": reverse_lazy("console:accounts:customers"),
            "hx-trigger": "input changed delay:200ms", "hx-target": "#customers", "hx-swap": "innerHTML",
        }  # fmt: skip
        super().__init__(
            label=_("客户"), max_length=LONGEST, error_messages=fields.REQUIRED,
            help_text=_("名称的一部分，或客户代码。"), widget=forms.TextInput(attrs=looked_for),
        )  # fmt: skip

    def clean(self, value: Any) -> Customer | None:
        words = str(super().clean(value)).strip()
        found = list(customers_like(words)[: OFFERED + 1])
        named = [one for one in found if words.casefold() in (one.code.casefold(), *_names(one))]
        if len(named or found) == 1:
            return (named or found)[0]
        if not found:
            raise forms.ValidationError(gettext("没有名称含“%s”的客户。") % words, "none")
        some = gettext("、").join(shown(one) for one in found[:OFFERED])
        raise forms.ValidationError(gettext("不止一家，请写全名称或写代码：%s。") % some, "several")


def _names(customer: Customer) -> Iterator[str]:
    yield from (shown(customer).casefold(), customer.name.casefold(), customer.name_en.casefold())


def shown(customer: Customer) -> str:
    """Return how a customer is offered, and found again: its name with its code."""
    return f"{name_of(customer)} [{customer.code}]"


def customers_like(words: str) -> Any:
    """Return the active customers whose name or code holds some words; those offered by `shown` are found by it."""
    code = words.rpartition("[")[2].removesuffix("]") if words.endswith("]") else ""
    named = Q(name__icontains=words) | Q(name_en__icontains=words) | Q(code__icontains=words) | Q(code=code)
    return Customer.objects.filter(named, is_active=True).order_by("name", "code")


class PicksField(forms.MultipleChoiceField):
    """Services of an à-la-carte plan, by their promise. Source: K19"""

    def __init__(self, plan: Plan) -> None:
        super().__init__(
            label=_("选取的服务项"), choices=_offered(plan), widget=forms.CheckboxSelectMultiple,
            error_messages={
                "required": _("一项都没有选，合同什么也不给。"), "invalid_choice": _("没有可选的服务项：%(value)s。"),
            },
        )  # fmt: skip


def _offered(plan: Plan) -> list[tuple[str, str]]:
    """Return what may be picked, each promise once with all that it brings."""
    found: dict[str, list[Any]] = {}
    for item in on_offer(plan):
        found.setdefault(item.promise, []).append(item)
    return [
        (promise, f"{promise} {gettext('、').join(name_of(item) for item in items)} · {text_of(items[0], 'section')}")
        for promise, items in sorted(found.items())
    ]


class ProductField(fields.Named):
    """A product, with whose it is; of one vendor alone where a plan is chosen."""

    def __init__(self, **more: Any) -> None:
        super().__init__(Product.objects.order_by("vendor", "code"), **more)
        self.vendors: dict[str, str] = {}

    def label_from_instance(self, obj: Any) -> str:
        self.vendors = self.vendors or {one.code: name_of(one) for one in Vendor.objects.all()}
        return f"{self.vendors.get(obj.vendor, obj.vendor)} · {name_of(obj)}"


def plan_of(key: Any) -> Plan | None:
    """Return the plan on sale of a key as forms send it, if there is one."""
    return Plan.objects.current().filter(pk=key).first() if str(key).isascii() and str(key).isdecimal() else None


@require_safe
@amenders_only
def customers(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Return the customers that fit what was typed so far."""
    words = request.GET.get("customer", "").replace("\0", "").strip()[:LONGEST]
    found = [shown(one) for one in customers_like(words)[:OFFERED]] if words else []
    return render(request, "console/accounts/_customers.html", {"found": found})
