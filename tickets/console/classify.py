"""What a ticket is about, changed under way: the form, what it would do to the promises, and doing it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.coverage import inquiry_under
from plans.models import Contract, Product
from plans.wording import name_of
from sla.models.policies import Metric
from sla.refusals import ActionRefusedError
from tickets.actions import ticket as actions
from tickets.actions.ticket.life import LONGEST_REMARK
from tickets.answers import decision_of
from tickets.console.acts import Act, Deed, Kind, carry_out
from tickets.console.guard import Reader, agents_only
from tickets.console.rail import rail, view_named
from tickets.console.ticket_page import Desk, find_ticket
from tickets.console.views import shown
from tickets.customisation_form import Question, questions_of, read_answers, written
from tickets.models import Category, Priority, Ticket
from tickets.showing.promises import Promise
from tickets.showing.term_words import answers_code, change_words
from tickets.telling.changed_terms import is_worse


class ProductField(forms.ModelChoiceField):
    """A product by its code, in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class ContractField(forms.ModelChoiceField):
    """A contract by its number, with its plan."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.number} · {name_of(obj.plan)}"


class ClassifyForm(Act):
    """What a ticket is about, and why that is changed; to look ahead no reason is needed."""

    priority = forms.ChoiceField(label=gettext_lazy("优先级"), choices=Priority)
    category = forms.ChoiceField(label=gettext_lazy("问题类别"), choices=Category)
    product = ProductField(
        Product.objects.all(), label=gettext_lazy("产品"), required=False, to_field_name="code", empty_label="—"
    )
    module = forms.CharField(label=gettext_lazy("模块"), max_length=80, required=False)
    contract = ContractField(
        Contract.objects.none(), label=gettext_lazy("合同"), to_field_name="number", empty_label=None
    )
    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=LONGEST_REMARK,
        error_messages={"required": gettext_lazy("请写明理由。"), "max_length": gettext_lazy("理由太长了。")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    insist = forms.BooleanField(required=False)
    # How the ticket stood when the form was opened: a colleague may change it meanwhile.
    seen = forms.CharField(max_length=2000, required=False, widget=forms.HiddenInput)

    def __init__(self, ticket: Ticket, said: Mapping[str, Any] | None, *, is_look: bool) -> None:
        super().__init__(said, initial={**_now(ticket), "seen": json.dumps(_now(ticket))})
        contracts = Contract.objects.filter(customer=ticket.customer_id).select_related("plan")
        self.fields["contract"].queryset = contracts  # type: ignore[attr-defined]
        products = Product.objects.filter(vendor=ticket.contract.plan.vendor)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]
        self.fields["reason"].required = not is_look
        self.answers = read_answers(self.data) if self.is_bound else ticket.customisation
        self.inquiry = inquiry_under(self["contract"].value() or ticket.contract.number)

    @property
    def questions(self) -> list[Question]:
        """Return what the plan asks about customisation, with what was answered. Source: K02"""
        return questions_of(self.inquiry, self.answers)

    @property
    def customisation_fault(self) -> str:
        """Return what is wrong with the answers; who does not know them may leave them out."""
        is_wrong = self.inquiry is not None and self.inquiry.contradicts(self.answers)
        return _("两处回答矛盾：请改其中一处。") if is_wrong else ""

    def clean(self) -> dict[str, Any]:
        """Take the answers where it is about customisation. Raises ValidationError where they contradict each other."""
        said = super().clean() or {}
        is_about = said.get("category") == Category.CUSTOMISATION
        if is_about and self.customisation_fault:
            self.add_error("category", self.customisation_fault)
        return {**said, "customisation": self.answers if is_about else None}


def _now(ticket: Ticket) -> dict[str, Any]:
    return {
        "priority": ticket.priority,
        "category": ticket.category,
        "product": ticket.product.code if ticket.product else "",
        "module": ticket.module,
        "contract": ticket.contract.number,
        "customisation": answers_code(ticket.customisation),
    }


def _asked(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the action is asked for."""
    names = actions.Classification.__slots__
    return {
        "to": actions.Classification(**{name: said[name] for name in names}),
        "reason": said["reason"] or "…",
        "insists": said["insist"],
    }


def _changed_since(ticket: Ticket, seen: str) -> dict[str, dict[str, str]]:
    """Return what was changed of a ticket since somebody saw it, each thing from what to what."""
    before = _seen(seen)
    now = _now(ticket).items()
    return {name: {"from": str(before[name]), "to": code} for name, code in now if before.get(name, code) != code}


