"""A letter as rows: the mail, what it says in a ticket, and the files that come along."""

import re
from datetime import datetime

from django.template.defaultfilters import filesizeformat
from django.utils import translation
from django.utils.translation import gettext as _

from plans.models import Contact
from tickets.actions.attachments import attach
from tickets.channels.base import File
from tickets.mailing import Letter
from tickets.models import InboundEvent, Mail, Mailbox, Message

PEOPLE = 50
LONGEST_NAME, LONGEST_ADDRESS, LONGEST_ID, LONGEST_SUBJECT = 120, 254, 250, 200
ANSWERED = re.compile(
    r"^\s*(?:(?:re|aw|sv|fw|fwd|回复|回覆|答复|答覆|转发|轉寄)\s*(?:\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE
)


def row_of(letter: Letter, event: InboundEvent, mailbox: Mailbox | None, received_at: datetime) -> Mail:
    """Return a mail as a row that is not saved; what becomes of it is still to be said."""
    return Mail(
        mailbox=mailbox,
        event=event,
        message_id=letter.message_id[:LONGEST_ID],
        digest=letter.digest,
        kind=letter.kind.value,
        from_name=letter.sender.name[:LONGEST_NAME],
        from_address=letter.sender.address[:LONGEST_ADDRESS],
        to=[person.address for person in letter.to][:PEOPLE],
        cc=[person.address for person in letter.cc][:PEOPLE],
        is_verified=letter.is_verified,
        subject=letter.subject[:LONGEST_SUBJECT],
        words=letter.folded.words,
        quoted=letter.folded.quoted,
        signature=letter.folded.signature,
        html=letter.html,
        left_out=[{"name": each.name[:255], "size": each.size} for each in letter.left_out],
        flaws=sorted(letter.flaws),
        sent_at=letter.sent_at,
        received_at=received_at,
    )


def subject_of(mail: Mail, contact: Contact) -> str:
    """Return what a ticket is called that a mail opens: without the marks of answering."""
    plain = ANSWERED.sub("", mail.subject).strip()[:LONGEST_SUBJECT]
    with translation.override(contact.reads):
        return plain or _("（没有主题）")


def body_of(mail: Mail, contact: Contact, *, has_files: bool) -> str:
    """Return what a mail says in a ticket: its new words, and which of its files were not kept."""
    with translation.override(contact.reads):
        words = mail.words.strip() or (_("见附件。") if has_files else _("（来信没有正文）"))
        if not mail.left_out:
            return words
        sized = (f"{each['name']} ({filesizeformat(each['size'])})" for each in mail.left_out)
        told = _("未保存的附件（太大或太多，原信中仍有）：%(files)s") % {"files": _("、").join(sized)}
        return f"{words}\n\n{told}"


def enclose(message: Message, letter: Letter) -> None:
    """Keep the files of a mail with what it says."""
    if letter.files:
        attach(message=message, files=[File(one.name, one.content_type, one.content) for one in letter.files])
