"""The chat behind 【云客服】: a question sent from it brings the transcript along. Source: Y07"""

from django.utils.translation import gettext as _

from tickets.channels.base import Payload, Reader
from tickets.channels.form import BODY, FormChannel

LINES = 200
SPEAKERS = frozenset({"customer", "bot", "agent"})


class Im(FormChannel):
    """The form, and `transcript`: `[{"who": "customer|bot|agent", "body"}]`, kept below what is asked."""

    key = "im"

    def body(self, reader: Reader) -> str:
        asked = super().body(reader)
        lines = reader.each("transcript", lambda place, entry: _line(reader, f"transcript.{place}", entry))
        if len(lines) > LINES:
            reader.wrong("transcript", "too_many", _("会话记录最多 %(limit)s 条。") % {"limit": LINES})
            return asked
        return "\n".join([asked, "", "——", *lines])[: BODY * 2] if lines else asked


def _line(reader: Reader, field: str, entry: Payload) -> str:
    who = reader.clean(f"{field}.who", entry.get("who"), 20)
    if who and who not in SPEAKERS:
        reader.wrong(f"{field}.who", "unknown", _("只能是：%(choices)s。") % {"choices": " · ".join(sorted(SPEAKERS))})
    names = {"customer": _("客户"), "bot": _("智能客服"), "agent": _("人工坐席")}
    return f"{names.get(who, who)}: {reader.clean(f'{field}.body', entry.get('body'), 4000)}"
