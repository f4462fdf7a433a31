"""How pages and letters say updates: when, for what, by which rule, and what happened, in the reader's words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.accounts import zone_named
from plans.engagements.invitations import Guest, Meeting
from plans.models import OwnedProduct, Product, UpdatePackage, UpdateRequest, UpdateStep, UpdateWindow
from plans.models.contracts import Deployment, Pace, Tenancy
from plans.updates.policies import Scope, UpdatePolicy
from plans.updates.reading import Governed, holidays_in, scope_of
from plans.wording import name_of, text_of
from sla.models.calendars import HolidayDate
from tickets.showing.engagements import span_words

State = UpdateWindow.State
BADGES = {
    "planned": "draft", "announced": "published", "under_way": "running", "done": "done", "postponed": "held",
    "cancelled": "quiet", "requested": "draft", "auditing": "running", "cleared": "published",
    "scheduled": "published", "declined": "failed", "withdrawn": "quiet",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A window as a page shows it."""

    window: UpdateWindow
    when: str
    what: str
    scope: str
    badge: str
    holiday: str = ""
    # The time has passed and nobody said what became of it.
    is_unconfirmed: bool = False

    @property
    def title(self) -> str:
        """Return what it is called, in the language in use."""
        return text_of(self.window, "title")

    @property
    def notes(self) -> str:
        """Return what it brings, in the language in use."""
        return text_of(self.window, "notes")


def when_words(thing: UpdateWindow | UpdateRequest) -> str:
    """Return when it takes place, in the zone in use and in its own where they differ."""
    zone = zone_named(timezone.get_current_timezone_name())
    if isinstance(thing, UpdateWindow) and thing.state == State.POSTPONED:
        return _("时间待定")
    return span_words(thing.starts_at, thing.ends_at, zone, zone_named(thing.timezone))


def shown(windows: Sequence[UpdateWindow], at: datetime) -> list[Shown]:
    """Return windows as pages show them: three queries however many."""
    products = names_of({code for row in windows for code in row.products})
    holidays = holidays_in(windows)
    return [_shown(row, products, holidays.get(row.pk), at) for row in windows]


def _shown(row: UpdateWindow, products: Mapping[str, str], holiday: HolidayDate | None, at: datetime) -> Shown:
    return Shown(
        window=row,
        when=when_words(row),
        what=_("、").join(products.get(code, code) for code in row.products),
        scope=scope_words(scope_of(row)),
        badge=BADGES[row.state],
        holiday=holiday_words(holiday) if row.is_open and row.state != State.POSTPONED else "",
        is_unconfirmed=row.is_open and row.state != State.POSTPONED and row.ends_at < at,
    )


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """Return products' names by code, in the language in use."""
    return {row.code: name_of(row) for row in Product.objects.filter(code__in=set(codes))}


def holiday_words(holiday: HolidayDate | None) -> str:
    """Return that a window falls on a day off, and on which; nothing where it does not."""
    return _("落在节假日：%s") % text_of(holiday, "name") if holiday else ""


def scope_words(scope: Scope) -> str:
    """Return which running products are meant, besides their names."""
    parts = [str(Deployment(one).label) for one in scope.deployments]
    parts += [str(Tenancy(scope.tenancy).label)] if scope.tenancy else []
    parts += [str(Pace(scope.pace).label)] if scope.pace else []
    parts += [customised_words(scope.is_customised)] if scope.is_customised is not None else []
    return " · ".join(parts)


def running_words(owned: OwnedProduct) -> str:
    """Return how a product runs, as far as it is written down."""
    tenancy, pace = ([owned.tenancy] if owned.tenancy else []), ([owned.pace] if owned.pace else [])
    parts = [str(owned.get_deployment_display()), owned.tenant]
    parts += [str(Tenancy(one).label) for one in tenancy] + [str(Pace(one).label) for one in pace]
    parts += [customised_words(owned.is_customised)] if owned.is_customised is not None else []
    return " · ".join(part for part in parts if part)


def customised_words(is_customised: bool) -> str:
    """Return whether there is custom development."""
    return _("有二次开发") if is_customised else _("无二次开发")


def how_words(policy: UpdatePolicy) -> list[str]:
    """Return in short lines how updates come by a policy."""
    lines = [rule_words(policy)] if policy.has_rule else []
    if policy.is_on_request:
        lines.append(_("可以申请更新") if policy.has_rule else _("由客户申请更新"))
    if policy.said["with_major_version"]:
        lines.append(_("与产品大版本同步"))
    if policy.needs_audit:
        lines.append(_("先经运维平台安全审计"))
    if policy.is_own_plan:
        lines.append(_("由客户的系统管理员自行安排"))
    if policy.notice_days:
        lines.append(_ahead_words(policy.has_rule, policy.notice_days))
    return lines


def _ahead_words(is_told: bool, days: int) -> str:
    """Return how many days ahead customers are told, or a time is agreed where it comes on request."""
    if is_told:
        return ngettext("提前 %(n)d 天通知", "提前 %(n)d 天通知", days) % {"n": days}
    return ngettext("提前 %(n)d 天约定时间", "提前 %(n)d 天约定时间", days) % {"n": days}


def rule_words(policy: UpdatePolicy) -> str:
    """Return how often a policy's windows come, and at what time of their zone."""
    words = {"often": often_words(policy), "opens": policy.said["opens"], "hours": policy.said["hours"]}
    return ngettext("%(often)s，%(opens)s 起 %(hours)d 小时", "%(often)s，%(opens)s 起 %(hours)d 小时",
                    policy.said["hours"]) % words  # fmt: skip


