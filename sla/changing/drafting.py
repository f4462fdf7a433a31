"""Drafts that are kept, changed, thrown away or put in force; each step says no in words when it must."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from sla.actions import Change, Outcome, put_calendars, put_policy, write_alone
from sla.actors import Actor
from sla.calendar import CalendarError
from sla.changing.proposals import Counts, Move, Moves, Proposal, propose, things_of
from sla.changing.replanning import behind, replan_batch
from sla.models import Backtest, Draft, DueMove, Recompute
from sla.refusals import ActionRefusedError
from sla.rules.drafts import LONGEST, Written
from sla.rules.linting import Grade, lint_draft

# Open clocks of each policy of which a look says what would become of them.
LOOKED_AT = 300


@dataclass(frozen=True, slots=True)
class Typed:
    """A draft as somebody typed it."""

    name: str
    text: str
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why rules change, in the words that tickets and letters give as the reason."""

    cause: str
    cause_en: str = ""


@transaction.atomic
def keep_draft(*, draft: Draft | None, typed: Typed, seen_at: datetime | None, actor: Actor, at: datetime) -> Draft:
    """Save a draft, new or changed, whether or not it can be read yet, and return it.

    `seen_at` is when the text that was changed had been saved. Raises ActionRefusedError where somebody else has
    saved another meanwhile, or the draft is in force already.
    """
    name, text, name_en = typed.name.strip(), typed.text, typed.name_en.strip()
    if not name:
        raise ActionRefusedError("name_missing", _("请给草案起个名字。"))
    if len(text) > LONGEST:
        raise ActionRefusedError("draft_too_long", _("草案最长 %d 个字符。") % LONGEST)
    if "\x00" in name + name_en + text:
        raise ActionRefusedError(
            "zero_byte", _("里面有空字符，存不下来。"), ways_on=[_("再保存一次：页面上已经去掉它。")]
        )
    if draft is None:
        return Draft.objects.create(
            name=name, name_en=name_en, text=text, created_by=actor.display, created_at=at, updated_at=at
        )
    row = _unenacted(draft)
    if seen_at is not None and row.updated_at != seen_at:
        raise ActionRefusedError(
            "draft_changed", _("您打开之后，别人保存过这份草案。"), ways_on=[_("先看看现在的内容，再决定以哪份为准。")]
        )
    row.name, row.name_en, row.text, row.updated_at = name, name_en, text, at
    row.save(update_fields=["name", "name_en", "text", "updated_at"])
    return row


@transaction.atomic
def discard_draft(*, draft: Draft) -> None:
    """Throw a draft away; its backtests stay. Raises ActionRefusedError for one that is in force."""
    _unenacted(draft).delete()


def _unenacted(draft: Draft) -> Draft:
    row = Draft.objects.select_for_update().filter(pk=draft.pk).first()
    if row is None:
        raise ActionRefusedError("draft_gone", _("这份草案已被删除。"))
    if row.enacted_at is not None:
        raise ActionRefusedError(
            "draft_enacted", _("这份草案已经生效，不能再改。"), ways_on=[_("从现行的标准另起一份草案。")]
        )
    return row


def tried(draft: Draft) -> Backtest | None:
    """Return the last finished backtest of exactly this text, or None."""
    return Backtest.objects.filter(draft=draft, text=draft.text, state=Backtest.State.DONE).order_by("-pk").first()


def foreseen(written: Written) -> Proposal:
    """Return what the calendars of a draft would change. Raises ActionRefusedError for hours that cannot be kept."""
    try:
        return propose(calendars=written.calendars)
    except CalendarError as error:
        raise ActionRefusedError("bad_hours", error.detail) from error
    except LookupError as error:
        raise ActionRefusedError("holidays_unknown", str(error)) from error


@transaction.atomic
def promises_moved(written: Written, *, at: datetime) -> Moves:
    """Return what the policies of a draft would do to the first open clocks under each: the act itself, rolled back.

    `counts.touched` counts the clocks that were looked at. Raises ActionRefusedError.
    """
    foreseen(written)
    began = Recompute.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    put_calendars(calendars=written.calendars, at=at)
    for terms in written.policies:
        put_policy(terms=terms, at=at)
    changes = list(Recompute.objects.filter(kind=Recompute.Kind.POLICY, pk__gt=began).order_by("pk"))
    looked_at = sum(replan_batch(change, limit=LOOKED_AT, at=at) for change in changes)
    is_complete = not any(behind(change).exists() for change in changes)
    rows = list(DueMove.objects.filter(recompute__in=changes).select_related("milestone", "to_version").order_by("pk"))
    things = things_of({row.milestone.clock_id for row in rows})
    transaction.set_rollback(True)
    page = [
        Move(row.milestone, things.get(row.milestone.clock_id, ""), row.to_version.code, row.old_due_at,
             row.new_due_at, DueMove.Verdict(row.verdict), row.undid_breach)
        for row in rows
    ]  # fmt: skip
    told = Counter(move.verdict.value for move in page)
    counted = {verdict.value: told[verdict.value] for verdict in DueMove.Verdict}
    return Moves(page, Counts(touched=looked_at, undone=0, is_complete=is_complete, **counted))


@transaction.atomic
def enact_draft(
    *, draft: Draft, written: Written, is_untried: bool, actor: Actor, at: datetime, why: Why | None = None
) -> list[Change]:
    """Put a draft in force and return what changed; open deadlines are brought to it by the next sweeps.

    `written` is what its text says; `why` is the reason that is told, the draft's name unless said otherwise. Raises
    ActionRefusedError while it has errors, while no backtest of exactly this text is done, unless it is to go without
    (`is_untried`), and where it changes nothing.
    """
    write_alone()
    row = _unenacted(draft)
    if row.text != draft.text:
        raise ActionRefusedError("draft_changed", _("您打开之后，别人保存过这份草案。"), ways_on=[_("重新打开它。")])
    if not is_untried and tried(row) is None:
        raise ActionRefusedError(
            "draft_untried", _("这份内容还没有回测过。"), ways_on=[_("先回测，或勾选“不回测，直接生效”。")]
        )
    _refuse_errors(written, at)
    foreseen(written)
    why = why or Why(row.name, row.name_en)
    changes = put_calendars(calendars=written.calendars, cause=why.cause, cause_en=why.cause_en, actor=actor, at=at)
    changes += [
        put_policy(terms=terms, cause=why.cause, cause_en=why.cause_en, actor=actor, at=at)
        for terms in written.policies
    ]
    changed = [change for change in changes if change.outcome != Outcome.UNCHANGED]
    if not changed:
        raise ActionRefusedError("draft_changes_nothing", _("草案和现行的一样，没有什么可生效的。"))
    row.enacted_by, row.enacted_at = actor.display, at
    row.save(update_fields=["enacted_by", "enacted_at"])
    return changed


def _refuse_errors(written: Written, at: datetime) -> None:
    errors = [finding for finding in lint_draft(written, at) if finding.grade == Grade.ERROR]
    if errors:
        first = errors[0]
        raise ActionRefusedError("draft_has_errors", f"{first.place}: {first.message}", ways_on=[first.remedy])
