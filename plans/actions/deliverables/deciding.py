"""What the customer makes of a round: signs, objects in writing, or takes note of it. Source: K06, K12"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.accounts import contact_of
from plans.actions.deliverables.booking import book
from plans.actions.deliverables.closing import close_engagement
from plans.actions.deliverables.journal import Kind, decide, inform, lock, note, ours, standing_round, theirs
from plans.actions.deliverables.timing import hear
from plans.deliverables.access import may_sign, signatories
from plans.engagements.offered import cite
from plans.models import Contact, Deliverable, Outcome, SignOffRound, User
from plans.models.deliverables import CONFIRMED
from plans.refusals import RefusedError
from plans.terms import local_date
from plans.wording import name_of
from sla.timeline import FactKind

LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Signature:
    """A name as its bearer typed it, under the files with this digest."""

    name: str
    digest: str


@transaction.atomic
def sign(*, deliverable: Deliverable, signature: Signature, actor: User, at: datetime) -> SignOffRound:
    """Sign for exactly the files that the digest names; the time used is deducted, once. Return the round.

    Raises RefusedError for somebody who does not sign for it, other files than those that stand, no name, and once the
    round was decided or its time is over.
    """
    row, contact = _waiting(lock(deliverable), actor, at, _("签字"))
    name = " ".join(signature.name.split())[:80]
    if not name:
        raise _refused(row, "no_name", _("请键入您的姓名作为签名。"))
    if signature.digest != row.digest:
        raise _refused(
            row, "other_files", _("文件已经换过：您看到的不是现在这一轮的文件。"), [_("打开新的文件，再签字。")]
        )
    hear(row, FactKind.SIGN, contact, at)
    booked = book(row, "signed", actor, at)
    decide(row, Outcome.SIGNED, at, contact=contact, signed_name=name, booked=booked)
    note(row, Kind.SIGNED, actor, at, name=name, digest=row.digest)
    close_engagement(row, actor, at)
    inform(row, "signed", [*ours(row), *theirs(row.deliverable)], at)
    return row


@transaction.atomic
def object_to(*, deliverable: Deliverable, words: str, actor: User, at: datetime) -> SignOffRound:
    """Object in writing: nothing is deducted, and files handed over anew open a new round. Return the round.

    Raises RefusedError as `sign` does, and without words.
    """
    row, contact = _waiting(lock(deliverable), actor, at, _("提出书面意见"))
    said = words.strip()
    if not said:
        raise _refused(row, "nothing_said", _("请写明哪里需要修改：书面意见不能是空的。"))
    if len(said) > LONGEST:
        raise _refused(row, "too_long", _("最多 %d 个字。") % LONGEST)
    hear(row, FactKind.OBJECT, contact, at)
    decide(row, Outcome.OBJECTED, at, contact=contact, words=said)
    note(row, Kind.OBJECTED, actor, at, words=said)
    inform(row, "objected", [*ours(row), *theirs(row.deliverable)], at)
    return row


@transaction.atomic
def acknowledge(*, deliverable: Deliverable, actor: User, at: datetime) -> SignOffRound:
    """Take note of something that needs no signature; done twice it changes nothing. Return the round."""
    row = standing_round(lock(deliverable))
    contact = _signatory(row, actor)
    if row.outcome == Outcome.ACKNOWLEDGED:
        return row
    if row.outcome != Outcome.KEPT:
        raise _refused(row, "not_to_acknowledge", _("这一份需要签字确认，或者已经撤回。"))
    decide(row, Outcome.ACKNOWLEDGED, at, contact=contact)
    note(row, Kind.ACKNOWLEDGED, actor, at)
    inform(row, "acknowledged", ours(row), at)
    return row


@transaction.atomic
def note_opened(*, row: SignOffRound, actor: User, at: datetime) -> None:
    """Note that one of the customer's people opened a round's files: the first time of each."""
    if actor.is_customer and not row.steps.filter(kind=Kind.OPENED, actor=actor).exists():
        note(row, Kind.OPENED, actor, at)


def _waiting(deliverable: Deliverable, actor: User, at: datetime, what: str) -> tuple[SignOffRound, Contact]:
    """Return the round that waits for a decision, and who decides. Raises RefusedError for every other case."""
    row = standing_round(deliverable)
    contact = _signatory(row, actor)
    if not row.is_open:
        raise _decided(row, what)
    if row.due_at and at > row.due_at:
        raise _refused(
            row, "sign_off_over", _("签字期限已过：既未签字也未提出书面意见，按条款视同确认。"),
            [_("对扣减有疑问，请联系客户成功经理。")],
        )  # fmt: skip
    return row, contact


def _signatory(row: SignOffRound, actor: User) -> Contact:
    deliverable = row.deliverable
    contact = contact_of(actor)
    if contact is None or contact.customer_id != deliverable.contract.customer_id or not may_sign(actor, deliverable):
        names = _("、").join(name_of(one) for one in signatories(deliverable))
        ways_on = [_("请由 %(names)s 办理。") % {"names": names}] if names else []
        raise _refused(row, "not_signatory", _("您不是这份交付物的签字人。"), ways_on)
    return contact


def _decided(row: SignOffRound, what: str) -> RefusedError:
    """Return why nothing more can be done with a decided round."""
    day = local_date(row.deliverable.contract, row.decided_at).isoformat() if row.decided_at else ""
    said = {"what": what, "state": row.get_outcome_display(), "day": day}
    if row.outcome in CONFIRMED:
        return _refused(
            row, f"already_{row.outcome}", _("这一轮已于 %(day)s “%(state)s”，不能再%(what)s。") % said,
            [_("对扣减有疑问，请联系客户成功经理。")],
        )  # fmt: skip
    if row.outcome in (Outcome.OBJECTED, Outcome.WITHDRAWN):
        message = _("这一轮已于 %(day)s “%(state)s”，不能再%(what)s。") % said
        return _refused(row, f"already_{row.outcome}", message, [_("服务团队会重新交付，那时再签字或提出意见。")])
    return _refused(row, "no_signature_asked", _("这份交付物不要求签字，您可以点“已知悉”。"))


def _refused(row: SignOffRound, code: str, message: str, ways_on: list[str] | None = None) -> RefusedError:
    return RefusedError(code, message, **cite(row.deliverable.item), ways_on=ways_on or [])
