"""How pages and letters say engagements: when, where, by whom, and what happened, in the reader's language and zone."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.accounts import zone_named
from plans.engagements.invitations import Guest, Meeting
from plans.engagements.offered import stages_of
from plans.models import Attendee, Contact, Engagement, EngagementStep, Provider, User
from plans.wording import clause_of, name_of, text_of
from tickets.showing.wording import in_english, zone_words
from tickets.showing.wording import name_of as called

COMING = (Attendee.State.ENROLLED, Attendee.State.ATTENDED)


def topic_of(engagement: Engagement) -> str:
    """Return what an engagement is about: a gathering's title in the reader's language, else what was asked for."""
    return text_of(engagement.gathering, "title") if engagement.gathering else engagement.topic


def span_words(start: datetime | None, end: datetime | None, zone: ZoneInfo, beside: ZoneInfo | None = None) -> str:
    """Return a time to meet in words, in `zone`; in `beside` too where its wall clock shows another time."""
    if start is None or end is None:
        return _("时间待定")
    here = _span(start, end, zone)
    if beside is None or start.astimezone(beside).utcoffset() == start.astimezone(zone).utcoffset():
        return here
    said = {"here": here, "zone": zone_words(zone), "there": _span(start, end, beside), "other": zone_words(beside)}
    return _("%(here)s（%(zone)s；%(other)s %(there)s）") % said


def _span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    begins, ends = start.astimezone(zone), end.astimezone(zone)
    day = dateformat.format(begins, _("Y年n月j日 D H:i"))
    last = f"{ends:%H:%M}" if begins.date() == ends.date() else dateformat.format(ends, _("n月j日 D H:i"))
    return f"{day} – {last}"


def when_words(engagement: Engagement) -> str:
    """Return when an engagement takes place, in the zone in use and in its own where they differ."""
    zone = zone_named(timezone.get_current_timezone_name())
    return span_words(engagement.starts_at, engagement.ends_at, zone, zone_named(engagement.timezone))


def where_words(engagement: Engagement) -> str:
    """Return how and where people meet."""
    mode = engagement.get_mode_display()
    return _("%(mode)s · %(place)s") % {"mode": mode, "place": engagement.place} if engagement.place else mode


def provider_of(engagement: Engagement) -> str:
    """Return who delivers: the branch or partner by name where one is named."""
    label = str(Provider(engagement.provider).label)
    return f"{label} · {name_of(engagement.branch)}" if engagement.branch else label


def experts_of(engagement: Engagement) -> str:
    """Return the experts by name."""
    return _("、").join(called(row.user) for row in engagement.experts.all())


def facts_of(engagement: Engagement) -> list[tuple[str, str]]:
    """Return what a letter lists about an engagement."""
    facts = [
        (pgettext("letter", "服务交付"), f"{engagement.number} {topic_of(engagement)}"),
        (_("服务项"), name_of(engagement.item)),
        (_("方式"), where_words(engagement)),
        (_("交付主体"), provider_of(engagement)),
        (_("专家"), experts_of(engagement)),
        (_("条款"), clause_of(engagement.item)),
    ]
    return [(name, said) for name, said in facts if said]


def meeting_of(engagement: Engagement, *, url: str = "", reader: User | Contact | None = None) -> Meeting:
    """Return an engagement as a calendar has it. Who takes part in a gathering of many customers is not told."""
    return Meeting(
        number=engagement.number,
        sequence=engagement.sequence,
        starts_at=engagement.starts_at or engagement.requested_at,
        ends_at=engagement.ends_at or engagement.requested_at,
        timezone=engagement.timezone,
        title=_("%(service)s：%(topic)s") % {"service": name_of(engagement.item), "topic": topic_of(engagement)},
        text="\n".join(f"{name}: {said}" for name, said in facts_of(engagement)),
        place=engagement.place,
        url=url,
        guests=_guests(engagement, reader),
    )


def _guests(engagement: Engagement, reader: User | Contact | None) -> tuple[Guest, ...]:
    found = {reader.email: Guest(called(reader), reader.email)} if reader and reader.email else {}
    if engagement.gathering_id is None:
        people: Iterable[Any] = [
            *engagement.attendees.filter(state__in=COMING),
            *(row.user for row in engagement.experts.select_related("user")),
        ]
        found |= {one.email: Guest(text_of(one, "name") or str(one), one.email) for one in people if one.email}
    return tuple(found.values())


def stage_words(engagement: Engagement, place: int | None) -> str:
    """Return what a stage is called; nothing where there is none."""
    stages = stages_of(engagement.item)
    return stages[place].name if place is not None and place < len(stages) else ""


def step_words(step: EngagementStep) -> str:
    """Return what a line of the journal says besides its kind."""
    fields = step.fields
    if "starts_at" in fields and fields.get("ends_at"):
        zone = zone_named(timezone.get_current_timezone_name())
        start, end = (datetime.fromisoformat(fields[name]) for name in ("starts_at", "ends_at"))
        said = span_words(start, end, zone)
        more = fields.get("note") or fields.get("heard") or fields.get("busy") or ""
        return f"{said} · {more}" if more else said
    teller = TELLERS.get(EngagementStep.Kind(step.kind))
    return teller(step) if teller else str(fields.get("reason", ""))


def _named(fields: Mapping[str, Any]) -> str:
    """Return a name that the journal keeps, in the reader's language."""
    return str((fields.get("name_en") if in_english() else "") or fields.get("name", ""))


def _stage(step: EngagementStep) -> str:
    place = next((n for n, one in enumerate(step.engagement.item.stage_codes) if one == step.fields.get("stage")), None)
    return stage_words(step.engagement, place)


def _attendee(step: EngagementStep) -> str:
    state = dict(Attendee.State.choices).get(step.fields.get("state", ""), "")
    certificate = step.fields.get("certificate", "")
    return " · ".join(str(part) for part in (_named(step.fields), state, certificate) if part)


def _delivered(step: EngagementStep) -> str:
    days = step.fields.get("person_days")
    return _("%(days)s 人天") % {"days": days} if days else ""


def _recorded(step: EngagementStep) -> str:
    return _("原先写的是：%(before)s") % {"before": step.fields["before"]} if step.fields.get("before") else ""


def _closed(step: EngagementStep) -> str:
    report = step.fields.get("because")
    return _("报告 %(number)s 已确认") % {"number": report} if report else ""


def _experts(step: EngagementStep) -> str:
    return _("、").join(_named(one) for one in step.fields.get("experts", []))


def _terms(step: EngagementStep) -> str:
    labels = {"provider": dict(Provider.choices), "mode": dict(Engagement._meta.get_field("mode").choices or [])}
    return " · ".join(
        _("、").join(_named(one) for one in said)
        if isinstance(said, list)
        else str(labels.get(name, {}).get(said, said))
        for name, said in step.fields.items()
    )


def _rated(step: EngagementStep) -> str:
    return _("%(name)s：%(rating)d 分") % {"name": _named(step.fields), "rating": step.fields["rating"]}


TELLERS = {
    EngagementStep.Kind.STAGE: _stage,
    EngagementStep.Kind.ATTENDEE: _attendee,
    EngagementStep.Kind.DELIVERED: _delivered,
    EngagementStep.Kind.RECORDED: _recorded,
    EngagementStep.Kind.CLOSED: _closed,
    EngagementStep.Kind.EXPERTS: _experts,
    EngagementStep.Kind.TERMS: _terms,
    EngagementStep.Kind.FEEDBACK: _rated,
    EngagementStep.Kind.REQUESTED: lambda step: str(step.fields.get("topic", "")),
}
