"""Reads of engagements: what may be asked for, when at the earliest, by whom, and who is busy then."""
