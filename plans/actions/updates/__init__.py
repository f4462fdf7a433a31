"""Writes of updates: windows laid out and followed, customers told, requests, packages and calendars."""
