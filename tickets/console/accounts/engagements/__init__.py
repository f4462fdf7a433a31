"""Engagements in the console: those of a contract, one by one, one's own, and events for many customers."""
