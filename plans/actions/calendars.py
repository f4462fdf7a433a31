"""Service hours that nobody goes by any more."""

from datetime import datetime

from django.db import transaction

from plans.service_hours import users_in_words
from sla.actions import write_alone
from sla.actors import Actor
from sla.rules import editing


@transaction.atomic
def retire_calendar(*, code: str, actor: Actor, at: datetime) -> None:
    """Take a calendar out of use. Raises ActionRefusedError that names whoever still goes by it."""
    write_alone()
    if reasons := editing.needed_by(code) + users_in_words(code):
        raise editing.in_use(reasons)
    editing.retire_calendar(code=code, actor=actor, at=at)
