"""Exports of other systems, read: pure, a record at a time, whatever their size."""
