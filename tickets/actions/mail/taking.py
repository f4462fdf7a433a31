"""A kept mail is read and joined to its ticket, made one, or left for somebody to decide. Twice the same is once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from plans.models import Contact, User
from plans.models.people import Language
from sla.refusals import ActionRefusedError
from tickets.actions.mail.bouncing import note_reports
from tickets.actions.mail.keeping import ARRIVED, BOX
from tickets.actions.mail.opening import about, decided, open_ticket, refuse, remark
from tickets.actions.mail.threads import Claim, claim_of
from tickets.actions.mail.writing import body_of, enclose, row_of
from tickets.actions.ticket import customer_message, locked
from tickets.channels.base import parse_instant
from tickets.channels.form import LIMITS
from tickets.mailing import Kind, Letter, read
from tickets.mailing.reading import Allowed, Ours
from tickets.models import Channel, Delivery, InboundEvent, Mail, Mailbox, Status
from tickets.telling.notifications import is_stormed, queue_answer
from tickets.telling.replying import own_name

Reason, State = Mail.Reason, Mail.State
# An address that writes more than this in an hour is a program, or broken: somebody has a look first.
MOST_OPENED, HOUR, DAY = 20, timedelta(hours=1), timedelta(days=1)
# How long before we had it the mail server may say that it came.
BACK = timedelta(days=14)
ALLOWED = Allowed(LIMITS.files, LIMITS.each, LIMITS.together)
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 5313))"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail on its way in: its row, not saved yet, what it says, and where and when it came."""

    mail: Mail
    letter: Letter
    event: InboundEvent
    mailbox: Mailbox | None
    at: datetime


def take_mail(*, event: InboundEvent, at: datetime) -> Mail:
    """Do what a kept mail asks for and return its row; the same mail again gives the row that stands. Call in atomic.

    Raises ActionRefusedError where the mailbox that it came by is known no more.
    """
    mailbox = mailbox_of(event)
    letter = read(bytes(event.raw), ours=ours(mailbox), allowed=ALLOWED)
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [letter.digest])
    twin = Mail.objects.filter(digest=letter.digest).select_related("ticket").first()
    if twin:
        event.ticket = twin.ticket
        return twin
    arrival = Arrival(row_of(letter, event, mailbox, _arrived_at(event)), letter, event, mailbox, at)
    HANDLED[letter.kind](arrival)
    event.external_id, event.ticket = letter.message_id[:128], arrival.mail.ticket
    arrival.mail.save(force_insert=True)
    if arrival.mail.state in (State.WAITING, State.REFUSED):
        _answer(arrival)
    return arrival.mail


def mailbox_of(event: InboundEvent) -> Mailbox:
    """Return the mailbox that a mail came by: the door's, else the key's own."""
    options = event.api_key.options if event.api_key else {}
    address = event.headers.get(BOX) or str(options.get("mailbox", ""))
    found = Mailbox.objects.select_related("product", "team").filter(address__iexact=address).first()
    if found is None:
        raise ActionRefusedError("unknown_mailbox", f"No mailbox {address!r}.")
    return found


def ours(mailbox: Mailbox | None) -> Ours:
    """Return how we know what is our own, and whose word about senders counts."""
    addresses = frozenset(map(str.lower, Mailbox.objects.values_list("address", flat=True)))
    return Ours(own_name(), addresses | {_own_address()}, mailbox.trusted_server if mailbox else "")


def _own_address() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].strip("> ").lower()


def _arrived_at(event: InboundEvent) -> datetime:
    """Return when the mail server had the mail, from which the promise counts; never later than we did. Source: C20"""
    said = parse_instant(event.headers.get(ARRIVED))
    return min(said, event.received_at) if said and said > event.received_at - BACK else event.received_at


def _ignore(reason: Mail.Reason) -> Callable[[Arrival], None]:
    def ignored(arrival: Arrival) -> None:
        arrival.mail.state, arrival.mail.reason = State.IGNORED, reason

    return ignored


def _returned(arrival: Arrival) -> None:
    """Note what came back, on the letters themselves."""
    rows = note_reports(reports=arrival.letter.reports, at=arrival.at)
    arrival.mail.ticket = next((row.ticket for row in rows if row.ticket), None)
    arrival.mail.state, arrival.mail.reason = State.IGNORED, Reason.RETURNED


def _robot(arrival: Arrival) -> None:
    """Show a robot's answer to who works the ticket; it is nobody's word: no clock hears it, nothing is reopened."""
    mail, claim, contact = arrival.mail, claim_of(arrival.letter), contact_of(arrival.mail.from_address)
    mail.contact, mail.state, mail.reason = contact, State.IGNORED, Reason.ROBOT
    if claim and contact and claim.admits(contact) and not claim.ticket.is_ended:
        mail.ticket, mail.thread = claim.ticket, claim.by
        remark(locked(claim.ticket), arrival.at, auto_reply=mail.subject or "—", by=mail.from_address)


