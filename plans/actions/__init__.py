"""Every write of plans: the catalogue, contracts and what is agreed beside them, keys, customers."""

from plans.actions.contracts import Agreed, Owned, end, leave_seat, own, set_switch, sign, take_seat

__all__ = [
    "Agreed",
    "Owned",
    "end",
    "leave_seat",
    "own",
    "set_switch",
    "sign",
    "take_seat",
]
