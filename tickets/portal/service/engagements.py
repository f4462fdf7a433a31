"""A customer's engagements: ask for one, answer a proposed time, follow it, say what they thought."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.accounts import zone_named
from plans.actions.engagements import delivering, people, timing
from plans.actions.engagements.asking import Asked, ask
from plans.actions.engagements.journal import COMING
from plans.engagements.access import may_decide
from plans.engagements.invitations import PUBLISH, invitation
from plans.engagements.offered import stage_of, stages_of
from plans.engagements.reading import Offer, brought, find, offers_of, summary
from plans.models import Attendee, Contact, Contract, Engagement, User
from plans.models.engagements import EngagementQuerySet
from plans.refusals import RefusedError
from plans.wording import name_of
from sla.refusals import ActionRefusedError
from tickets.engagement_forms import Attempt, Deed, GuestForm, KeyForm, PostForm, ReasonForm, RequestForm, TimeForm
from tickets.portal.guard import contact_in, user_in
from tickets.portal.service.gatherings import open_gatherings
from tickets.portal.service.guard import for_service
from tickets.portal.service.nav import service_page
from tickets.showing.engagements import experts_of, meeting_of, provider_of, topic_of, when_words, where_words

State = Engagement.State
PAST = 30
RATINGS = [(5, gettext_lazy("很好")), (4, gettext_lazy("好")), (3, gettext_lazy("一般")), (2, gettext_lazy("不好")),
           (1, gettext_lazy("很不好"))]  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One engagement in a list; `waits` says that the customer has a time to answer."""

    engagement: Engagement
    topic: str
    when: str
    waits: bool


def seen_by(user: User, contract: Contract) -> EngagementQuerySet:
    """Return the engagements of a contract that one of the customer's people may see."""
    return Engagement.objects.visible_to(user).filter(contract=contract)


@require_safe
@for_service
def engagements_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show what waits for an answer, what comes, what may be asked for, and what was."""
    rows = brought(seen_by(user_in(request), contract).joined())
    asking = set(rows.filter(Q(proposals__answer="open", proposals__side="ours")).values_list("pk", flat=True))
    own = Q(gathering=None) | Q(attendees__contact=contact_in(request), attendees__state__in=COMING)
    lines = [_line(row, asking) for row in rows.under_way().filter(own).distinct().order_by("starts_at", "pk")]
    ended = rows.filter(state__in=(State.CLOSED, State.CANCELLED)).order_by("-ended_at")[:PAST]
    context = {
        "waiting": [one for one in lines if one.waits],
        "coming": [one for one in lines if not one.waits],
        "past": [_line(row, set()) for row in ended],
        "offers": [one for one in offers_of(contract, at) if one.is_open],
        "gatherings": open_gatherings(contact_in(request), contract, at),
    }
    page = ("engagements", "portal/service/engagements/list.html")
    return service_page(request, contract, at, page, context)


def _line(row: Engagement, asking: set[int]) -> Line:
    return Line(row, topic_of(row), when_words(row), row.pk in asking)


@require_http_methods(["GET", "HEAD", "POST"])
@for_service
def new(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Ask for a service: what is left and the earliest day are said before anything is typed; nothing typed is lost."""
    if "right" not in request.GET:
        return redirect("portal:service:engagements", contract.number)
    offer = _offer(request, contract, at)
    said = request.POST if request.method == "POST" else None
    zone = zone_named(contract.timezone)
    form = RequestForm(said, entitlement=offer.entitlement, units=offer.figures, zone=zone)
    refusal = None
    if said is not None and form.is_valid():
        asked = Asked(offer.entitlement, form.wanted(), contact_in(request), form.slot())
        try:
            made = ask(asked=asked, actor=user_in(request), at=at)
        except ActionRefusedError as error:
            refusal = error
        else:
            messages.success(request, _("收到了，服务团队会与您商定时间。"))
            return redirect("portal:service:engagement", contract.number, made.number)
    page = ("engagements", "portal/service/engagements/new.html")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said is not None else HTTPStatus.OK
    context = {"form": form, "offer": offer, "refusal": refusal}
    return service_page(request, contract, at, page, context, status=status)


def _offer(request: HttpRequest, contract: Contract, at: datetime) -> Offer:
    """Return the service that is asked for. Raises Http404 for one that the contract does not give, or no more."""
    key = request.GET.get("right", "")
    found = next((one for one in offers_of(contract, at) if str(one.entitlement.pk) == key), None)
    if found is None:
        raise Http404
    return found


