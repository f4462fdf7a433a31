"""Writes of engagements: each checks, changes, writes the journal and tells whoever has to know, in one transaction."""
