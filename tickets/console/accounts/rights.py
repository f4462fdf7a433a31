"""The rights of a contract: what is left of each, the statement, and the acts that book a line."""

import secrets
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from plans.actions import quotas
from plans.actions.quotas import Posting
from plans.actions.quotas.publishing import reached
from plans.models import Contract, Entitlement, Quota, QuotaEntry, User
from plans.quotas.rules import rules_of
from plans.quotas.words import amount_words, unit_name
from plans.terms import last_day, local_date
from plans.vocabulary import UNITS
from plans.wording import clause_of, name_of, text_of
from sla.refusals import ActionRefusedError
from tickets.console.accounts.guard import for_account, may_amend
from tickets.console.accounts.nav import account_page
from tickets.showing.quotas import file_of, page_in, shown_rights, shown_statement, span_of

PAGE, FORM = "console/accounts/rights.html", "console/accounts/rights_form.html"
REASON_SHOWN = gettext_lazy("客户在对账单上看得到这句话。")


class PostingForm(forms.Form):
    """How much and why; `key` is what lets a form that was sent twice book once."""

    amount = forms.DecimalField(label=gettext_lazy("数量"), max_digits=8, decimal_places=2)
    reason = forms.CharField(label=gettext_lazy("缘由"), max_length=300, help_text=REASON_SHOWN)
    reason_en = forms.CharField(
        label=gettext_lazy("英文缘由"), max_length=300, required=False, help_text=gettext_lazy("给读英文的人。")
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=lambda: secrets.token_urlsafe(12))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **more})
        self.fields["amount"].widget.attrs |= {"inputmode": "decimal", "step": "any", "class": "short"}

    def posting(self, actor: User, at: datetime) -> Posting:
        """Return what was typed as the reason of a line."""
        said = self.cleaned_data
        return Posting(at, f"console:{said['key']}", said["reason"], said["reason_en"], actor)


class BookingForm(PostingForm):
    """Use that is booked, or a grant: of which unit where nothing is counted yet, and for which day."""

    unit = forms.ChoiceField(label=gettext_lazy("单位"))
    on = forms.DateField(
        label=gettext_lazy("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("落在哪一期，就记在哪一期。"),
    )  # fmt: skip
    field_order = ("amount", "unit", "on", "reason", "reason_en", "key")

    def __init__(self, units: list[str], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["unit"].choices = [(unit, unit_name(unit)) for unit in units]  # type: ignore[attr-defined]


class PublishingForm(forms.Form):
    """How many there are, and where that was published."""

    amount = forms.DecimalField(label=gettext_lazy("每份合同的名额"), max_digits=8, decimal_places=2)
    notice = forms.CharField(label=gettext_lazy("发布依据"), max_length=300, help_text=REASON_SHOWN)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **more})
        self.fields["amount"].widget.attrs |= {"inputmode": "numeric", "class": "short"}


@require_safe
@for_account()
def rights_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show what a contract gives, how much of it is left, and the statement of a span of days."""
    span, wrong = span_of(contract, request.GET, at)
    counted, others = shown_rights(contract, at)
    context = {
        "counted": counted,
        "others": others,
        "statement": shown_statement(contract, span, page_in(request.GET)),
        "wrong": wrong,
        "may_grant": may_amend(_user(request)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return account_page(request, contract, at, ("rights", PAGE), context, status=status)


@require_safe
@for_account()
def statement_file(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Return a statement as a file for spreadsheets, however long; the page tells what is wrong with its dates."""
    span, wrong = span_of(contract, request.GET, at)
    if wrong:
        return redirect(f"{reverse('console:accounts:rights', args=[contract.number])}?{request.GET.urlencode()}")
    return file_of(contract, span)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(write=True)
def use(request: HttpRequest, contract: Contract, at: datetime, right: int) -> HttpResponse:
    """Book use of a right that no engagement books by itself."""
    entitlement = _entitlement(contract, right)
    form = _booking_form(request, entitlement, at)
    words = (_("记使用"), _("服务已经交付、没有另行记账时，在这里扣减。"))

    def book() -> str:
        said = form.cleaned_data
        entry = quotas.consume(
            entitlement=entitlement, amount=said["amount"], on=said["on"], unit=said["unit"],
            posting=form.posting(_user(request), at),
        )  # fmt: skip
        return _("已扣减 %s。") % amount_words(entry.amount, said["unit"]) if entry else _("这一项不计数，没有扣减。")

    return _acted(request, contract, at, (words, form, entitlement), book)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(amend=True)
def grant(request: HttpRequest, contract: Contract, at: datetime, right: int) -> HttpResponse:
    """Give a contract more of something, or a first amount of what its plan does not count. Source: K06"""
    entitlement = _entitlement(contract, right)
    form = _booking_form(request, entitlement, at)
    words = (_("授予"), _("在计划之外另给一笔；计划没有计数的，从此开始计数，服务期内有效。"))

    def book() -> str:
        said = form.cleaned_data
        posting = form.posting(_user(request), at)
        entry = quotas.grant(
            entitlement=entitlement, amount=said["amount"], on=said["on"], unit=said["unit"], posting=posting
        )
        return _("已授予 %s。") % amount_words(entry.amount, said["unit"])

    return _acted(request, contract, at, (words, form, entitlement), book)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(write=True)