def _seen(said: str) -> dict[str, Any]:
    """Return how a ticket stood when a form was opened; nothing where the form does not say."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _reclassify(deed: Deed) -> Ticket:
    """Reclassify a ticket, unless it is not any more what the agent saw, and decided upon."""
    ticket = actions.locked(deed.ticket)
    if changed := _changed_since(ticket, deed.said["seen"]):
        what = _("，").join(change_words(name, change) for name, change in changed.items())
        told = _("您打开表单之后，工单已有变更：%(what)s。") % {"what": what}
        raise ActionRefusedError(STALE, told, ways_on=[_("表单已按现状更新，请核对后再确认。")])
    return actions.reclassify(**deed.who, **_asked(deed.said))


STALE = "changed_meanwhile"
RECLASSIFY = Kind(ClassifyForm, _reclassify, gettext_lazy("已变更。"))


@dataclass(frozen=True, slots=True)
class Row:
    """One promise before and after a change."""

    name: str
    before: datetime | None
    after: datetime | None
    # same, moved, ended, started
    change: str
    is_late: bool


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def classify_page(request: HttpRequest, reader: Reader, number: str) -> HttpResponse:
    """Show the form and what it would do; posted, do it. A refusal keeps what was typed and tells its clause."""
    ticket = find_ticket(number, reader)
    is_look = request.method != "POST"
    # A look may name only what would change.
    before = {**_now(ticket), **written(ticket.customisation)}
    said: Mapping[str, Any] = {**before, **request.GET.dict()} if request.GET else {}
    form = ClassifyForm(ticket, (said if is_look else request.POST) or None, is_look=is_look)
    if not is_look and form.is_valid():
        refusal = _do(request, Deed(ticket, form.cleaned_data, reader))
        if refusal is None:
            messages.success(request, str(RECLASSIFY.done))
            return redirect("console:ticket", ticket.number)
        if refusal.code == STALE:
            ticket = find_ticket(number, reader)
            form = ClassifyForm(ticket, _brought_up_to_date(ticket, request.POST), is_look=True)
        return _page(request, ticket, reader, form, {"refusal": refusal})
    outlook = _outlook(Deed(ticket, form.cleaned_data, reader)) if form.is_bound and form.is_valid() else {}
    return _page(request, ticket, reader, form, outlook)


def _brought_up_to_date(ticket: Ticket, said: QueryDict) -> dict[str, Any]:
    """Return what was typed, but for what its writer left as it was: that is as it stands now."""
    before, now = _seen(said.get("seen", "")), _now(ticket)
    kept = {name: now[name] for name in now if said.get(name) == before.get(name)}
    return {**said.dict(), **kept, "seen": json.dumps(now)}


def _do(request: HttpRequest, deed: Deed) -> ActionRefusedError | None:
    """Do it, once a sending, and return nothing, or why not."""
    try:
        carry_out(RECLASSIFY, deed, request.POST.get("sending", "")[:64])
    except ActionRefusedError as refusal:
        return refusal
    return None


def _page(
    request: HttpRequest, ticket: Ticket, reader: Reader, form: ClassifyForm, outlook: dict[str, Any]
) -> HttpResponse:
    desk = Desk(ticket, reader, view_named(request.GET.get("view", "")))
    is_refused = request.method == "POST"
    context = {**desk.head(), "form": form, "now": reader.at, **outlook}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    if request.headers.get("HX-Request"):
        return shown(request, "console/_outlook.html", context, status)
    return shown(request, "console/classify.html", {**rail(reader, desk.view), **context}, status)


def _outlook(deed: Deed) -> dict[str, Any]:
    """Return what a change would do: the plan's answer, what changes, and each promise before and after."""
    try:
        seen = actions.foresee(**deed.who, **_asked(deed.said))
    except ActionRefusedError as refusal:
        return {} if refusal.code == "nothing_changed" else {"refusal": refusal}
    desk = Desk(deed.ticket, deed.reader, view_named(""))
    fields = seen.event.fields
    return {
        "decision": decision_of(seen.ticket),
        "changes": [change_words(name, change) for name, change in fields["changed"].items()],
        "rows": _rows(desk.promises, fields.get("dues", [])),
        "policy": seen.policy,
        "tells_customer": is_worse(fields),
    }


def _rows(promises: list[Promise], dues: list[dict[str, Any]]) -> list[Row]:
    """Return each promise that runs before or after, those that stay as they are, too."""
    moved = {(line["metric"], line["number"]): line for line in dues}
    rows = []
    for promise in promises:
        line = moved.pop((promise.milestone.metric, promise.milestone.number), None)
        if line or promise.is_open:
            rows.append(_row(promise.name, promise.due_at if promise.is_open else None, line))
    return [*rows, *(_row(_metric(line), None, line) for line in moved.values())]


def _row(name: str, before: datetime | None, line: dict[str, Any] | None) -> Row:
    if line is None:
        return Row(name, before, before, "same", False)
    change = "ended" if line.get("ended") else "started" if line.get("started") else "moved"
    after = datetime.fromisoformat(line["to"]) if line["to"] else None
    return Row(name, before, after, change, bool(line.get("late")))


def _metric(line: dict[str, Any]) -> str:
    return str(dict(Metric.choices).get(line["metric"], _("时限")))


urlpatterns = [path("tickets/<str:number>/classify/", classify_page, name="classify")]
