"""Events and certifications for many customers: published, joined, held, with what became of everybody."""

from collections.abc import Mapping
from functools import reduce
from http import HTTPStatus
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.accounts import zone_named
from plans.actions.engagements import gathering as actions
from plans.actions.engagements.gates import Slot
from plans.actions.engagements.journal import COMING
from plans.engagements.access import may_hold, seen_in
from plans.engagements.offered import is_gathered, stages_of
from plans.models import Attendee, Contact, Gathering, Item, Mode
from plans.refusals import RefusedError
from plans.wording import clause_of, name_of
from sla.refusals import ActionRefusedError
from tickets.console.accounts.engagements.forms import StageForm, zone_choices
from tickets.console.accounts.nav import desk_page
from tickets.console.guard import Reader, agents_only
from tickets.engagement_forms import PostForm, ReasonForm, ZonedForm, short, wall, words
from tickets.showing.engagements import span_words
from tickets.showing.wording import name_of as called

SHOWN = 100
# As many contacts as a list offers at once, and by what the others are found.
OFFERED = 200
NAMED = ("name", "name_en", "email", "customer__name", "customer__name_en", "customer__code")
ZONE = "Asia/Shanghai"


def items_held() -> list[Item]:
    """Return what the catalogues offer for many at once, each vendor's service once."""
    rows = Item.objects.filter(plan__is_current=True).select_related("plan").order_by("plan__vendor", "-plan__rank")
    found: dict[tuple[str, str], Item] = {}
    for item in rows:
        if is_gathered(item):
            found.setdefault((item.plan.vendor, item.service), item)
    return list(found.values())


