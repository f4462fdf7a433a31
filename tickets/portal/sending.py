"""Send a question, and be told at once what comes of it and by which clause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from plans.accounts import seat_of
from plans.models import AccountTeamMember, Contact, Contract, User
from plans.wording import name_of as plan_name
from plans.wording import text_of
from sla.clock import database_now
from sla.refusals import ActionRefusedError
from tickets import choices
from tickets.actions import asking
from tickets.actions.knowledge.searching import note_asked
from tickets.answers import opens_at
from tickets.channels.form import LIMITS
from tickets.choices import Held
from tickets.customisation_form import fault_of, read_answers
from tickets.models import Category, Priority, Ticket
from tickets.portal import finding
from tickets.portal.forms import NewForm
from tickets.portal.guard import contact_in, customers_only, user_in
from tickets.portal.questions import url_of
from tickets.portal.saying import cited, promised, when
from tickets.showing.promises import Promise, promises_of
from tickets.showing.wording import name_of
from tickets.uploads import was_cut

Seat = AccountTeamMember.Seat


@dataclass(frozen=True, slots=True)
class Way:
    """Something that can be done instead."""

    icon: str
    words: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A plan's no: why, by which clause, and what can be done."""

    reason: str
    clause: str
    clause_source: str
    ways_on: Sequence[Way]


@require_http_methods(["GET", "HEAD", "POST"])
@customers_only
def new(request: HttpRequest) -> HttpResponse:
    """Take a question: on a no the page comes again, with the clause and all that was typed."""
    contact, at = contact_in(request), database_now()
    held = choices.held_by(contact, at)
    if request.method != "POST":
        subject = request.GET.get("subject", "")[:200]
        first = {"sending": uuid4().hex, "product": held[0].code if held else "", "subject": subject}
        form = NewForm(held=held, initial=first | {"priority": "normal"})
        return _page(request, form, at)
    form = NewForm(request.POST, request.FILES, held=held, is_cut=was_cut(request))
    if not form.is_valid():
        return _page(request, form, at, status=422)
    return _sent(request, form, contact, at)


def _sent(request: HttpRequest, form: NewForm, contact: Contact, at: datetime) -> HttpResponse:
    said = form.cleaned_data
    about: asking.About = said["product"].about
    try:
        ticket = asking.ask(
            contact=contact, about=about, words=form.words(), files=said["attachments"], token=said["sending"], at=at
        )
    except ActionRefusedError as refusal:
        shown = _refusal(refusal.message, refusal.clause, refusal.ways_on, about.contract)
        return _page(request, form, at, status=422, refusal=shown)
    note_asked(ticket=ticket, at=at)
    return redirect("portal:sent", ticket.number)


@require_safe
@customers_only
def foretold(request: HttpRequest) -> HttpResponse:
    """Say what the plan answers to a question that is still being written; nothing before its kind is chosen."""
    contact, at, said = contact_in(request), database_now(), request.GET
    held = choices.held_by(contact, at)
    about = next((one for one in held if one.code == said.get("product")), None)
    category, answers = said.get("category", ""), read_answers(said)
    if about is None or category not in Category.values:
        return render(request, "portal/_foretold.html", {})
    inquiry = choices.inquiry_for(held, about.code) if category == Category.CUSTOMISATION else None
    if inquiry and fault_of(inquiry, answers):
        return render(request, "portal/_foretold.html", {"is_open": True})
    words = asking.Words(category, "", "", said.get("priority", Priority.NORMAL), answers if inquiry else {})
    decision = asking.foretold(contact=contact, about=about.about, words=words, at=at)
    clause = cited(about.about.contract.plan, _section(decision.clause)[0])
    return render(request, "portal/_foretold.html", {"decision": decision, "clause": clause, "is_open": False})


