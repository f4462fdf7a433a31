"""Asking for a service, and arranging who delivers it, where and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.engagements.gates import (
    covered,
    experts_free,
    hold_calendars,
    in_state,
    nothing_left_out,
    slot_of,
)
from plans.actions.engagements.holding import hold
from plans.actions.engagements.journal import ARRANGERS, Kind, called, inform, lock, note, ours_of, tell_everyone
from plans.engagements.offered import cite, is_bookable
from plans.engagements.providers import branch_for, providers_of
from plans.models import (
    Attendee,
    Branch,
    Contact,
    Engagement,
    EngagementExpert,
    Entitlement,
    Mode,
    Provider,
    User,
)
from plans.models.people import STAFF_ROLES
from plans.refusals import RefusedError
from plans.wording import name_of

State = Engagement.State
FIGURES = {"planned_person_days", "amount"}
PLAIN = ("provider", "mode", "place", "timezone", "topic", "planned_person_days", "amount")
CHANGEABLE = (State.REQUESTED, State.PROPOSED, State.AGREED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; `ticked` names what of it the clauses leave out, as whoever asks says themselves."""

    topic: str
    wish: str = ""
    mode: str = Mode.REMOTE
    place: str = ""
    ticked: Sequence[str] = ()
    person_days: Decimal | None = None
    amount: Decimal | None = None
    part_of: Engagement | None = None


@transaction.atomic
def request(
    *, entitlement: Entitlement, wanted: Wanted, contact: Contact | None, actor: User | None, at: datetime
) -> Engagement:
    """Ask for a service and return the engagement; whoever asks takes part until they say otherwise.

    Raises RefusedError for what is not delivered by agreement, what a clause leaves out, where no product runs as the
    service wants it, once the term is over, and where all of it is used up. Source: Y09–Y16, K05, K06, K12
    """
    _may_be_asked_for(entitlement, wanted, contact, at)
    engagement = Engagement(**_terms(entitlement, wanted), requested_by=contact, requested_at=at)
    engagement.save()
    step = note(engagement, Kind.REQUESTED, actor, at, topic=engagement.topic)
    if contact:
        take_part(engagement, contact)
        inform(engagement, "received", [f"contact:{contact.pk}"], step)
    inform(engagement, "requested", ARRANGERS, step)
    return engagement


def _terms(entitlement: Entitlement, wanted: Wanted) -> dict[str, Any]:
    """Return how an engagement begins: with the usual provider, in the contract's zone, at the first stage."""
    item, contract = entitlement.item, entitlement.contract
    provider = providers_of(item, contract)[0]
    return {
        "contract": contract,
        "entitlement": entitlement,
        "item": item,
        "part_of": wanted.part_of,
        "topic": _topic(wanted),
        "wish": wanted.wish.strip(),
        "stage": 0 if item.stage_codes and wanted.part_of is None else None,
        "provider": provider,
        "branch": branch_for(provider, contract),
        "mode": wanted.mode,
        "place": wanted.place.strip(),
        "timezone": contract.timezone,
        "planned_person_days": wanted.person_days,
        "amount": wanted.amount,
    }


def _may_be_asked_for(entitlement: Entitlement, wanted: Wanted, contact: Contact | None, at: datetime) -> None:
    item, contract = entitlement.item, entitlement.contract
    if not is_bookable(item):
        raise RefusedError("not_bookable", _("“%s”不是按约交付的服务。") % name_of(item), **cite(item))
    if contact and contact.customer_id != contract.customer_id:
        raise RefusedError("not_their_contract", _("合同 %s 不属于这位联系人的单位。") % contract.number)
    if wanted.part_of and wanted.part_of.contract_id != contract.pk:
        raise RefusedError("not_their_series", _("这个系列属于另一份合同。"))
    covered(entitlement, contact, at)
    nothing_left_out(item, wanted.ticked)


def _topic(wanted: Wanted) -> str:
    topic = " ".join(wanted.topic.split())
    if not topic:
        raise RefusedError("no_topic", _("请用一句话写明主题。"))
    return topic[:160]


