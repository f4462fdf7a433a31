"""Stands in for the shell inside Celery's command line, which takes 8 MB that no worker and no beat has any use for."""

from typing import Any


def register_repl(*_given: Any, **_options: Any) -> None:
    """Add no such command."""
