"""Every write of the entitlement ledger: laying out, booking, publishing, lapsing."""

from plans.actions.quotas.booking import Posting, consume, correct, expire, grant, release, reserve
from plans.actions.quotas.lapsing import due
from plans.actions.quotas.laying import lay_out, lay_out_new
from plans.actions.quotas.publishing import publish

__all__ = [
    "Posting",
    "consume",
    "correct",
    "due",
    "expire",
    "grant",
    "lay_out",
    "lay_out_new",
    "publish",
    "release",
    "reserve",
]