def _page(request: HttpRequest, form: NewForm, at: datetime, *, status: int = 200, **more: Any) -> HttpResponse:
    held = list(form.held.values())
    contact = contact_in(request)
    context = {
        "page": "new",
        "form": form,
        "products": held,
        "categories": choices.categories_of(held),
        "priorities": choices.priorities(),
        "inquiry": form.inquiry,
        "questions": form.questions,
        "promises": [] if more else [_before(contact, one, at) for one in _one_a_contract(held)],
        "limits": {"files": LIMITS.files, "each": LIMITS.each >> 20, "together": LIMITS.together >> 20},
        "has_more": any(form[name].value() for name in ("module", "tenant", "version", "environment", "error_code")),
    }
    return render(request, "portal/new.html", context | more, status=status)


def _one_a_contract(held: Sequence[Held]) -> list[Held]:
    return list({one.about.contract.pk: one for one in reversed(held)}.values())[::-1]


def _before(contact: Contact, held: Held, at: datetime) -> dict[str, Any]:
    """Return what holds for a contract before anything is typed: its promise, its price, or its no."""
    decision = choices.preview_of(contact, held, at)
    contract = held.about.contract
    said = {"plan": plan_name(contract.plan), "number": contract.number, "outcome": decision.outcome}
    if decision.outcome == "not_covered":
        return said | {"refusal": _refusal(decision.reason, decision.clause, decision.ways_on, contract)}
    return said | {"words": decision.reason, "clause": _section(decision.clause)[0]}


def _refusal(reason: str, clause: str, ways_on: Sequence[str], contract: Contract) -> Refusal:
    section, text = _section(clause)
    ways = [Way("chevron", words) for words in ways_on]
    return Refusal(reason, text, cited(contract.plan, section), [*ways, *_people(contract)])


def _section(clause: str) -> tuple[str, str]:
    """Return a clause's section and its words."""
    first, _space, rest = clause.partition(" ")
    return (first, rest) if first.startswith("§") else ("", clause)


def _people(contract: Contract) -> list[Way]:
    """Return who on our side can be written to about it."""
    seats = {Seat.TECHNICAL_MANAGER: _("您的专属技术经理"), Seat.SUCCESS_MANAGER: _("您的客户成功经理")}
    held = [(title, seat_of(contract, seat)) for seat, title in seats.items()]
    return [_letter_to(person, title) for title, person in held if person and person.email]


def _letter_to(person: User, title: str) -> Way:
    words = _("写信给%(title)s %(name)s") % {"title": title, "name": name_of(person)}
    return Way("person", words, f"mailto:{person.email}")


@require_safe
@customers_only
def sent(request: HttpRequest, number: str) -> HttpResponse:
    """Say when somebody will answer, by which clause, and what comes next."""
    ticket, at = finding.find(user_in(request), number), database_now()
    promises = promises_of([ticket], at, user_in(request))[ticket.pk]
    first = promises[0] if promises else None
    context = {
        "page": "new",
        "ticket": ticket,
        "url": url_of(ticket),
        "milestone": first,
        "say": promised(first) if first and first.is_open else _("我们收到了，会尽快回复您"),
        "cite": cited(ticket.contract.plan, first.clause_source) if first else "",
        "opens": _opens(first, at),
        "outcome": "" if ticket.outcome == "covered" and first else text_of(ticket, "reason"),
        "first_step": _first_step(ticket),
        "now": at,
    }
    return render(request, "portal/sent.html", context)


def _opens(promise: Promise | None, at: datetime) -> str:
    """Return when the desk opens, if it was closed when the question came. Source: C47"""
    opening = opens_at(promise.milestone) if promise else None
    if promise is None or opening is None or opening <= at:
        return ""
    words = {"when": when(opening, at, promise.compiled.zone)}
    return _("现在不在服务时间内，从 %(when)s 开始计时，您不用守着。") % words


def _first_step(ticket: Ticket) -> str:
    team = plan_name(ticket.team) if ticket.team else _("服务团队")
    return _("%(team)s会接单，第一个有空的人来处理。") % {"team": team}
