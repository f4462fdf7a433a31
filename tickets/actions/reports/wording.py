"""What our people say to the customer before the figures."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from plans.refusals import RefusedError
from tickets.actions.reports.asking import check_latest, refused
from tickets.models import ServiceReport

State = ServiceReport.State
LONGEST = 4000  # characters


@transaction.atomic
def say(*, report: ServiceReport, words: str, actor: User, at: datetime, read: str | None = None) -> ServiceReport:
    """Put words before a draft's figures and have it printed with them; return it. The figures stay as they are.

    `read` are the words that the writer had before them. Raises RefusedError for what is no draft, or was replaced, for
    words that are too long, and where somebody else has written since.
    """
    row = ServiceReport.objects.select_for_update(of=("self",)).select_related("contract").get(pk=report.pk)
    if row.state != State.READY:
        raise refused(row)
    check_latest(row)
    if len(words) > LONGEST:
        raise RefusedError("words_too_long", _("最多 %(n)s 字。") % {"n": LONGEST})
    if words.strip() == row.words:
        return row
    if read is not None and read.strip() != row.words:
        raise RefusedError(
            "changed_meanwhile",
            _("您读的时候，有同事改了这几句话，现在是：%s") % (row.words or _("（空）")),
            ways_on=[_("您写的还在下面：合在一起，再保存一次。")],
        )
    row.words, row.pdf, row.pdf_size = words.strip(), "", 0
    row.state, row.attempts, row.retry_at = State.QUEUED, 0, at
    row.save(update_fields=["words", "pdf", "pdf_size", "state", "attempts", "retry_at"])
    return row
