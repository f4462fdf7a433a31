"""How promised times were kept: each promise with its clause, its share, its months."""

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from tickets.printing.charts import Frame, Part, Series, Tone, columns, lines, share
from tickets.reports.shape import Promise, Report
from tickets.showing.report.blocks import Block, Column, Heading, Picture, Prose, Table, figures, sparse
from tickets.showing.report.words import count_words, length, month_names, said, sentences, share_words

KEPT, MISSED = pgettext_lazy("report", "守约"), pgettext_lazy("report", "超时")
RUNNING, APART = pgettext_lazy("report", "未到期"), pgettext_lazy("report", "不计")
# Lines of several promises are told apart by tone and by the name at their end.
TONES = (Tone.KEPT, Tone.RUNNING, Tone.INK, Tone.BEFORE)


def promises(report: Report) -> list[Block]:
    """Return every promise with how it was kept; what is of nothing is a dash. Source: K13, Y15"""
    there = [one for one in report.promises if one.all]
    if not there:
        return [Prose(_("期内没有承诺可以计算：没有起算的时限。"), is_quiet=True)]
    blocks: list[Block] = [_all(there)]
    # Of one promise alone the columns below say the same.
    if len(there) > 1 and len(there[0].months) > 1:
        blocks.append(_trend(there))
    for one in there:
        blocks += _one(one)
    return blocks


def _all(found: Sequence[Promise]) -> Table:
    counts = (KEPT, MISSED, RUNNING, APART)
    heads = (
        Column(pgettext("report", "承诺"), 5),
        *figures(_("达成率")),
        *sparse(pgettext("report", "上期")),
        *figures(*map(str, counts)),
        *figures(_("中位用时"), _("九成不超过")),
    )
    rows = tuple(
        (
            said(one.label), share_words(one.share), share_words(one.previous_share), count_words(one.kept),
            count_words(one.missed), count_words(one.running + one.paused), count_words(one.apart),
            length(one.median), length(one.p90),
        )
        for one in found
    )  # fmt: skip
    return Table(_("承诺的时限与达成"), heads, rows)


def _trend(found: Sequence[Promise]) -> Picture:
    names = month_names([one.month for one in found[0].months])
    series = [
        Series(said(one.label), tone, tuple(month.share for month in one.months))
        for one, tone in zip(found, TONES, strict=False)
    ]
    return Picture(_("按月的达成率"), _("没有可判定的承诺的月份断开。"), partial(lines, names, series), share_words)


def _one(one: Promise) -> list[Block]:
    label = said(one.label)
    said_of = _("承诺 %(target)s") % {"target": said(one.target)}
    blocks: list[Block] = [
        Heading(label, said_of, said(one.clause)),
        Picture(_("%(promise)s：守约与超时") % {"promise": label}, "", partial(share, _parts(one))),
    ]
    if remarks := _remarks(one):
        blocks.append(Prose(sentences(remarks), is_quiet=True))
    if len(one.months) > 1 and one.judged:
        blocks += _months(one, label)
    return blocks


def _parts(one: Promise) -> list[Part]:
    return [
        Part(str(name), value, count_words(value), tone)
        for name, value, tone in (
            (KEPT, one.kept, Tone.KEPT),
            (MISSED, one.missed, Tone.MISSED),
            (RUNNING, one.running + one.paused, Tone.RUNNING),
            (APART, one.apart, Tone.APART),
        )
    ]


def _remarks(one: Promise) -> list[str]:
    """Return what has to be known to believe the share."""
    about = {
        "silent": count_words(one.cancelled_by_resolve), "other": count_words(one.cancelled_otherwise),
        "late": count_words(one.missed_open), "assumed": count_words(one.provisional),
        "paused": count_words(one.paused),
    }  # fmt: skip
    said_of = (
        (one.share is None, _("还没有一件可以判定，因此没有达成率。")),
        (one.missed_open, _("超时的里面有 %(late)s 件至今没有完成。")),
        (one.paused, _("未到期的里面有 %(paused)s 件正在暂停。")),
        (one.cancelled_by_resolve, _("有 %(silent)s 件在任何人答复之前就已解决，无从衡量，既不算守约也不算超时。")),
        (one.cancelled_otherwise, _("有 %(other)s 件的时限随工单变更而取消，不计。")),
        (one.provisional, _("有 %(assumed)s 件的期限落在放假通知尚未公布的年份，可能变动。")),
    )
    return [words % about if "%(" in words else words for holds, words in said_of if holds]


def _months(one: Promise, label: str) -> list[Block]:
    names = month_names([month.month for month in one.months])
    series = [
        Series(str(KEPT), Tone.KEPT, tuple(float(month.kept) for month in one.months)),
        Series(str(MISSED), Tone.MISSED, tuple(float(month.missed) for month in one.months)),
    ]
    heads = (Column(_("月份"), 2), *figures(str(KEPT), str(MISSED), _("达成率"), room=1))
    rows = tuple(
        (month.month, count_words(month.kept), count_words(month.missed), share_words(month.share))
        for month in one.months
    )
    title = _("%(promise)s：按月") % {"promise": label}

    def draw(frame: Frame) -> str:
        return columns(names, series, frame, stacked=True)

    return [Picture(title, _("细的一段是超时。"), draw), Table(title, heads, rows, is_behind=True)]
