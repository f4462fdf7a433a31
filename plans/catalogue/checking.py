"""A file is tried without being saved: what would change, what would reach signed contracts, and what is odd."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.catalogue.differing import ItemChange, Verdict, difference
from plans.catalogue.items import items_of
from plans.linting import lint_house
from plans.loading import load
from plans.models import Contract, Item, Plan
from plans.wording import name_of
from sla.actions import Change, Outcome
from sla.clock import database_now
from sla.rules.linting import Finding

KINDS = {
    "vendor": gettext_lazy("厂商"), "product": gettext_lazy("产品"), "holidays": gettext_lazy("节假日"),
    "calendar": gettext_lazy("服务时间"), "policy": gettext_lazy("响应标准"), "plan": gettext_lazy("计划"),
}  # fmt: skip
OUTCOMES = {
    Outcome.ADDED: gettext_lazy("新增"), Outcome.NEW_VERSION: gettext_lazy("新版本"),
    Outcome.CHANGED: gettext_lazy("改动"), Outcome.UNCHANGED: gettext_lazy("不变"),
    Outcome.KEPT: gettext_lazy("保留"), Outcome.RETIRED: gettext_lazy("停用"),
}  # fmt: skip
VERDICTS = {
    Verdict.ADDED: gettext_lazy("增加"), Verdict.CHANGED: gettext_lazy("改动"), Verdict.REMOVED: gettext_lazy("取消"),
}  # fmt: skip

# What the fields of an item are called.
FIELDS: dict[str, Any] = {field.name: field.verbose_name for field in Item._meta.concrete_fields}


@dataclass(frozen=True, slots=True)
class Tried:
    """What loading files would come to: every change, each line that explains them, and what would be odd then."""

    changes: Sequence[Change]
    lines: Sequence[str]
    odd: Sequence[Finding]


def try_out(paths: Sequence[Path]) -> Tried:
    """Return what loading files would come to, and save nothing. Raises ReadingError with every mistake in them."""
    with transaction.atomic():
        at = database_now()
        before = {plan.code: items_of(plan) for plan in Plan.objects.current().select_related("includes")}
        known = {(one.place, one.message) for one in lint_house(at)}
        changes = load(paths)
        moved = [change for change in changes if change.outcome != Outcome.UNCHANGED]
        lines = [line for change in moved for line in _lines(change, before)] or [_("没有任何改动。")]
        odd = [one for one in lint_house(at) if (one.place, one.message) not in known]
        transaction.set_rollback(True)
    return Tried(changes, lines, odd)


def told(change: Change) -> str:
    """Return what became of one thing, in words."""
    version = f" v{change.version}" if change.version else ""
    return f"{OUTCOMES[change.outcome]} {KINDS.get(change.kind, change.kind)} {change.code}{version}"


def counted(changes: Sequence[Change]) -> str:
    """Return how many things came to each outcome, in words."""
    found = Counter(change.outcome for change in changes)
    return _("、").join(f"{OUTCOMES[outcome]} {found[outcome]}" for outcome in Outcome if found[outcome])


def _lines(change: Change, before: dict[str, list[Item]]) -> Iterator[str]:
    yield told(change)
    if change.outcome == Outcome.NEW_VERSION and change.kind == "policy":
        yield from _reach(change.code)
    if change.kind == "plan" and change.outcome in (Outcome.NEW_VERSION, Outcome.ADDED):
        plan = Plan.objects.current().select_related("includes").get(code=change.code)
        yield from _items(difference(before.get(change.code, []), items_of(plan)))
        yield from _stay(plan)


def _items(changes: Sequence[ItemChange]) -> Iterator[str]:
    for change in changes:
        item = change.item
        fields = _("、").join(str(FIELDS[one.name]) for one in change.fields)
        said = _("：%s") % fields if fields else ""
        yield f"    {VERDICTS[change.verdict]} {item.promise} {name_of(item)} {item.section}{said}"


def _stay(plan: Plan) -> Iterator[str]:
    held = Contract.objects.filter(plan__code=plan.code).exclude(plan=plan).count()
    if held:
        yield "    " + _("%d 份已签的合同留在旧版，逐份升级。") % held


def _reach(code: str) -> Iterator[str]:
    held = Contract.objects.filter(entitlements__policy=code).distinct().count()
    if held:
        words = _("%d 份已签的合同用着这个响应标准，未结的时限会跟着改变；只想用于新签的合同，请给它一个新代码。")
        yield "    ! " + words % held
