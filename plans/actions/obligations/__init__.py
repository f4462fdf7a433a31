"""Every write of what a contract owes: laying out, following, settling, agreeing how often."""

from plans.actions.obligations.agreeing import agree_frequency
from plans.actions.obligations.following import due
from plans.actions.obligations.laying import lay_out, lay_out_new
from plans.actions.obligations.settling import meet, meet_next, meet_on, take_back, waive

__all__ = ["agree_frequency", "due", "lay_out", "lay_out_new", "meet", "meet_next", "meet_on", "take_back", "waive"]
