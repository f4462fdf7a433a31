"""Tickets of another system taken in with their history: once each, resumable, and nobody is written to."""
