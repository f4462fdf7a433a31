"""What stands around conversations: sites that embed them, and answers that agents keep ready."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.chat.lines import LEADING, check_staff
from tickets.models import CannedAnswer, Site


def keep_site(*, row: Site) -> Site:
    """Save a site. Raises ValidationError for one that cannot be."""
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def keep_answer(*, row: CannedAnswer, actor: User) -> CannedAnswer:
    """Save an answer that is kept ready: everybody's only by who leads a team, one's own by oneself.

    Raises ActionRefusedError, also for a short name that is taken.
    """
    _check_theirs(row, actor)
    try:
        row.full_clean()
    except ValidationError as error:
        message = next(iter(error.messages), _("请写下内容。"))
        raise ActionRefusedError("bad_answer", message, ways_on=[_("换一个短名或改短内容。")]) from error
    row.save()
    return row


def drop_answer(*, row: CannedAnswer, actor: User) -> None:
    """Delete an answer that was kept ready."""
    _check_theirs(row, actor)
    row.delete()


def _check_theirs(row: CannedAnswer, actor: User) -> None:
    check_staff(actor)
    if row.owner_id != actor.pk and (row.owner_id is not None or actor.role not in LEADING):
        raise ActionRefusedError(
            "not_yours", _("公用的常用语由组长维护。"), ways_on=[_("另存为自己的常用语。")]
        )  # fmt: skip
