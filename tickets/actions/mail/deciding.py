"""What one of us decides about a mail that became no ticket by itself."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Contact, User
from sla.refusals import ActionRefusedError
from tickets.actions.mail.opening import About, about, decided, open_ticket
from tickets.actions.mail.taking import ALLOWED, ours
from tickets.actions.mail.writing import body_of, enclose
from tickets.actions.ticket import customer_message
from tickets.actions.ticket.standing import check_agent, heir
from tickets.mailing import Letter, read
from tickets.models import Category, Channel, Mail, Ticket

State = Mail.State
OPEN = (State.WAITING, State.REFUSED, State.IGNORED, State.DISCARDED)


@transaction.atomic
def open_from(*, mail: Mail, contact: Contact, actor: User, at: datetime, category: str = Category.HOW_TO) -> Ticket:
    """Open a ticket for a contact from a mail, as of when it arrived. Raises ActionRefusedError for a plan's no."""
    mail = _held(mail, actor)
    mail.contact = contact
    found = about(mail.mailbox, contact, mail.received_at)
    matter = About(found.contract, found.product, category)
    decision = decided(contact, matter, mail.received_at)
    letter = _letter(mail)
    ticket = open_ticket(mail=mail, letter=letter, contact=contact, matter=matter, decision=decision, at=at)
    mail.thread = Mail.Thread.HAND
    _handled(mail, actor, at)
    return ticket


@transaction.atomic
def add_to(*, mail: Mail, ticket: Ticket, actor: User, at: datetime) -> Ticket:
    """Add a mail to a ticket as what its customer says, and return the ticket; a closed one is refused."""
    mail = _held(mail, actor)
    there = heir(ticket)
    contact = mail.contact if mail.contact and mail.contact.customer_id == there.customer_id else there.contact
    letter = _letter(mail)
    body = body_of(mail, contact, has_files=bool(letter.files))
    there = customer_message(ticket=there, contact=contact, body=body, at=at, channel=Channel.EMAIL)
    mail.said = there.messages.filter(contact=contact).latest("pk")
    enclose(mail.said, letter)
    mail.contact, mail.ticket, mail.state, mail.thread = contact, there, State.ADDED, Mail.Thread.HAND
    _handled(mail, actor, at)
    return there


@transaction.atomic
def discard(*, mail: Mail, actor: User, at: datetime) -> Mail:
    """Put a mail aside; its bytes are kept."""
    mail = _held(mail, actor)
    mail.state = State.DISCARDED
    _handled(mail, actor, at)
    return mail


def _held(mail: Mail, actor: User) -> Mail:
    """Lock a mail that waits to be decided about. Raises ActionRefusedError when somebody was faster."""
    check_agent(actor)
    related = Mail.objects.visible_to(actor).select_related("event", "mailbox__product", "mailbox__team")
    held = related.select_related("contact__customer").select_for_update(of=("self",)).filter(pk=mail.pk).first()
    if held is None or held.state not in OPEN:
        raise ActionRefusedError("mail_handled", _("这封信已经处理过了。"))
    return held


def _letter(mail: Mail) -> Letter:
    """Read a mail again for the files that it brought."""
    source = mail.source
    if source is None:
        raise ActionRefusedError("mail_gone", _("这封信的原文已不在。"))
    return read(source, ours=ours(mail.mailbox), allowed=ALLOWED)


def _handled(mail: Mail, actor: User, at: datetime) -> None:
    mail.handled_by, mail.handled_at = actor, at
    mail.save()
