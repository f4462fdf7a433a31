"""How a member of staff is told: the page where they, their lead or a manager say it, with what it comes to."""

from dataclasses import asdict
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from plans.accounts import zone_named
from plans.actions.alerts import Alerts, may_set, set_alerts
from plans.models import Role, User
from plans.models.people import STAFF_ROLES, AlertEvery, Language
from plans.wording import name_of as named
from sla.models import CalendarVersion
from sla.refusals import ActionRefusedError
from tickets.console.guard import Reader, agents_only
from tickets.console.ordering import by_name, place_of
from tickets.console.rail import rail
from tickets.console.rules.guard import may_write
from tickets.console.views import shown
from tickets.showing.wording import name_of, zone_words
from tickets.telling.alert_hours import Hours, hours_of

# The two moments that the page tells of: when nobody is at work, and in the middle of a morning.
FRIDAY, EVENING = 4, time(20)
MORNING = time(10, 7)
WEEK = 7
ANY = "any"


class AlertsForm(forms.Form):
    """When alerts come, how they are gathered, and how they are read."""

    calendar = forms.ChoiceField(
        label=pgettext_lazy("label", "接收提醒的时间"),
        help_text=gettext_lazy("这段时间以外的提醒，等到下次开始时送达；值班时立即送达。给客户的信不受影响。"),
    )
    every = forms.TypedChoiceField(
        label=pgettext_lazy("label", "提醒汇总"),
        help_text=gettext_lazy("逐条发送，或按间隔汇成一封。紧急工单超时最多等 15 分钟。"),
        coerce=int,
        choices=AlertEvery.choices,
    )
    language = forms.ChoiceField(label=gettext_lazy("邮件和页面的语言"), choices=Language.choices)
    timezone = forms.ChoiceField(
        label=gettext_lazy("时区"), help_text=gettext_lazy("页面和邮件里的时间按此显示，汇总也按此对齐。")
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["calendar"].choices = [(ANY, _("任何时间")), *calendars()]  # type: ignore[attr-defined]
        self.fields["timezone"].choices = zones()  # type: ignore[attr-defined]

    @property
    def wish(self) -> Alerts:
        """Return what was chosen, once it is valid."""
        said = self.cleaned_data
        return Alerts(**said | {"calendar": "" if said["calendar"] == ANY else said["calendar"]})


def calendars() -> list[tuple[str, str]]:
    """Return the service hours in force, by name."""
    return [(row.code, named(row)) for row in CalendarVersion.objects.current()]


def zones() -> list[tuple[str, str]]:
    """Return every zone that a place has, with what people call it."""
    places = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    words = ((zone, str(zone_words(ZoneInfo(zone)))) for zone in places)
    return [("UTC", "UTC"), *((zone, zone if said == zone else f"{said} · {zone}") for zone, said in words)]


def wish_of(user: User) -> Alerts:
    """Return how a user is told now."""
    return Alerts(user.alert_calendar, user.alert_every, user.language, user.timezone)


def chosen_by(user: User) -> dict[str, Any]:
    """Return the same as the form has it."""
    wish = asdict(wish_of(user))
    return wish | {"calendar": wish["calendar"] or ANY}


def sayings(alerts: Alerts, at: datetime) -> list[str]:
    """Return what a wish comes to, in words: for next Friday evening, and for a morning in the week after."""
    wisher = User(pk=0, alert_calendar=alerts.calendar, alert_every=alerts.every, timezone=alerts.timezone)
    hours, zone = hours_of([wisher]).get(0), zone_named(alerts.timezone)
    evening = _next(FRIDAY, EVENING, at, zone)
    morning = datetime.combine(evening.date() + timedelta(days=5), MORNING, zone)
    return [_saying(moment, hours, zone) for moment in (evening, morning)]


def _next(weekday: int, wall: time, at: datetime, zone: ZoneInfo) -> datetime:
    today = at.astimezone(zone).date()
    return datetime.combine(today + timedelta(days=(weekday - today.weekday()) % WEEK), wall, zone)


def _saying(moment: datetime, hours: Hours | None, zone: ZoneInfo) -> str:
    told = hours.told_at(moment) if hours else moment
    words = {"moment": _wall(moment, zone), "told": _wall(told, zone)}
    if told <= moment:
        return _("%(moment)s 的超时提醒会立即送达。") % words
    return _("%(moment)s 的超时提醒会在 %(told)s 送达。") % words


def _wall(at: datetime, zone: ZoneInfo) -> str:
    return dateformat.format(at.astimezone(zone), _("n月j日 D H:i"))


def theirs(reader: Reader) -> QuerySet[User]:
    """Return whose alerts a reader may set besides their own: a lead's team, and all of ours for managers."""
    staff = User.objects.filter(is_active=True, role__in=STAFF_ROLES).exclude(pk=reader.user.pk).select_related("team")
    if reader.user.role in (Role.MANAGER, Role.ADMIN):
        return staff
    led = Q(team__lead=reader.user) if reader.user.role == Role.LEAD else Q(pk=None)
    return staff.filter(led)


def people(reader: Reader) -> list[dict[str, Any]]:
    """Return them with what they have wished."""
    names = dict(calendars())
    return [
        {
            "name": name_of(person),
            "team": named(person.team) if person.team else "",
            "hours": names.get(person.alert_calendar, _("任何时间")),
            "every": person.get_alert_every_display(),
            "url": reverse("console:alerts_of", args=[person.username]),
        }
        for person in _in_order(reader)
    ]


def _in_order(reader: Reader) -> list[User]:
    """Return them team by team."""
    return sorted(by_name(theirs(reader)), key=lambda person: place_of(named(person.team) if person.team else ""))


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def alerts_page(request: HttpRequest, reader: Reader, username: str = "") -> HttpResponse:
    """Show how somebody is told and keep what is chosen; to a change of the form, only what it would come to."""
    user = found(username, reader)
    chosen = request.POST if request.method == "POST" else request.GET if "every" in request.GET else None
    form = AlertsForm(chosen, initial=chosen_by(user))
    wish = form.wish if form.is_valid() else wish_of(user)
    if request.headers.get("HX-Request"):
        return shown(request, "console/_alerts_preview.html", {"sayings": sayings(wish, reader.at)})
    refusal = keep(request, reader, user, form) if request.method == "POST" else None
    if request.method == "POST" and form.is_valid() and refusal is None:
        return redirect(request.path)
    context = {
        "person": user,
        "is_own": user.pk == reader.user.pk,
        "form": form,
        "refusal": refusal,
        "sayings": sayings(wish, reader.at),
        "robots_url": reverse("console:rules:endpoints") if may_write(reader.user) else "",
        "people": people(reader) if user.pk == reader.user.pk else [],
    }
    status = HTTPStatus.OK if request.method != "POST" else HTTPStatus.UNPROCESSABLE_ENTITY
    return shown(request, "console/alerts.html", {**rail(reader, None), "in_alerts": True, **context}, status)


def found(username: str, reader: Reader) -> User:
    """Return whose alerts are asked for. Raises Http404 for somebody whose are not the reader's to set."""
    if not username:
        return reader.user
    user = User.objects.filter(username=username, is_active=True).select_related("team").first()
    if user is None or not may_set(reader.user, user):
        raise Http404
    return user


def keep(request: HttpRequest, reader: Reader, user: User, form: AlertsForm) -> ActionRefusedError | None:
    """Keep what was chosen, and return why not if it is refused."""
    if not form.is_valid():
        return None
    try:
        set_alerts(user=user, alerts=form.wish, actor=reader.user)
    except ActionRefusedError as refused:
        return refused
    messages.success(request, _("提醒设置已保存。"))
    return None


urlpatterns = [
    path("alerts/", alerts_page, name="alerts"),
    path("alerts/<str:username>/", alerts_page, name="alerts_of"),
]