def often_words(policy: UpdatePolicy) -> str:
    """Return how often a policy's rules name a day, as people say it, counted over the year after it begins."""
    first = date(date.fromisoformat(policy.said["since"]).year + 1, 1, 1)
    number = len(policy.days(first, first.replace(month=12, day=31)))
    words = (
        (350, _("每天")), (100, _("每周约两次")), (50, _("每周一次")), (24, _("每两周一次")), (12, _("每月一次")),
        (4, _("每季度一次")), (2, _("每半年一次")), (1, _("每年一次")), (0, _("不到每年一次")),
    )  # fmt: skip
    return next(said for least, said in words if number >= least)


@dataclass(frozen=True)
class Standing:
    """One running product as its customer reads it: how it is updated, what comes next, what may be asked for."""

    governed: Governed
    name: str
    runs: str
    ways: Sequence[tuple[UpdatePolicy, Sequence[str]]]
    coming: Shown | None
    request: UpdateRequest | None
    gives: Sequence[str]


def standings(rows: Sequence[Governed], at: datetime) -> list[Standing]:
    """Return running products as their customer reads them."""
    coming = [row.coming for row in rows if row.coming]
    told = {one.window.pk: one for one in shown(coming, at)}
    return [
        Standing(
            governed=row, name=name_of(row.owned.product), runs=running_words(row.owned),
            ways=[(policy, how_words(policy)) for policy in row.policies],
            coming=told.get(row.coming.pk) if row.coming else None, request=row.request,
            gives=row.own_plan.gives if row.own_plan else [],
        )
        for row in rows
    ]  # fmt: skip


def meeting_of(thing: UpdateWindow | UpdateRequest, *, url: str = "", guests: Sequence[Guest] = ()) -> Meeting:
    """Return a window or a scheduled request as a calendar has it."""
    starts_at, ends_at = thing.starts_at, thing.ends_at
    now = thing.requested_at if isinstance(thing, UpdateRequest) else None
    begins = starts_at or now
    if begins is None:
        raise ValueError(f"{thing} has no time.")
    return Meeting(
        number=thing.number, sequence=thing.sequence, starts_at=begins,
        ends_at=ends_at or begins + timedelta(hours=1), timezone=thing.timezone,
        title=text_of(thing, "title") if isinstance(thing, UpdateWindow) else request_title(thing),
        url=url, guests=guests,
        text="\n".join(f"{name}: {said}" for name, said in facts_of(thing)),
    )  # fmt: skip


def request_title(request: UpdateRequest) -> str:
    """Return what a request is about, in one line."""
    version = f" {request.version}" if request.version else ""
    return _("更新 %s") % f"{name_of(request.product)}{version}"


def facts_of(thing: UpdateWindow | UpdateRequest) -> list[tuple[str, str]]:
    """Return what a letter or a calendar lists about a window or a request."""
    if isinstance(thing, UpdateRequest):
        facts = [
            (_("更新申请"), thing.number),
            (_("产品"), _joined(name_of(thing.product), str(thing.get_deployment_display()), thing.tenant)),
            (_("版本"), thing.done_version or thing.version),
            (_("审计结论"), thing.findings),
        ]  # fmt: skip
    else:
        facts = [
            (_("维护窗口") if thing.kind == UpdateWindow.Kind.MAINTENANCE else _("更新窗口"), thing.number),
            (_("产品"), _("、").join(names_of(thing.products).values())),
            (_("范围"), scope_words(scope_of(thing))),
            (_("版本"), thing.version),
        ]
    return [(name, said) for name, said in facts if said]


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def size_words(package: UpdatePackage) -> str:
    """Return how large a package is; nothing where nobody said."""
    return filesizeformat(package.size) if package.size else ""


def step_words(step: UpdateStep) -> str:
    """Return what a line of the journal says besides its kind."""
    said: dict[str, Any] = step.fields
    parts = [step.reason]
    if step.kind in (UpdateStep.Kind.MOVED, UpdateStep.Kind.SCHEDULED, UpdateStep.Kind.LAID_OUT, UpdateStep.Kind.ADDED):
        parts.append(_times(said))
    if "was" in said:
        parts.append(_("原为 %s") % _times(said["was"]))
    if said.get("told"):
        parts.append(
            ngettext("通知了 %(n)d 份合同的客户", "通知了 %(n)d 份合同的客户", said["told"]) % {"n": said["told"]}
        )
    parts += [str(said[name]) for name in ("version", "findings") if said.get(name)]
    return " · ".join(part for part in parts if part)


def _times(said: Mapping[str, str]) -> str:
    start, end = (datetime.fromisoformat(said[name]) if said.get(name) else None for name in ("starts_at", "ends_at"))
    return span_words(start, end, zone_named(timezone.get_current_timezone_name())) if start else ""


def journal_of(thing: UpdateWindow | UpdateRequest) -> list[tuple[UpdateStep, str]]:
    """Return the lines of a journal with their words, the last in front."""
    return [(step, step_words(step)) for step in thing.steps.select_related("actor").order_by("-pk")]


def day_words(at: datetime, zone: str) -> str:
    """Return the date of an instant in a zone."""
    return date_format(at.astimezone(zone_named(zone)), _("Y年n月j日"))


def portal_link(number: str) -> str:
    """Return where a customer sees the updates of a contract, as a whole address."""
    return f"{settings.PUBLIC_URL}/portal/service/{number}/updates/"
