"""Figures of a report, straight from the database: each file one sort, each a few questions however many rows."""
