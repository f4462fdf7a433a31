"""What is foreseen, in words: the step, who is told as what and by which way, and what is done besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans.models import Contact, User
from plans.models.people import AlertEvery
from plans.wording import name_of as named
from sla import wording
from sla.compiled import policy_with
from sla.models.policies import Metric
from tickets.models import Delivery
from tickets.rounds.account_foresight import ForeseenMatter
from tickets.rounds.foresight import Foreseen, Told
from tickets.showing.happenings import DONE
from tickets.showing.names import Names
from tickets.showing.wording import name_of
from tickets.telling.roles import NAMED

ROLES: Mapping[str, LazyText] = {**wording.ROLES, NAMED: pgettext_lazy("role", "点名")}
# What the same roles mean where no ticket is worked on, and those that only a contract has.
ROLES_OF_CONTRACTS: Mapping[str, LazyText] = {
    **ROLES,
    "owner": ROLES["success_manager"],
    "partner": pgettext_lazy("role", "伙伴"),
    "customer_admins": pgettext_lazy("role", "客户管理员"),
    "contact": pgettext_lazy("role", "客户联系人"),
    "user": pgettext_lazy("role", "交付人"),
}
KINDS: dict[str, LazyText] = {
    Delivery.Kind.REASSIGNED: gettext_lazy("改派"),
    Delivery.Kind.SIDE_TASK: gettext_lazy("协办"),
}


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One reader of a step, in words."""

    person: User | Contact
    name: str
    why: str
    how: str
    # "now", "held" for their hours, "digest", or "never" without an address.
    way: str


@dataclass(frozen=True, slots=True)
class Line:
    """A step that will come true, in words."""

    at: datetime
    # What it is about: a ticket by its number, or what a contract owes; and where that is seen.
    number: str
    subject: str
    url: str
    metric: str
    what: str
    is_late: bool
    told: tuple[ToldLine, ...]
    deeds: tuple[str, ...]


def line_of(one: Foreseen | ForeseenMatter) -> Line:
    """Return a foreseen step in words of the language in use."""
    return _of_ticket(one) if isinstance(one, Foreseen) else _of_matter(one)


def _of_matter(one: ForeseenMatter) -> Line:
    metric = str(Metric(one.milestone.metric).label)
    contract = one.matter.contract
    return Line(
        at=one.at,
        number=contract.number,
        subject=f"{named(contract.customer)} · {one.matter.title}",
        url=one.matter.path,
        metric=metric,
        what=_("%(metric)s：%(mark)s") % {"metric": metric, "mark": mark_of(one)},
        is_late=one.mark.at >= one.due_at,
        told=tuple(_told(told, one.at, ROLES_OF_CONTRACTS) for told in one.told),
        deeds=(),
    )


def _of_ticket(one: Foreseen) -> Line:
    metric = str(Metric(one.milestone.metric).label)
    return Line(
        at=one.at,
        number=one.ticket.number,
        subject=one.ticket.subject,
        url=reverse("console:ticket", args=[one.ticket.number]),
        metric=metric,
        what=_("%(metric)s：%(mark)s") % {"metric": metric, "mark": mark_of(one)},
        is_late=one.at > one.due_at or one.mark.at >= one.due_at,
        told=tuple(_told(told, one.at) for told in one.told),
        deeds=deeds_of(one),
    )


def mark_of(one: Foreseen | ForeseenMatter) -> str:
    """Return when a step comes true, as its rule says it; a round says which."""
    ladder = policy_with(one.milestone.target_id).ladders[one.milestone.metric]
    rule = next(rule for rule in ladder.rules if rule.level == one.mark.rule)
    words = wording.trigger(rule)
    return _("%(mark)s，第 %(n)d 轮重复") % {"mark": words, "n": one.mark.round} if one.mark.round else words


def deeds_of(one: Foreseen) -> tuple[str, ...]:
    """Return what else is done, each in words."""
    asked = [_("新增协办“%(title)s”") % {"title": title} for title in one.fields.get("asked", ())]
    names = Names({str(told.person): name_of(told.person) for told in one.told})
    done = [words(one.fields[name], names) for name, words in DONE.items() if one.fields.get(name)]
    return (*done, *asked)


def _told(told: Told, at: datetime, roles: Mapping[str, LazyText] = ROLES) -> ToldLine:
    # Somebody meant by key, as "contact:12", is said as what they are.
    why = wording.listed([role.partition(":")[0] for role in told.roles] or [NAMED], roles)
    if told.kind in KINDS:
        why = _("%(kind)s：%(why)s") % {"kind": KINDS[told.kind], "why": why}
    way, how = _way(told, at)
    return ToldLine(told.person, name_of(told.person), why, how, way)


def _way(told: Told, at: datetime) -> tuple[str, str]:
    """Return by which way it reaches the reader, and that in words."""
    if told.goes_at is None:
        return "never", _("没有邮箱，收不到")
    if told.goes_at <= at:
        return "now", _("立即发邮件")
    words = {"at": f"{localtime(told.goes_at):%m-%d %H:%M}"}
    if isinstance(told.person, User) and told.person.alert_every != AlertEvery.AT_ONCE:
        return "digest", _("汇总，%(at)s 发出") % words
    return "held", _("等到接收时段，%(at)s 发出") % words
