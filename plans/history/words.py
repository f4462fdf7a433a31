"""A contract's history in words: each thing that changed, before and after, in the reader's language."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.models import (
    CUSTOMER_ROLES,
    AccountTeamMember,
    Branch,
    Item,
    Override,
    Plan,
    Product,
    Switch,
    Team,
    User,
)
from plans.models.contracts import Deployment, Pace, Tenancy
from plans.quotas.words import amount_words
from plans.wording import name_of
from sla import wording
from sla.models import CalendarVersion
from sla.models.policies import Metric

TERMS: dict[str, LazyText] = {
    "starts_on": gettext_lazy("服务期自"),
    "ends_on": gettext_lazy("服务期至"),
    "ended_on": gettext_lazy("提前终止于"),
    "timezone": gettext_lazy("时区"),
    "renews": gettext_lazy("续签自"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changed; blank where there was or is nothing."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Names:
    """What the codes in a history are called, read once for all of it."""

    plans: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)
    branches: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    calendars: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    # Our people, by key and by the text that was kept of them.
    people: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def known(cls) -> "Names":
        """Return the names of everything in the catalogue and of our people: a few short tables."""
        ours = User.objects.exclude(role__in=CUSTOMER_ROLES)
        people = {text: name_of(one) or str(one) for one in ours for text in (str(one), str(one.pk))}
        return cls(
            people=people,
            plans={f"{row.code}/{row.version}": f"{name_of(row)} v{row.version}" for row in Plan.objects.all()},
            products={row.code: name_of(row) for row in Product.objects.all()},
            branches={row.code: name_of(row) for row in Branch.objects.all()},
            teams={row.code: name_of(row) for row in Team.objects.all()},
            calendars={row.code: name_of(row) for row in CalendarVersion.objects.order_by("version")},
            services={
                f"{row.promise}/{row.service}": name_of(row) for row in Item.objects.order_by("plan__version", "pk")
            },
        )


def lines_of(changed: Mapping[str, list[Any]], names: Names) -> list[Line]:
    """Return what changed, each thing with what it was and is; a policy's code only where no agreement says it."""
    agreed = any(path.startswith("override/") for path in changed)
    paths = [path for path in changed if not (agreed and path.startswith("policy/"))]
    return [_line(path, changed[path], names) for path in sorted(paths, key=_place)]


def agreement_in(said: Mapping[str, Any], names: Names) -> str:
    """Return what was agreed beside the plan's words, and for which days."""
    days = _days(said)
    return f"{_agreed(said, names)}{days}"


def _place(path: str) -> tuple[int, str]:
    """Order what changed: the plan, the term, the people and places, then the rest."""
    order = ["plan", "starts_on", "ends_on", "ended_on", "renews", "timezone", "branch", "team"]
    head = path.split("/")[0]
    kinds = ["product", "picked", "seat", "switch", "override", "policy"]
    return (order.index(head) if head in order else len(order) + kinds.index(head), path)


def _line(path: str, values: list[Any], names: Names) -> Line:
    before, after = values
    head, _slash, rest = path.partition("/")
    say = WORDS.get(head)
    if say is None:
        return Line(str(TERMS[head]), str(before or ""), str(after or ""))
    name, value = say(rest, names)
    if head == "branch" and after is None:
        return Line(name, value(before), _("总部"))
    return Line(name, value(before) if before is not None else "", value(after) if after is not None else "")


Say = Callable[[str, Names], tuple[str, Callable[[Any], str]]]


def _plan(_rest: str, names: Names) -> tuple[str, Callable[[Any], str]]:
    return _("成功计划"), lambda value: names.plans.get(value, value)


def _branch(_rest: str, names: Names) -> tuple[str, Callable[[Any], str]]:
    return _("服务机构"), lambda value: names.branches.get(value, value)


def _team(_rest: str, names: Names) -> tuple[str, Callable[[Any], str]]:
    return _("团队"), lambda value: names.teams.get(value, value)


def _product(rest: str, names: Names) -> tuple[str, Callable[[Any], str]]:
    code, deployment, tenant = rest.split("/", 2)
    runs = [names.products.get(code, code), str(Deployment(deployment).label), tenant]
    return _("产品 %s") % " · ".join(part for part in runs if part), _bought


def _bought(value: Mapping[str, Any]) -> str:
    parts = [_("数量 %(n)d") % {"n": value["quantity"]}, value["version"]]
    parts += [str(kind(value[name]).label) for name, kind in (("tenancy", Tenancy), ("pace", Pace)) if name in value]
    if "customised" in value:
        parts.append(_("有二次开发") if value["customised"] else _("无二次开发"))
    return " · ".join(part for part in parts if part)


def _seat(rest: str, names: Names) -> tuple[str, Callable[[Any], str]]:
    seat, user = rest.split("/")
    return str(AccountTeamMember.Seat(seat).label), lambda kept: names.people.get(user, kept)


def _switch(rest: str, names: Names) -> tuple[str, Callable[[Any], str]]:
    served = {"branch": _("由分公司受理"), "hq": _("由总部受理")}
    return str(
        Switch.Name(rest).label
    ), lambda said: served.get(said["value"]) or names.calendars.get(said["value"], said["value"])


def _service(rest: str, names: Names) -> str:
    return f"{rest.split('/')[0]} {names.services.get(rest, '')}".strip()


def _picked(rest: str, names: Names) -> tuple[str, Callable[[Any], str]]:
    return _("选取的服务项 %s") % _service(rest, names), lambda value: names.plans.get(value, value)


def _policy(rest: str, names: Names) -> tuple[str, Callable[[Any], str]]:
    return _("服务响应标准 %s") % _service(rest, names), str


def _override(_rest: str, names: Names) -> tuple[str, Callable[[Any], str]]:
    def words(said: Mapping[str, Any]) -> str:
        state = Override.State(said["state"]).label
        return _("%(agreed)s（%(state)s）") % {"agreed": agreement_in(said, names), "state": state}

    return _("合同约定"), words


def _agreed(said: Mapping[str, Any], names: Names) -> str:
    value, service = said["value"], _service(f"{said['promise']}/{said['service']}", names)
    if said["kind"] == Override.Kind.TARGET:
        time = wording.budget(Decimal(value["amount"]), value["unit"])
        hours = names.calendars.get(value["calendar"], value["calendar"])
        words = {"service": service, "metric": Metric(value["metric"]).label, "time": time, "hours": hours}
        return _("%(service)s：%(metric)s %(time)s（%(hours)s）") % words
    if said["kind"] == Override.Kind.CALENDAR:
        hours = names.calendars.get(value["calendar"], value["calendar"])
        return _("%(service)s：服务时间为 %(hours)s") % {"service": service, "hours": hours}
    amount = amount_words(value["amount"], value.get("unit", ""))
    return _("%(service)s：数量为 %(amount)s") % {"service": service, "amount": amount}


def _days(said: Mapping[str, Any]) -> str:
    first, last = said.get("from"), said.get("to")
    if first and last:
        return _("，%(first)s 至 %(last)s") % {"first": first, "last": last}
    if first:
        return _("，自 %(first)s 起") % {"first": first}
    return _("，至 %(last)s") % {"last": last} if last else ""


WORDS: dict[str, Say] = {
    "plan": _plan, "branch": _branch, "team": _team, "product": _product, "seat": _seat, "switch": _switch,
    "picked": _picked, "policy": _policy, "override": _override,
}  # fmt: skip


def all_lines(rows: Iterable[Any]) -> list[tuple[Any, list[Line]]]:
    """Return each change of a history with its lines."""
    names = Names.known()
    return [(row, lines_of(row.changed, names)) for row in rows]
