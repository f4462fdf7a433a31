"""Every write of plans: the catalogue, contracts and what is agreed beside them, keys, customers."""

from plans.actions.amending import change_plan
from plans.actions.contracts import Agreed, Owned, disown, leave_seat, own, sign, take_seat
from plans.actions.customers import Report, upsert_customers
from plans.actions.keys import Holder, issue_key, revoke_key, rotate_key
from plans.actions.overrides import NewTarget, granted, override, override_calendar, override_quota, withdraw
from plans.actions.switches import set_switch, unset_switch
from plans.actions.terms import change_term, end, place

__all__ = [
    "Agreed",
    "Holder",
    "NewTarget",
    "Owned",
    "Report",
    "change_plan",
    "change_term",
    "disown",
    "end",
    "granted",
    "issue_key",
    "leave_seat",
    "override",
    "override_calendar",
    "override_quota",
    "own",
    "place",
    "revoke_key",
    "rotate_key",
    "set_switch",
    "sign",
    "take_seat",
    "unset_switch",
    "upsert_customers",
    "withdraw",
]