def _said(arrival: Arrival) -> None:
    """Take in what a person wrote."""
    mail, letter = arrival.mail, arrival.letter
    claim = claim_of(letter)
    mail.contact = contact_of(mail.from_address)
    if mail.contact is None:
        mail.claims = claim.ticket if claim else None
        mail.state, mail.reason = State.WAITING, _stranger(mail.from_address)
    elif claim and _may_join(mail, claim, mail.contact) and _joined(arrival, claim, mail.contact):
        return
    elif mail.is_verified is False:
        # A mark or a letter of ours may be answered through a server that breaks signatures; a name alone is no proof.
        mail.claims = claim.ticket if claim else None
        mail.state, mail.reason = State.WAITING, Reason.FORGED
    elif _floods(mail.from_address, arrival.at):
        mail.state, mail.reason = State.WAITING, Reason.FLOOD
    else:
        _opened(arrival, claim, mail.contact)


def _may_join(mail: Mail, claim: Claim, contact: Contact) -> bool:
    is_proven = mail.is_verified is not False or claim.by != Mail.Thread.NUMBER
    return is_proven and claim.admits(contact)


def contact_of(address: str) -> Contact | None:
    """Return whose address it is, among those who may write in at all; never one of ours."""
    found = Contact.objects.active().select_related("customer").filter(email__iexact=address) if address else ()
    return next(iter(found), None)


def _stranger(address: str) -> Mail.Reason:
    if not address:
        return Reason.NO_SENDER
    is_staff = any(user.is_agent for user in User.objects.filter(email__iexact=address, is_active=True))
    return Reason.STAFF if is_staff else Reason.UNKNOWN


def _floods(address: str, at: datetime) -> bool:
    opened = Mail.objects.filter(from_address=address, state=State.OPENED, received_at__gt=at - HOUR)
    return opened.count() >= MOST_OPENED


def _joined(arrival: Arrival, claim: Claim, contact: Contact) -> bool:
    """Add to the ticket that is answered, or the one that it was merged into; tell whether it still took that."""
    mail, letter = arrival.mail, arrival.letter
    there = claim.ticket
    while there.merged_into:
        there = there.merged_into
    if there.status == Status.CLOSED:
        return False
    body = body_of(mail, contact, has_files=bool(letter.files))
    try:
        with transaction.atomic():
            there = customer_message(
                ticket=there, contact=contact, body=body, at=mail.received_at, channel=Channel.EMAIL
            )
    except ActionRefusedError:
        # Somebody has just closed it.
        return False
    said = there.messages.filter(contact=contact).latest("pk")
    enclose(said, letter)
    mail.ticket, mail.said, mail.state, mail.thread = there, said, State.ADDED, claim.by
    return True


def _opened(arrival: Arrival, claim: Claim | None, contact: Contact) -> None:
    mail = arrival.mail
    matter = about(arrival.mailbox, contact, mail.received_at)
    decision = decided(contact, matter, mail.received_at)
    if not decision.is_open:
        refuse(mail, arrival.event, contact, matter, decision)
        return
    try:
        with transaction.atomic():
            ticket = open_ticket(
                mail=mail, letter=arrival.letter, contact=contact, matter=matter, decision=decision, at=arrival.at
            )
    except ActionRefusedError:
        # Another ticket has just taken the last one that the plan counts: asked again, the plan says so.
        refuse(mail, arrival.event, contact, matter, decided(contact, matter, mail.received_at))
        return
    if claim and claim.ticket.customer_id == contact.customer_id and claim.admits(contact):
        remark(ticket, arrival.at, follows=claim.ticket.number)
    elif claim:
        mail.claims = claim.ticket
        remark(ticket, arrival.at, claims=claim.ticket.number)


def _answer(arrival: Arrival) -> None:
    """Tell a writer why there is no ticket: no robot, no forged name, and whom nobody knows once a day at most."""
    mail, letter = arrival.mail, arrival.letter
    if mail.reason not in (Reason.UNKNOWN, Reason.NOT_COVERED) or not letter.takes_answers or mail.is_verified is False:
        return
    is_told = mail.contact is None and _was_told(mail.from_address, arrival.at)
    if is_told or is_stormed(mail.from_address, at=arrival.at):
        return
    language = mail.contact.reads if mail.contact else _language_of(letter)
    queue_answer(mail=mail, contact=mail.contact, language=language, at=arrival.at)


def _was_told(address: str, at: datetime) -> bool:
    told = Delivery.objects.filter(kind=Delivery.Kind.MAIL_REFUSED, address__iexact=address)
    return told.filter(queued_at__gt=at - DAY).exists()


def _language_of(letter: Letter) -> str:
    """Return the language to answer somebody in whom nobody knows: Chinese where they write any."""
    said = letter.subject + letter.text[:2000]
    return Language.CHINESE if any("\u4e00" <= one <= "\u9fff" for one in said) else Language.ENGLISH


HANDLED: dict[Kind, Callable[[Arrival], None]] = {
    Kind.HUMAN: _said,
    Kind.AUTO_REPLY: _robot,
    Kind.BULK: _ignore(Reason.ROBOT),
    Kind.BOUNCE: _returned,
    Kind.OWN: _ignore(Reason.OURS),
    Kind.LOOP: _ignore(Reason.OURS),
}
