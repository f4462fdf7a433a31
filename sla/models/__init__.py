"""Rows of the measuring engine: calendars, policies, clocks and escalations."""

from sla.models.calendars import CalendarVersion, HolidayDate, HolidaySet
from sla.models.changes import DueMove, HolidayNotice, Recompute
from sla.models.clocks import Clock, Escalation, Heartbeat, Milestone, Observation
from sla.models.policies import EscalationRule, Policy, Target
from sla.models.replays import Backtest, BacktestChange, BacktestChunk, Draft
from sla.models.selfchecks import Drift, SelfCheck

__all__ = [
    "Backtest",
    "BacktestChange",
    "BacktestChunk",
    "CalendarVersion",
    "Clock",
    "Draft",
    "Drift",
    "DueMove",
    "Escalation",
    "EscalationRule",
    "Heartbeat",
    "HolidayDate",
    "HolidayNotice",
    "HolidaySet",
    "Milestone",
    "Observation",
    "Policy",
    "Recompute",
    "SelfCheck",
    "Target",
]
