"""Handing something over: the first time, anew after an objection, and taking it back."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.deliverables.journal import Kind, decide, inform, lock, note, ours, standing_round, theirs
from plans.actions.deliverables.timing import start, stop
from plans.actions.obligations.settling import meet_next
from plans.deliverables.access import signatories
from plans.deliverables.asking import asks_signature, can_be_handed_over
from plans.deliverables.files import KeptFile
from plans.deliverables.uses import expected, uses_said
from plans.engagements.offered import cite
from plans.models import Contact, Deliverable, DeliverableFile, Engagement, Entitlement, Outcome, SignOffRound, User
from plans.models.deliverables import REOPENABLE
from plans.refusals import RefusedError
from plans.terms import local_date

MOST_FILES = 5
MOST_DAYS = Decimal(1000)
LONGEST_REMARK = 4000
STATE = Engagement.State
# The customer signs for what was done, not for what is to come.
BEFORE_DELIVERY = (STATE.REQUESTED, STATE.PROPOSED, STATE.AGREED, STATE.CANCELLED)


@dataclass(frozen=True, slots=True)
class Papers:
    """The files of one round, a word along with them, and how much time they stand for."""

    files: Sequence[KeptFile]
    remark: str = ""
    person_days: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Handing:
    """What is handed over, under which right, out of which engagement, and to whom."""

    entitlement: Entitlement
    title: str
    papers: Papers
    title_en: str = ""
    kind: str = Deliverable.Kind.REPORT
    engagement: Engagement | None = None
    addressee: Contact | None = None


@transaction.atomic
def hand_over(*, handing: Handing, actor: User, at: datetime) -> Deliverable:
    """Hand something over and return it; where its clause asks for a signature, the customer's time begins.

    Raises RefusedError without a title or files, for another customer's engagement or contact, before the service was
    delivered, where nobody could sign, and for the very files that were handed over already. Source: K06, K12, Y12–Y14
    """
    _check(handing)
    right = handing.entitlement
    _check_new(right, digest_of(handing.papers.files))
    deliverable = Deliverable.objects.create(
        contract=right.contract, entitlement=right, item=right.item, engagement=handing.engagement, kind=handing.kind,
        title=_title(handing), title_en=handing.title_en.strip()[:160], addressee=handing.addressee, handed_over_at=at,
    )  # fmt: skip
    _open_round(deliverable, handing.papers, actor, at)
    _meet(deliverable, actor, at)
    return deliverable


@transaction.atomic
def hand_over_again(*, deliverable: Deliverable, papers: Papers, actor: User, at: datetime) -> SignOffRound:
    """Hand over new files in a new round, whose time begins anew, and return it.

    Raises RefusedError while a round waits for a signature, and once it was confirmed.
    """
    deliverable = lock(deliverable)
    last = standing_round(deliverable)
    if last.outcome not in REOPENABLE:
        raise _still_standing(last)
    return _open_round(deliverable, papers, actor, at)


@transaction.atomic
def withdraw(*, deliverable: Deliverable, reason: str, actor: User, at: datetime) -> SignOffRound:
    """Take back what was handed over by mistake, with a reason that the customer reads; nothing is deducted."""
    row = standing_round(lock(deliverable))
    if not reason.strip():
        raise _refused(row.deliverable, "reason_missing", _("请写明理由。"))
    if row.outcome not in (Outcome.OPEN, Outcome.KEPT):
        raise _still_standing(row)
    stop(row, at)
    decide(row, Outcome.WITHDRAWN, at, words=reason.strip()[:400])
    note(row, Kind.WITHDRAWN, actor, at, reason=row.words)
    inform(row, "withdrawn", [*theirs(row.deliverable), *ours(row)], at)
    return row


def _open_round(deliverable: Deliverable, papers: Papers, actor: User, at: datetime) -> SignOffRound:
    """Open the next round of a deliverable with its files and, where a signature is asked for, its clock."""
    _check_papers(deliverable, papers)
    row = SignOffRound(
        deliverable=deliverable, number=deliverable.rounds.count() + 1, digest=digest_of(papers.files),
        remark=papers.remark.strip()[:LONGEST_REMARK], handed_over_by=actor, handed_over_by_display=str(actor), at=at,
        uses=_uses(deliverable, papers),
    )  # fmt: skip
    row.outcome = Outcome.OPEN if start(row, at, actor) else Outcome.KEPT
    if row.is_open and any(not use.needed for use in expected(row)):
        raise _refused(
            deliverable, "no_amount", _("合同授予的时间按量扣减：请写明用了多少。"), [_("填写实际人天或数量。")]
        )
    row.save()
    DeliverableFile.objects.bulk_create(DeliverableFile(round=row, **file.fields) for file in papers.files)
    deliverable.state = row.outcome
    deliverable.save(update_fields=["state"])
    due_at = row.due_at.isoformat() if row.due_at else None
    note(row, Kind.HANDED_OVER, actor, at, digest=row.digest, files=[file.name for file in papers.files], due_at=due_at)
    inform(row, "handed_over", theirs(deliverable), at)
    return row


def digest_of(files: Sequence[KeptFile]) -> str:
    """Return what a signature names: the digest of the one file, or of the digests of all, one a line."""
    if len(files) == 1:
        return files[0].sha256
    return hashlib.sha256("\n".join(file.sha256 for file in files).encode()).hexdigest()


def _uses(deliverable: Deliverable, papers: Papers) -> dict[str, str]:
    """Return how much time the papers stand for: as said, else what the engagement really took."""
    engagement = deliverable.engagement
    days = papers.person_days or (engagement.person_days if engagement else None)
    return uses_said(days, papers.amount or (engagement.amount if engagement else None))


def _meet(deliverable: Deliverable, actor: User, at: datetime) -> None:
    """Meet what is owed next where no engagement does; one of several that are owed is met by name alone."""
    right = deliverable.entitlement
    if right is None or deliverable.engagement_id or len(deliverable.item.frequency) != 1:
        return
    on = local_date(deliverable.contract, at)
    meet_next(entitlement=right, ref=deliverable.number, on=on, at=at, actor=actor)


def _title(handing: Handing) -> str:
    return " ".join(handing.title.split())[:160]


def _check(handing: Handing) -> None:
    right, engagement = handing.entitlement, handing.engagement
    contract, item = right.contract, right.item

    def refused(code: str, message: str, ways_on: Sequence[str] = ()) -> RefusedError:
        return RefusedError(code, message, **cite(item), ways_on=list(ways_on))

    if not can_be_handed_over(item):
        raise refused("nothing_to_hand_over", _("这项服务没有要交付的资料。"))
    if not _title(handing):
        raise refused("no_title", _("请写标题。"))
    if handing.addressee and handing.addressee.customer_id != contract.customer_id:
        raise refused("not_their_contract", _("这位联系人不属于合同的客户。"))
    if engagement and (engagement.contract_id, engagement.item_id) != (contract.pk, item.pk):
        raise refused("not_their_engagement", _("这次服务不属于这份合同的这项权益。"))
    if engagement and asks_signature(item, right) and engagement.state in BEFORE_DELIVERY:
        raise refused("not_delivered", _("服务还没有交付，报告不能请客户签字。"), [_("先在服务交付里标记交付。")])


def _check_new(right: Entitlement, digest: str) -> None:
    """Raise RefusedError for files that stand already: sent twice, they would be deducted and counted twice.

    Whoever hands over under the same right at the same time waits for the end of this.
    """
    Entitlement.objects.select_for_update(of=("self",), no_key=True).get(pk=right.pk)
    rows = Deliverable.objects.filter(contract=right.contract_id, item=right.item_id, rounds__digest=digest)
    found = rows.exclude(state=Outcome.WITHDRAWN).first()
    if found:
        said = {"number": found.number, "state": found.get_state_display()}
        raise RefusedError(
            "handed_over_already", _("同样的文件已经作为 %(number)s 交付，现在是“%(state)s”。") % said,
            **cite(right.item),
            ways_on=[_("在 %(number)s 里接着办；确要另交一份的，先撤回它，或换一份文件。") % said],
        )  # fmt: skip


def _check_papers(deliverable: Deliverable, papers: Papers) -> None:
    def refused(code: str, message: str, ways_on: Sequence[str] = ()) -> RefusedError:
        return _refused(deliverable, code, message, ways_on)

    if not papers.files:
        raise refused("no_file", _("请选一个文件。"))
    if len(papers.files) > MOST_FILES:
        raise refused("too_many_files", _("一次最多 %d 个文件。") % MOST_FILES)
    if any(said is not None and not 0 < said <= MOST_DAYS for said in (papers.person_days, papers.amount)):
        raise refused("bad_figure", _("数量须大于 0，最多 %d。") % MOST_DAYS)
    if asks_signature(deliverable.item, deliverable.entitlement) and not signatories(deliverable):
        raise refused(
            "nobody_to_sign", _("没有人能签字：请选一位签字人。"), [_("选客户的一位联系人，或请客户指定管理员。")]
        )


def _still_standing(row: SignOffRound) -> RefusedError:
    said = {"state": row.get_outcome_display()}
    ways_on = [_("先撤回这一轮。")] if row.is_open else [_("另行交付一份新的。")]
    return _refused(row.deliverable, "round_standing", _("现在是“%(state)s”，不能这样处理。") % said, ways_on)


def _refused(deliverable: Deliverable, code: str, message: str, ways_on: Sequence[str] = ()) -> RefusedError:
    return RefusedError(code, message, **cite(deliverable.item), ways_on=list(ways_on))
