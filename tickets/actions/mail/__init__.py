"""What comes by mail: kept, understood once, joined to its ticket or made one, and decided about by hand."""

from tickets.actions.mail.boxes import Settings, keep_mailbox, note_count, note_poll
from tickets.actions.mail.deciding import add_to, discard, open_from
from tickets.actions.mail.keeping import keep, keep_unfetched
from tickets.actions.mail.taking import take_mail

__all__ = [
    "Settings",
    "add_to",
    "discard",
    "keep",
    "keep_mailbox",
    "keep_unfetched",
    "note_count",
    "note_poll",
    "open_from",
    "take_mail",
]
