"""What is done in conversations. Each function locks its conversation, checks, changes and records. Source: Y05–Y07"""

from tickets.actions.chat.answering import judge
from tickets.actions.chat.asking import asks_for_a_person
from tickets.actions.chat.ending import end, foretell_end, rate, send_record
from tickets.actions.chat.handing_off import HandOff, back_at, hand_off, say_closed, stood
from tickets.actions.chat.opening import Place, open_chat
from tickets.actions.chat.presence import lose, set_presence, still_here
from tickets.actions.chat.saying import check_file, say, send_file
from tickets.actions.chat.serving import accept, invite, leave, mark_read, transfer
from tickets.actions.chat.ticketing import Asked, due_of, foretold, open_ticket_from

__all__ = [
    "Asked",
    "HandOff",
    "Place",
    "accept",
    "asks_for_a_person",
    "back_at",
    "check_file",
    "due_of",
    "end",
    "foretell_end",
    "foretold",
    "hand_off",
    "invite",
    "judge",
    "leave",
    "lose",
    "mark_read",
    "open_chat",
    "open_ticket_from",
    "rate",
    "say",
    "say_closed",
    "send_file",
    "send_record",
    "set_presence",
    "still_here",
    "stood",
    "transfer",
]
