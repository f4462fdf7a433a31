"""Derive the deadlines of a ticket again from what was heard, and tell whether a printed digest holds."""

import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sla.commands import Spoken
from sla.models import Milestone
from sla.proof.proofs import Proof, document, proof_of
from sla.proof.proving import derived, true_as_of


class Command(Spoken):
    """Print each deadline as its facts give it, as JSON; the exit code is 1 where it differs from what is stored."""

    help = gettext_noop("由工单的事实重新推算各个时限，并核对校验码。")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help=_("工单号，如 T-2026-000012"))
        parser.add_argument("--metric", help=_("只看这一项，如 first_response"))
        parser.add_argument("--run", type=int, help=_("只看它的第几次计时"))
        parser.add_argument("--digest", help=_("打印出来的校验码：说明它是否仍成立，或截至何时成立"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Derive and compare; a digest that never was true, or a deadline stored otherwise, is an error."""
        rows = _milestones(options["number"], options["metric"], options["run"])
        if not rows:
            raise CommandError(_("没有这项承诺。"))
        answers = [_answer(row, options["digest"]) for row in rows]
        self.stdout.write(json.dumps(answers, ensure_ascii=False, indent=2))
        asked = [answer for answer in answers if answer.get("held_as_of")] if options["digest"] else answers
        if not asked or not all(answer["agrees"] for answer in answers):
            sys.exit(1)


def _milestones(number: str, metric: str | None, run: int | None) -> list[Milestone]:
    """Return the promises asked for, in the order in which they started."""
    rows = Milestone.objects.filter(clock__ticket_clock__ticket__number=number)
    rows = rows.filter(metric=metric) if metric else rows
    rows = rows.filter(number=run) if run else rows
    return list(rows.select_related("clock", "target__policy", "calendar_version").order_by("started_at", "pk"))


def _answer(row: Milestone, digest: str | None) -> dict[str, Any]:
    """Return one deadline as it is derived, and whether what is stored agrees."""
    again, stored = derived(row), proof_of(row)
    found = again or stored
    answer: dict[str, Any] = {
        "metric": row.metric,
        "run": row.number,
        "due_at": row.due_at.isoformat() if row.due_at else None,
        "agrees": again is not None and again.digest == stored.digest,
        "digest": stored.digest,
        "derived": again.digest if again else None,
    }
    if digest:
        answer["asked"] = digest
        answer["held_as_of"] = _held_as_of(row, stored, digest)
    return answer | {"document": document(found.thing, found.milestone, found.pieces, found.facts)}


def _held_as_of(row: Milestone, stored: Proof, digest: str) -> str | None:
    """Return `now` for a digest that holds, else the last instant as of which it did."""
    if stored.digest == digest:
        return "now"
    at = true_as_of(row, digest)
    return at.isoformat() if at else None
