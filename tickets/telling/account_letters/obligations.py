"""Letters about what a contract owes by a date: changed hours moved its deadline."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.accounts import zone_named
from plans.models import AccountNotice, Obligation
from plans.wording import name_of, text_of
from tickets.showing.wording import because, said
from tickets.telling.account_letters.news import Reader, Writer
from tickets.telling.letters import Letter, Row, Section


def _moved(notice: AccountNotice, _reader: Reader) -> Letter:
    """Write which deadlines were moved, from when to when, and by what."""
    moves = {int(move["obligation"]): move for move in notice.about["moves"]}
    related = Obligation.objects.select_related("contract__customer", "item")
    rows = tuple(_row(row, moves[row.pk], notice.at) for row in related.filter(pk__in=moves))
    words = {"title": pgettext("subject", "时限变更"), "rest": _("%(count)d 项应交服务") % {"count": len(rows)}}
    return Letter(
        subject=_("【%(title)s】%(rest)s") % words,
        lines=(because(notice.about), _("应交日期没有变；变的是日期前最后一个工作日的下班时刻。")),
        sections=(Section("", rows),),
        asked=_("请按新的时限安排。"),
        link=reverse("console:accounts:calendar"),
        link_words=_("打开应交日历"),
    )


def _row(row: Obligation, move: Mapping[str, Any], at: datetime) -> Row:
    words = {"old": _instant(move["old"], at), "new": _instant(move["new"], at)}
    return Row(
        title=f"{name_of(row.contract.customer)} · {text_of(row, 'what')} {row.number}/{row.of}",
        link=f"{settings.PUBLIC_URL}{reverse('console:accounts:owed', args=[row.contract.number])}",
        number=row.contract.number,
        promise=row.item.promise,
        due=_("%(day)s 前") % {"day": row.due_on.isoformat()},
        state=_("由 %(old)s 改为 %(new)s") % words,
    )


def _instant(written: str | None, at: datetime) -> str:
    zone = zone_named(timezone.get_current_timezone_name())
    return said(datetime.fromisoformat(written), at, zone) if written else _("没有时限")


WRITERS: dict[str, Writer] = {"owed_moved": _moved}
