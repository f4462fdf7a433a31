"""How often a contract owes what its plan leaves open, with who agreed on it and why. Source: Y20, Y22, K10"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.obligations.laying import lay_out
from plans.models import AgreedFrequency, Entitlement, User
from plans.obligations.schedule import MOST_A_YEAR, Frequency, Period
from plans.refusals import RefusedError
from plans.wording import clause_of


@transaction.atomic
def agree_frequency(
    *, entitlement: Entitlement, line: str, frequency: Frequency, reason: str, actor: User | None, at: datetime
) -> AgreedFrequency:
    """Owe something so and so often from now on, and lay it out; return the row that says who and why.

    Raises RefusedError for what the item does not owe, more than once a week, or no reason.
    """
    _check(entitlement, line, frequency, reason)
    row = AgreedFrequency.objects.create(
        entitlement=entitlement, line=line, times=frequency.times, period=str(frequency.period),
        reason=reason.strip()[:400], actor=actor, actor_display=str(actor) if actor else "", at=at,
    )  # fmt: skip
    lay_out(contract=entitlement.contract, at=at)
    return row


def _check(entitlement: Entitlement, line: str, frequency: Frequency, reason: str) -> None:
    item = entitlement.item

    def refused(code: str, words: str) -> RefusedError:
        return RefusedError(code, words, clause=clause_of(item), promise=item.promise)

    if not reason.strip():
        raise refused("reason_missing", _("请写明理由。"))
    if line not in {said["line"] for said in item.frequency}:
        raise refused("not_owed_by_date", _("这项服务不按频次交付。"))
    if frequency.period == Period.AGREED or not 1 <= frequency.times <= MOST_A_YEAR:
        raise refused("bad_frequency", _("次数应在 1 到 %d 之间，周期请选年、半年、季度、月或服务期。") % MOST_A_YEAR)
    if frequency.a_year > MOST_A_YEAR:
        raise refused("bad_frequency", _("最多每周一次。"))