def give_back(request: HttpRequest, contract: Contract, at: datetime, line: int) -> HttpResponse:
    """Put a use right that was booked by mistake: a further line gives it back, in whole or in part."""
    rows = QuotaEntry.objects.filter(quota__contract=contract, kind=QuotaEntry.Kind.CONSUME)
    entry = rows.select_related("quota__item", "actor").filter(pk=line).first()
    if entry is None:
        raise Http404
    form = PostingForm(request.POST or None, initial={"amount": entry.amount.normalize()})
    words = (_("退回扣减"), _("原来的一笔不改，另记一笔更正。"))

    def book() -> str:
        said = form.cleaned_data["amount"]
        posting = form.posting(_user(request), at)
        quotas.correct(quota=entry.quota, amount=said, posting=posting, of=entry)
        return _("已退回 %s。") % amount_words(said, entry.quota.unit)

    return _acted(request, contract, at, (words, form, entry), book)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(amend=True)
def adjust(request: HttpRequest, contract: Contract, at: datetime, quota: int) -> HttpResponse:
    """Take back some of what was granted: what was given by mistake, or ended by agreement."""
    row = contract.quotas.select_related("item").filter(pk=quota).first()
    if row is None:
        raise Http404
    form = PostingForm(request.POST or None)
    words = (_("收回"), _("收回没有用掉的授予，另记一笔更正。要长期改变数量，请在合同约定里改。"))

    def book() -> str:
        said = form.cleaned_data["amount"]
        quotas.correct(quota=row, amount=-said, posting=form.posting(_user(request), at))
        return _("已收回 %s。") % amount_words(said, row.unit)

    return _acted(request, contract, at, (words, form, row), book)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(amend=True)
def publish(request: HttpRequest, contract: Contract, at: datetime, right: int) -> HttpResponse:
    """Set the number that a plan leaves to be published, for every contract that has the item. Source: K15"""
    item = _entitlement(contract, right).item
    if not any(rule.is_as_published for rule in rules_of(item)):
        raise Http404
    form = PublishingForm(request.POST or None)
    lead = _("对持有这一项的全部 %(n)d 份合同生效；已用掉的不会收回。") % {"n": len(list(reached(item, at)))}

    def book() -> str:
        quotas.publish(item=item, **form.cleaned_data, actor=_user(request), at=at)
        return _("名额已发布。")

    return _acted(request, contract, at, ((_("发布名额"), lead), form, _entitlement(contract, right)), book)


Asked = tuple[tuple[str, str], forms.Form, Entitlement | Quota | QuotaEntry]


def _acted(
    request: HttpRequest, contract: Contract, at: datetime, asked: Asked, book: Callable[[], str]
) -> HttpResponse:
    """Show a form, or do what it says and go back; a refusal stands above what was typed."""
    (title, lead), form, about = asked
    refusal = None
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                messages.success(request, book())
                return redirect("console:accounts:rights", contract.number)
            except ActionRefusedError as refused:
                refusal, status = refused, HTTPStatus.CONFLICT
    item = about.quota.item if isinstance(about, QuotaEntry) else about.item
    context = {
        "title": title,
        "lead": lead,
        "form": form,
        "refusal": refusal,
        "item_name": name_of(item),
        "item_clause": clause_of(item),
        "line": _line(about) if isinstance(about, QuotaEntry) else None,
        "unit": unit_name(_unit(about)),
    }
    return account_page(request, contract, at, ("rights", FORM), context, status=status)


def _line(entry: QuotaEntry) -> dict[str, Any]:
    said = {"amount": amount_words(entry.amount, entry.quota.unit), "at": entry.at, "on": entry.on}
    return {**said, "cause": text_of(entry, "cause"), "actor": _name(entry)}


def _name(entry: QuotaEntry) -> str:
    return name_of(entry.actor) if entry.actor else entry.actor_display


def _unit(about: Entitlement | Quota | QuotaEntry) -> str:
    quota = about.quota if isinstance(about, QuotaEntry) else about
    return quota.unit if isinstance(quota, Quota) else ""


def _entitlement(contract: Contract, pk: int) -> Entitlement:
    rows = contract.entitlements.select_related("item__plan", "contract")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _booking_form(request: HttpRequest, entitlement: Entitlement, at: datetime) -> BookingForm:
    """Return the form for a right, on the units that it is counted in, and today within the term."""
    contract = entitlement.contract
    units = [rule.unit for rule in rules_of(entitlement.item) if rule.is_counted or rule.draws_on]
    units = list(dict.fromkeys([*units, *entitlement.quotas.order_by("pk").values_list("unit", flat=True)]))
    today = min(max(local_date(contract, at), contract.starts_on), last_day(contract))
    initial = {"on": today, "amount": Decimal(1), "unit": units[0] if units else "person_days"}
    return BookingForm(units or list(UNITS), request.POST or None, initial=initial)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


urlpatterns = [
    path("<str:number>/rights/", rights_page, name="rights"),
    path("<str:number>/rights/statement.csv", statement_file, name="rights_file"),
    path("<str:number>/rights/<int:right>/use/", use, name="rights_use"),
    path("<str:number>/rights/<int:right>/grant/", grant, name="rights_grant"),
    path("<str:number>/rights/<int:right>/publish/", publish, name="rights_publish"),
    path("<str:number>/rights/quotas/<int:quota>/adjust/", adjust, name="rights_adjust"),
    path("<str:number>/rights/lines/<int:line>/give-back/", give_back, name="rights_give_back"),
]