class FeedbackForm(forms.Form):
    """What somebody thought."""

    rating = forms.TypedChoiceField(
        label=gettext_lazy("评价"), choices=RATINGS, coerce=int, widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选一个评价。")},
    )  # fmt: skip
    comment = forms.CharField(
        label=gettext_lazy("想说的话"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class Colleague(forms.ModelChoiceField):
    """A contact, by name."""

    def label_from_instance(self, obj: Contact) -> str:
        return name_of(obj)


class ColleagueForm(forms.Form):
    """A colleague who takes part."""

    contact = Colleague(Contact.objects.none(), label=gettext_lazy("同事"), empty_label="—")

    def __init__(self, said: Mapping[str, Any] | None, customer: int) -> None:
        super().__init__(said)
        fields: Any = self.fields
        fields["contact"].queryset = Contact.objects.active().filter(customer=customer)


@dataclass(frozen=True)
class ContactsDeed(Deed):
    """One act of one of the customer's people, with what was typed."""

    contact: Contact


@dataclass(frozen=True, slots=True)
class Act:
    """A named act: its form, what it does, and what is said once it is done."""

    form: Callable[[Engagement, Mapping[str, Any] | None], forms.Form]
    does: Callable[[ContactsDeed], object]
    done: LazyText


def _propose(deed: ContactsDeed) -> object:
    return timing.propose(**deed.usual, slot=deed.form.slot(), remark=deed.said["remark"])


def _add_colleague(deed: ContactsDeed) -> object:
    return people.add_attendee(**deed.usual, who=deed.said["contact"])


def _add_guest(deed: ContactsDeed) -> object:
    return people.add_attendee(**deed.usual, who=people.Guest(**deed.said))


def _remove(deed: ContactsDeed) -> object:
    row = deed.engagement.attendees.filter(pk=deed.said["attendee"]).first()
    if row is None:
        raise RefusedError("no_attendee", _("没有这位参加人。"))
    return people.remove_attendee(attendee=row, actor=deed.actor, at=deed.at)


def _feedback(deed: ContactsDeed) -> object:
    row = own_place(deed.engagement, deed.contact)
    if row is None:
        raise RefusedError("not_there", _("参加过的人才能评价。"))
    return people.give_feedback(attendee=row, **deed.said, actor=deed.actor, at=deed.at)


def own_place(engagement: Engagement, contact: Contact) -> Attendee | None:
    """Return a contact's own row among those who take part; none for who declined."""
    return engagement.attendees.filter(contact=contact).exclude(state=Attendee.State.DECLINED).first()


def plain(form: type[forms.Form]) -> Callable[[Engagement, Mapping[str, Any] | None], forms.Form]:
    """Return a form that needs nothing of the engagement."""
    return lambda _engagement, said: form(said)


ACTS = {
    "accept": Act(
        plain(forms.Form), lambda deed: timing.accept(**deed.usual), gettext_lazy("时间已定，邀请会发到邮箱。")
    ),
    "propose": Act(
        lambda engagement, said: TimeForm(said, zone=zone_named(engagement.timezone)), _propose,
        gettext_lazy("已提议，服务团队会答复您。"),
    ),
    "withdraw": Act(plain(forms.Form), lambda deed: timing.withdraw(**deed.usual), gettext_lazy("已撤回。")),
    "cancel": Act(
        plain(ReasonForm), lambda deed: delivering.cancel(**deed.usual, reason=deed.said["reason"]),
        gettext_lazy("已取消。"),
    ),
    "add_colleague": Act(
        lambda engagement, said: ColleagueForm(said, engagement.contract.customer_id), _add_colleague,
        gettext_lazy("已加入参加人。"),
    ),
    "add_guest": Act(plain(GuestForm), _add_guest, gettext_lazy("已加入参加人。")),
    "remove": Act(plain(KeyForm), _remove, gettext_lazy("已移出参加人。")),
    "post": Act(
        plain(PostForm), lambda deed: people.post(**deed.usual, body=deed.said["body"]), gettext_lazy("已发出。")
    ),
    "feedback": Act(plain(FeedbackForm), _feedback, gettext_lazy("谢谢您的评价。")),
}  # fmt: skip
BEFORE = ("propose", "cancel", "add_colleague", "add_guest", "remove", "post")
AFTER = ("feedback", "post")
POSSIBLE = {
    State.REQUESTED: BEFORE,
    State.PROPOSED: ("accept", "withdraw", *BEFORE),
    State.AGREED: ("accept", "withdraw", *BEFORE),
    State.DELIVERED: AFTER,
    State.RECORDED: AFTER,
    State.CLOSED: AFTER,
    State.CANCELLED: (),
}


def _find(request: HttpRequest, contract: Contract, code: str) -> Engagement:
    found = find(code, seen_by(user_in(request), contract))
    if found is None:
        raise Http404
    return found


@require_safe
@for_service
def engagement(request: HttpRequest, contract: Contract, at: datetime, code: str) -> HttpResponse:
    """Show an engagement to its customer."""
    return _shown(request, at, _find(request, contract, code), Attempt())


@require_POST
@for_service
def act(request: HttpRequest, contract: Contract, at: datetime, code: str) -> HttpResponse:
    """Do what a customer may; a refusal is told with its clause, and nothing typed is lost.

    What was overtaken meanwhile is told too: a page may have stood open while somebody else answered.
    """
    found, name = _find(request, contract, code), request.POST.get("action", "")
    kind = ACTS.get(name)
    if kind is None or name not in _theirs(found, user_in(request)):
        raise Http404
    form = kind.form(found, request.POST)
    if not form.is_valid():
        return _shown(request, at, found, Attempt(name, form), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        kind.does(ContactsDeed(found, form, user_in(request), at, contact_in(request)))
    except ActionRefusedError as refusal:
        return _shown(request, at, found, Attempt(name, form, refusal), HTTPStatus.CONFLICT)
    messages.success(request, str(kind.done))
    return redirect("portal:service:engagement", contract.number, found.number)


def _theirs(row: Engagement, user: User) -> tuple[str, ...]:
    """Return what is theirs to do at one time or another; whether they come to an event is said on its own page."""
    return AFTER if row.gathering_id or not may_decide(user, row) else tuple(ACTS)


def _possible(row: Engagement, user: User) -> tuple[str, ...]:
    """Return what one of the customer's people can do now."""
    theirs = _theirs(row, user)
    names = tuple(name for name in POSSIBLE[State(row.state)] if name in theirs)
    return names if row.proposals.filter(answer="open").exists() else tuple(n for n in names if n not in OPEN_ONLY)


OPEN_ONLY = ("accept", "withdraw")


def _shown(
    request: HttpRequest, at: datetime, row: Engagement, attempt: Attempt, status: int = HTTPStatus.OK
) -> HttpResponse:
    place, possible = own_place(row, contact_in(request)), _possible(row, user_in(request))
    context = {
        "engagement": row,
        "topic": topic_of(row),
        "when": when_words(row),
        "where": where_words(row),
        "provider": provider_of(row),
        "experts": experts_of(row),
        "proposal": row.proposals.filter(answer="open").first(),
        "attendees": [] if row.gathering_id else row.attendees.exclude(state=Attendee.State.DECLINED),
        "posts": row.posts.select_related("author"),
        "stages": stages_of(row.item),
        "stage": stage_of(row),
        "sessions": seen_by(user_in(request), row.contract).filter(part_of=row).order_by("pk"),
        "offer": summary(row, at),
        "place": place,
        "forms": _forms(row, attempt, place, possible),
        "tried": attempt.name,
        "stray": attempt.stray(possible),
        "typed": attempt.typed,
        "refusal": attempt.refusal,
        "has_calendar": row.state in (State.AGREED, State.DELIVERED, State.RECORDED, State.CLOSED),
    }
    page = ("engagements", "portal/service/engagements/engagement.html")
    return service_page(request, row.contract, at, page, context, status=status)


def _forms(
    row: Engagement, attempt: Attempt, place: Attendee | None, possible: tuple[str, ...]
) -> dict[str, forms.Form]:
    found = {name: ACTS[name].form(row, None) for name in possible}
    if place is None or place.rating:
        found.pop("feedback", None)
    return found | ({attempt.name: attempt.form} if attempt.form and attempt.name in possible else {})


@require_safe
@for_service
def calendar_file(request: HttpRequest, contract: Contract, at: datetime, code: str) -> HttpResponse:
    """Return the agreed time as a calendar file."""
    row = _find(request, contract, code)
    if row.state not in (State.AGREED, State.DELIVERED, State.RECORDED, State.CLOSED):
        raise Http404
    text = invitation(meeting_of(row, reader=contact_in(request)), method=PUBLISH, at=at)
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row.number}.ics"'
    return answer


urlpatterns = [
    path("<str:number>/engagements/", engagements_page, name="engagements"),
    path("<str:number>/engagements/new/", new, name="engagement_new"),
    path("<str:number>/engagements/<slug:code>/", engagement, name="engagement"),
    path("<str:number>/engagements/<slug:code>/act/", act, name="engagement_act"),
    path("<str:number>/engagements/<slug:code>/calendar.ics", calendar_file, name="engagement_ics"),
]
