"""How the tests hand things over, and have the customer decide."""

from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from plans.actions.deliverables import Handing, Papers, Signature, hand_over, sign
from plans.actions.quotas import Posting, grant
from plans.deliverables.files import KeptFile, keep_all
from plans.models import Contract, Deliverable, Engagement, Entitlement, Quota, SignOffRound, User
from plans.quotas.balances import balance_of
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import Side
from tickets.rounds import dispatch

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
HANDED = "2026-09-30 10:00"
# The close of the fifth working day after it: 1 to 8 October are National Day, 10 October is a make-up Saturday.
CLOSE = "2026-10-14 17:30"


def paper(name: str = "关键时刻支持报告.pdf", content: bytes = PDF) -> KeptFile:
    """Return a kept file."""
    return keep_all([(name, content)])[0]


def office(*members: str) -> bytes:
    """Return an archive with members of these names."""
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        for member in members:
            archive.writestr(member, "<x/>")
    return written.getvalue()


def right(contract: Contract, service: str = "critical_moment") -> Entitlement:
    """Return a contract's right to a service."""
    return contract.entitlements.select_related("item__plan", "contract__customer").get(item__service=service)


def granted(
    contract: Contract, amount: int | str, unit: str = "person_days", service: str = "critical_moment"
) -> Quota:
    """Have a contract grant time for a service, and return its window."""
    posting = Posting(beijing("2026-01-05 09:00"), f"granted:{service}:{unit}", "合同附件二约定", "Agreed in annex 2")
    return grant(
        entitlement=right(contract, service), amount=Decimal(amount), on=contract.starts_on, posting=posting, unit=unit
    ).quota


def handed(
    side: Side, actor: User, at: str | datetime = HANDED, service: str = "critical_moment", **said: Any
) -> Deliverable:
    """Hand a report over to a customer's contact."""
    files = said.pop("files", None) or [paper()]
    papers = Papers(files, person_days=said.pop("person_days", Decimal(2)), remark=said.pop("remark", ""))
    usual = {"title": "九月结账关键时刻支持报告", "addressee": side.contact}
    handing = Handing(entitlement=right(side.contract, service), papers=papers, **{**usual, **said})
    when = beijing(at) if isinstance(at, str) else at
    return hand_over(handing=handing, actor=actor, at=when)


def last(deliverable: Deliverable) -> SignOffRound:
    """Return the round that stands, as it is stored."""
    return SignOffRound.objects.filter(deliverable=deliverable).select_related("clock").latest("number")


def signed(deliverable: Deliverable, actor: User, at: str, name: str = "刘主管", digest: str = "") -> SignOffRound:
    """Sign for what was handed over."""
    signature = Signature(name, digest or last(deliverable).digest)
    return sign(deliverable=deliverable, signature=signature, actor=actor, at=beijing(at))


def swept(at: str) -> None:
    """Let the workers look once at a wall time."""
    with clock_at(at):
        dispatch.sweep()


def left(contract: Contract, service: str = "critical_moment", unit: str = "person_days") -> tuple[Decimal, Decimal]:
    """Return what is left and what was used of a contract's time for a service."""
    balance = balance_of(right(contract, service), contract.starts_on, unit)
    assert balance
    return balance.left, balance.used


def engagement_of(deliverable: Deliverable) -> Engagement:
    """Return the engagement of a deliverable as it is stored."""
    return Engagement.objects.get(deliverables=deliverable)
