"""Calendars and policies as people write them: read, checked, drafted, edited, written out."""