class GatheringForm(ZonedForm):
    """What is published, in both languages."""

    what = forms.ChoiceField(label=gettext_lazy("哪项服务"))
    title = short(gettext_lazy("中文名称"), 160, required=True)
    title_en = short(gettext_lazy("英文名称"), 160, required=True)
    text = words(gettext_lazy("中文介绍"), 4000, required=False)
    text_en = words(gettext_lazy("英文介绍"), 4000, required=False)
    starts_at = wall(gettext_lazy("开始"))
    ends_at = wall(gettext_lazy("结束"))
    timezone = forms.ChoiceField(label=gettext_lazy("按哪里的时间"), initial=ZONE)
    mode = forms.ChoiceField(label=gettext_lazy("方式"), choices=Mode.choices, initial=Mode.ON_SITE)
    place = short(gettext_lazy("地点或会议链接"), 300)
    places = forms.IntegerField(label=gettext_lazy("名额"), min_value=1, max_value=100_000, required=False)
    enrol_until = forms.DateField(
        label=gettext_lazy("报名截止（含当日）"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["what"].choices = [
            (f"{one.plan.vendor}/{one.service}", f"{one.promise} {name_of(one)}") for one in items_held()
        ]
        fields["timezone"].choices = zone_choices(ZONE)

    def event(self) -> actions.Event:
        """Return what was typed."""
        said = dict(self.cleaned_data)
        vendor, service = said.pop("what").split("/")
        slot = Slot(said.pop("starts_at"), said.pop("ends_at"))
        return actions.Event(service=service, vendor=vendor, slot=slot, **said)


class InviteForm(forms.Form):
    """Whom to invite, of the customers whose contracts give it: as many as a list bears, others are searched for."""

    contacts = forms.ModelMultipleChoiceField(Contact.objects.none(), label=gettext_lazy("联系人"))

    def __init__(self, *args: Any, gathering: Gathering, at: Any, find: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["contacts"]
        customers = {right.contract.customer_id for right in actions.rights_to(gathering, at)}
        invited = Attendee.objects.filter(engagement__gathering=gathering, contact__isnull=False).values("contact")
        rows = Contact.objects.active().filter(customer__in=customers).exclude(pk__in=invited)
        field.queryset = rows.select_related("customer").order_by("customer__code", "name")
        field.label_from_instance = lambda one: f"{called(one)} · {name_of(one.customer)}"
        found = list(_named(field.queryset, find)[: OFFERED + 1])
        self.has_more = len(found) > OFFERED
        field.widget.choices = [(one.pk, field.label_from_instance(one)) for one in found[:OFFERED]]
        field.widget.attrs["size"] = 8


def _named(rows: QuerySet[Contact], find: str) -> QuerySet[Contact]:
    """Narrow contacts to those of whom, or of whose customer, some words are said."""
    for word in find.replace("\0", " ").split()[:5]:
        said = (Q(**{f"{name}__icontains": word}) for name in NAMED)
        rows = rows.filter(reduce(or_, said))
    return rows


class ResultForm(forms.Form):
    """What became of one person."""

    attendee = forms.IntegerField(min_value=1)
    came = forms.NullBooleanField(required=False)
    has_passed = forms.NullBooleanField(required=False)
    score = short(gettext_lazy("成绩"), 20)
    certificate = short(gettext_lazy("证书编号"), 60)


@require_safe
@agents_only
def gatherings(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List what is held for many customers, the latest in front."""
    rows = Gathering.objects.visible_to(reader.user)[:SHOWN]
    names = {(one.plan.vendor, one.service): one for one in items_held()}
    lines = [{"gathering": row, "item": names.get((row.vendor, row.service)), "when": _when(row),
              "coming": _coming(row)} for row in rows]  # fmt: skip
    context = {"lines": lines, "may_publish": may_hold(reader.user)}
    return desk_page(request, reader, ("gatherings", "console/accounts/engagements/gatherings.html"), context)


def _when(row: Gathering) -> str:
    return span_words(row.starts_at, row.ends_at, zone_named(row.timezone))


def _coming(row: Gathering) -> int:
    return Attendee.objects.filter(engagement__gathering=row, state__in=COMING).count()


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def new(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Publish an event or a certification."""
    if not may_hold(reader.user):
        raise PermissionDenied
    said = request.POST if request.method == "POST" else None
    form = GatheringForm(said, zone=_zone(said))
    refusal = None
    if said is not None and form.is_valid():
        try:
            made = actions.publish(event=form.event(), actor=reader.user, at=reader.at)
        except ActionRefusedError as error:
            refusal = error
        else:
            messages.success(request, _("已发布。"))
            return redirect("console:accounts:gathering", made.pk)
    page = ("gatherings", "console/accounts/engagements/gathering_new.html")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said is not None else HTTPStatus.OK
    return desk_page(request, reader, page, {"form": form, "refusal": refusal}, status)


def _zone(said: Mapping[str, str] | None) -> ZoneInfo:
    return zone_named(said.get("timezone", ZONE) if said else ZONE)


@require_safe
@agents_only
def gathering(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Show an event or certification with everybody in it."""
    return _shown(request, reader, _find(reader, pk))


def _find(reader: Reader, pk: int) -> Gathering:
    found = Gathering.objects.visible_to(reader.user).filter(pk=pk).select_related("by").first()
    if found is None:
        raise Http404
    return found


def _shown(
    request: HttpRequest, reader: Reader, row: Gathering, refusal: ActionRefusedError | None = None
) -> HttpResponse:
    item = actions.item_of(row.service, row.vendor)
    rows = seen_in(row, reader.user)
    is_open, find = row.cancelled_at is None and row.starts_at > reader.at, request.GET.get("find", "")[:80]
    context = {
        "gathering": row,
        "item": item,
        "clause": clause_of(item),
        "when": _when(row),
        "stages": stages_of(item),
        "people": rows.order_by("engagement__contract__customer__code", "pk"),
        "invites": InviteForm(gathering=row, at=reader.at, find=find) if is_open and may_hold(reader.user) else None,
        "find": find,
        "call_off": ReasonForm(_typed(request, "call_off")) if is_open and may_hold(reader.user) else None,
        "conclusion": PostForm(_typed(request, "conclude")) if _is_to_be_concluded(row, reader) else None,
        "may_publish": may_hold(reader.user),
        "has_begun": row.starts_at <= reader.at,
        "has_exam": "exam" in item.stage_codes,
        "refusal": refusal,
    }
    page = ("gatherings", "console/accounts/engagements/gathering.html")
    return desk_page(request, reader, page, context, HTTPStatus.CONFLICT if refusal else HTTPStatus.OK)


def _typed(request: HttpRequest, action: str) -> QueryDict | None:
    """Return what was typed for an act that was refused, so that it stays in its form."""
    return request.POST if request.POST.get("action") == action else None


def _is_to_be_concluded(row: Gathering, reader: Reader) -> bool:
    is_over = row.cancelled_at is None and row.ends_at <= reader.at
    return may_hold(reader.user) and is_over and row.engagements.filter(state="agreed").exists()


@require_POST
@agents_only
def act(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Do something with an event; a refusal is told with its clause."""
    row = _find(reader, pk)
    if not may_hold(reader.user):
        raise PermissionDenied
    does = ACTS.get(request.POST.get("action", ""))
    if does is None:
        raise Http404
    try:
        does(row, request, reader)
    except ActionRefusedError as refusal:
        return _shown(request, reader, row, refusal)
    messages.success(request, _("已保存。"))
    return redirect("console:accounts:gathering", row.pk)


def _read(form: forms.Form) -> dict[str, Any]:
    """Return what was typed. Raises RefusedError where it cannot be read."""
    if not form.is_valid():
        raise RefusedError("unreadable", str(next(iter(form.errors.values()))[0]))
    return form.cleaned_data


def _invite(row: Gathering, request: HttpRequest, reader: Reader) -> None:
    said = _read(InviteForm(request.POST, gathering=row, at=reader.at))
    actions.invite(gathering=row, contacts=list(said["contacts"]), actor=reader.user, at=reader.at)


def _move_on(row: Gathering, request: HttpRequest, reader: Reader) -> None:
    actions.move_on(gathering=row, stage=_read(StageForm(request.POST))["stage"], actor=reader.user, at=reader.at)


def _call_off(row: Gathering, request: HttpRequest, reader: Reader) -> None:
    actions.call_off(gathering=row, reason=_read(ReasonForm(request.POST))["reason"], actor=reader.user, at=reader.at)


def _note_result(row: Gathering, request: HttpRequest, reader: Reader) -> None:
    said = _read(ResultForm(request.POST))
    attendee = Attendee.objects.filter(engagement__gathering=row, pk=said.pop("attendee")).first()
    if attendee is None:
        raise RefusedError("no_attendee", _("没有这位参加人。"))
    actions.note_result(attendee=attendee, result=actions.Result(**said), actor=reader.user, at=reader.at)


def _conclude(row: Gathering, request: HttpRequest, reader: Reader) -> None:
    said = _read(PostForm(request.POST))
    actions.conclude(gathering=row, done=said["body"], actor=reader.user, at=reader.at)


ACTS = {"conclude": _conclude, "invite": _invite, "stage": _move_on, "call_off": _call_off, "result": _note_result}
urlpatterns = [
    path("-/gatherings/", gatherings, name="gatherings"),
    path("-/gatherings/new/", new, name="gathering_new"),
    path("-/gatherings/<int:pk>/", gathering, name="gathering"),
    path("-/gatherings/<int:pk>/act/", act, name="gathering_act"),
]
