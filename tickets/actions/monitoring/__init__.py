"""What monitoring tells: tickets of operations, opened, gone on with and ended by groups of alerts. Source: K04"""

from tickets.actions.monitoring.gate import cover_monitoring
from tickets.actions.monitoring.hearing import take

__all__ = ["cover_monitoring", "take"]
