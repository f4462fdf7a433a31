"""What a proof says for each interval, in the reader's language."""

from collections.abc import Callable

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from sla.proof.explained import PauseSource, ProofPiece
from sla.wording import HOLDS, in_language

CAUSES = {**HOLDS, "resolved": pgettext_lazy("hold", "已解决")}

# What people are called, by what the ledger keeps of them and by their reference.
Naming = Callable[[str, str], str]


def detail_of(piece: ProofPiece, naming: Naming | None = None) -> str:
    """Return what explains a piece: the notice behind its dates, or the event behind a pause.

    Who paused it and why they said so is told only where `naming` is given: no customer reads either.
    """
    if piece.pause:
        return " · ".join(filter(None, _pause(piece, piece.pause, naming)))
    detail = in_language(piece.detail, piece.detail_en)
    assumed = _("%(year)s 年假日为推定，可能变动") % {"year": piece.assumed} if piece.assumed else ""
    return " · ".join(filter(None, (detail, assumed)))


def _pause(piece: ProofPiece, pause: PauseSource, naming: Naming | None) -> list[str]:
    said = [str(CAUSES.get(pause.cause, pause.cause)), pause.ledger]
    if pause.until and pause.until != piece.end:
        said.append(_("约定至 %(until)s") % {"until": f"{localtime(pause.until):%m-%d %H:%M}"})
    if naming is None:
        return said
    remark = _("“%(remark)s”") % {"remark": pause.remark} if pause.remark else ""
    return [*said, naming(pause.actor, pause.actor_ref) if pause.actor else "", remark]
