"""Every write of what is handed over: handing over, signing, objecting, and what silence comes to."""

from plans.actions.deliverables.deciding import Signature, acknowledge, note_opened, object_to, sign
from plans.actions.deliverables.deeming import due
from plans.actions.deliverables.handing import Handing, Papers, hand_over, hand_over_again, withdraw

__all__ = [
    "Handing",
    "Papers",
    "Signature",
    "acknowledge",
    "due",
    "hand_over",
    "hand_over_again",
    "note_opened",
    "object_to",
    "sign",
    "withdraw",
]