def take_part(engagement: Engagement, contact: Contact, state: str = Attendee.State.ENROLLED) -> Attendee:
    """Put a contact among those who take part and return the row; the same row however often. Call inside atomic."""
    said = {"name": contact.name, "name_en": contact.name_en, "email": contact.email, "language": contact.reads}
    row, _made = Attendee.objects.get_or_create(
        engagement=engagement, contact=contact, defaults={**said, "state": state}
    )
    return row


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How an engagement is to be delivered; what is None stays as it is."""

    experts: Sequence[User] | None = None
    provider: str | None = None
    branch: Branch | None = None
    mode: str | None = None
    place: str | None = None
    timezone: str | None = None
    topic: str | None = None
    planned_person_days: Decimal | None = None
    amount: Decimal | None = None
    # Go on although an expert has something else on then.
    despite_conflict: bool = False

    def plain(self) -> dict[str, Any]:
        """Return the columns that are named."""
        return {name: getattr(self, name) for name in PLAIN if getattr(self, name) is not None}


@transaction.atomic
def arrange(*, engagement: Engagement, arrangement: Arrangement, actor: User, at: datetime) -> Engagement:
    """Change who delivers an engagement, where and how; those who were invited get the invitation anew.

    What is held of the contract's amounts follows the figures. Raises RefusedError for a provider that the plan does
    not name, for somebody who is none of ours, for an expert who is busy at the agreed time, and beyond what is left.
    """
    engagement = lock(engagement)
    in_state(engagement, CHANGEABLE, _("改安排"))
    changed = {name: value for name, value in arrangement.plain().items() if getattr(engagement, name) != value}
    _check_provider(engagement, changed.get("provider"))
    for name, value in changed.items():
        setattr(engagement, name, value)
    if "provider" in changed or arrangement.branch:
        engagement.branch = arrangement.branch or branch_for(engagement.provider, engagement.contract)
    named = _put_experts(engagement, arrangement)
    if not changed and named is None:
        return engagement
    return _arranged(engagement, {**changed, **({"experts": named} if named is not None else {})}, actor, at)


def _arranged(engagement: Engagement, changed: dict[str, Any], actor: User, at: datetime) -> Engagement:
    is_invited = engagement.state == State.AGREED
    engagement.sequence += is_invited
    if is_invited and FIGURES & changed.keys():
        hold(engagement, actor, at)
    engagement.save()
    kind = Kind.EXPERTS if set(changed) == {"experts"} else Kind.TERMS
    said = {name: value if isinstance(value, list) else str(value) for name, value in changed.items()}
    step = note(engagement, kind, actor, at, **said)
    if is_invited:
        tell_everyone(engagement, "changed", step)
    elif "experts" in changed:
        inform(engagement, "assigned", [one for one in ours_of(engagement) if one.startswith("user:")], step)
    return engagement


def _check_provider(engagement: Engagement, provider: str | None) -> None:
    offered = providers_of(engagement.item, engagement.contract)
    if provider and provider not in offered:
        names = _("、").join(str(Provider(one).label) for one in offered)
        raise RefusedError(
            "other_provider",
            _("条款写明由%(names)s交付。") % {"names": names},
            **cite(engagement.item),
            ways_on=[_("选其中之一。")],
        )


def _put_experts(engagement: Engagement, arrangement: Arrangement) -> list[dict[str, str]] | None:
    """Put the experts named in place of those there were, and return their names; None where nothing changes."""
    if arrangement.experts is None:
        return None
    wanted = {user.pk: user for user in arrangement.experts}
    if any(user.role not in STAFF_ROLES or not user.is_active for user in wanted.values()):
        raise RefusedError("no_expert", _("专家须是我方在职人员。"))
    if wanted.keys() == set(engagement.experts.values_list("user_id", flat=True)):
        return None
    if engagement.state == State.AGREED and not arrangement.despite_conflict:
        hold_calendars(wanted)
        slot = slot_of(engagement)
        experts_free(engagement, wanted.values(), slot, firm=True)
    engagement.experts.exclude(user__in=wanted).delete()
    for user in wanted.values():
        EngagementExpert.objects.get_or_create(engagement=engagement, user=user)
    return [called(user) for user in wanted.values()]
