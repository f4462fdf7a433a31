"""Rows of the measuring engine: calendars, policies, clocks and escalations."""

from sla.models.calendars import CalendarVersion, HolidayDate, HolidaySet
from sla.models.clocks import Clock, Escalation, Heartbeat, Milestone, Observation
from sla.models.policies import EscalationRule, Policy, Target

__all__ = [
    "CalendarVersion",
    "Clock",
    "Escalation",
    "EscalationRule",
    "Heartbeat",
    "HolidayDate",
    "HolidaySet",
    "Milestone",
    "Observation",
    "Policy",
    "Target",
]
