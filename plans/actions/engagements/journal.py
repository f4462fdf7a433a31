"""The journal of an engagement, and the news of each step for those it concerns."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from plans.actions.news import tell
from plans.models import Attendee, Engagement, EngagementStep, User

Kind = EngagementStep.Kind
# Who arranges what customers ask for. Source: Y22, K05, K06
ARRANGERS = ("success_manager", "technical_manager")
COMING = (Attendee.State.ENROLLED, Attendee.State.ATTENDED)


def lock(engagement: Engagement) -> Engagement:
    """Return an engagement as it stands now, held until the end of the transaction. Call inside atomic."""
    rows = Engagement.objects.select_for_update(of=("self",))
    related = ("contract__customer", "contract__branch", "contract__plan", "item", "entitlement", "gathering")
    return rows.select_related(*related, "requested_by__customer").get(pk=engagement.pk)


def note(engagement: Engagement, kind: Kind, actor: User | None, at: datetime, **fields: Any) -> EngagementStep:
    """Write one line of the journal and return it."""
    return EngagementStep.objects.create(
        engagement=engagement, kind=kind, at=at, actor=actor, actor_display=str(actor or ""), fields=fields
    )


def called(person: User | Attendee) -> dict[str, str]:
    """Return a name as the journal keeps it, in both languages."""
    return {"name": person.name or str(person), "name_en": person.name_en}


def inform(
    engagement: Engagement, kind: str, to: Iterable[str], step: EngagementStep, *, guests: Iterable[Attendee] = (),
    **more: Any,
) -> None:  # fmt: skip
    """Have people told of a step: each of `to`, and guests by the address they gave. The times told are today's."""
    news = news_of(engagement, kind, to, step, guests=guests, **more)
    if news["to"] or news["about"]["guests"]:
        tell(**news)


def news_of(
    engagement: Engagement, kind: str, to: Iterable[str], step: EngagementStep, *, guests: Iterable[Attendee] = (),
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Return what is told of a step, as the outbox of news takes it."""
    invited = {f"{one.pk}": {"name": one.name, "name_en": one.name_en, "email": one.email, "language": one.language}
               for one in guests}  # fmt: skip
    about = {
        "engagement": engagement.pk,
        "starts_at": _iso(engagement.starts_at),
        "ends_at": _iso(engagement.ends_at),
        "sequence": engagement.sequence,
        "guests": invited,
        **more,
    }
    return {
        "kind": f"engagement_{kind}", "contract": engagement.contract, "about": about, "to": [*dict.fromkeys(to)],
        "at": step.at, "key": f"engagement:{engagement.pk}:{kind}:{step.pk}",
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def tell_everyone(engagement: Engagement, kind: str, step: EngagementStep, **more: Any) -> None:
    """Tell whoever takes part, delivers or arranges."""
    coming = list(engagement.attendees.filter(state__in=COMING))
    guests = [one for one in coming if one.contact_id is None and one.email]
    inform(engagement, kind, [*customers_of(engagement, coming), *ours_of(engagement)], step, guests=guests, **more)


def customers_of(engagement: Engagement, coming: Iterable[Attendee] | None = None) -> list[str]:
    """Return the customer's people: whoever asked, and who takes part and is a contact."""
    rows = engagement.attendees.filter(state__in=COMING) if coming is None else coming
    asked = [f"contact:{engagement.requested_by_id}"] if engagement.requested_by_id else []
    return [*dict.fromkeys([*asked, *(f"contact:{row.contact_id}" for row in rows if row.contact_id)])]


def ours_of(engagement: Engagement) -> list[str]:
    """Return our people: the experts, and whoever arranges."""
    return [*(f"user:{key}" for key in engagement.experts.values_list("user_id", flat=True)), *ARRANGERS]
