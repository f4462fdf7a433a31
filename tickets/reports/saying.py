"""What a report's figures say in words: the few that come first, a summary, and what one has to know to trust them."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.wording import is_english
from tickets.reports.shape import Headline, Note, Promise, Report, Words
from tickets.reports.span import DAY, midnight
from tickets.reports.wording import both, count_words, share_words

Say = Callable[[], str]
# Promises that stand among the first figures.
FIRST = 3


def _said(words: Words) -> str:
    return words.en if is_english() else words.zh


def headlines(report: Report) -> tuple[Headline, ...]:
    """Return the few figures that stand at the top; a share of nothing is None, never all."""
    tickets = report.tickets
    first = report.promises[:FIRST]
    # What was open at the start is the end of the period before, where there is one to compare with.
    before = None if tickets.previous_opened is None else tickets.open_at_start
    return (
        Headline("opened", both(lambda: _("新工单")), tickets.opened, tickets.previous_opened, "count"),
        Headline(
            "resolved", both(lambda: pgettext("report", "解决")), tickets.resolved, tickets.previous_resolved, "count"
        ),
        Headline("open_at_end", both(lambda: _("期末未结")), tickets.open_at_end, before, "count"),
        *(_share(one) for one in first),
        *((_median(first[0]),) if first else ()),
    )


def _share(one: Promise) -> Headline:
    label = both(lambda: _("%s达成率") % _said(one.label))
    return Headline(f"attainment.{one.metric}", label, one.share, one.previous_share, "share")


def _median(one: Promise) -> Headline:
    label = both(lambda: _("%s用时（中位数）") % _said(one.label))
    return Headline(f"median.{one.metric}", label, one.median, None, "seconds")


def summary(report: Report) -> tuple[Words, ...]:
    """Return the report in a few sentences."""
    if report.is_empty:
        return (both(lambda: _("本期没有工单，没有交付，也没有到期的应交服务。")),)
    return tuple(both(say) for say in _sentences(report))


def _sentences(report: Report) -> Iterator[Say]:
    yield lambda: _flow(report)
    for one in report.promises[:FIRST]:
        yield partial(_kept, one)
    if report.tickets.opened:
        yield lambda: _about(report)
    if report.repeated:
        yield lambda: _repeated(report)
    if report.advice:
        yield lambda: _("提出 %(n)s 条建议。") % {"n": len(report.advice)}


def _flow(report: Report) -> str:
    tickets = report.tickets
    numbers = {
        "opened": count_words(tickets.opened), "resolved": count_words(tickets.resolved),
        "open": count_words(tickets.open_at_end), "previous": count_words(tickets.previous_opened),
    }  # fmt: skip
    if tickets.previous_opened is None:
        return _("新工单 %(opened)s 件，解决 %(resolved)s 件，期末未结 %(open)s 件。") % numbers
    return _("新工单 %(opened)s 件（上期 %(previous)s 件），解决 %(resolved)s 件，期末未结 %(open)s 件。") % numbers


def _kept(one: Promise) -> str:
    said = {
        "metric": _said(one.label), "judged": count_words(one.judged), "kept": count_words(one.kept),
        "share": share_words(one.share),
    }  # fmt: skip
    if one.share is None:
        return _("%(metric)s：本期没有可评的，达成率记作“—”。") % said
    return _("%(metric)s：应评 %(judged)s 次，按约定做到 %(kept)s 次，达成率 %(share)s。") % said


def _about(report: Report) -> str:
    category, area = report.categories[0], report.areas[0]
    said = {"category": _said(category.label), "share": share_words(category.share)}
    if not area.module or area.count == 1:
        return _("最多的是%(category)s，占 %(share)s。") % said
    return _("最多的是%(category)s，占 %(share)s；领域上最多的是“%(area)s”，%(count)s 件。") % {
        **said, "area": area.module, "count": count_words(area.count),
    }  # fmt: skip


def _repeated(report: Report) -> str:
    most = report.repeated[0]
    return _("反复出现的问题有 %(n)s 个，最多的“%(subject)s”出现 %(count)s 次。") % {
        "n": len(report.repeated), "subject": most.subject, "count": count_words(most.count),
    }  # fmt: skip


def notes(report: Report) -> tuple[Note, ...]:
    """Return what one has to know before the figures are believed."""
    return tuple(Note(code, both(say)) for code, say in _notes(report))


def _notes(report: Report) -> Iterator[tuple[str, Say]]:
    period, tickets = report.period, report.tickets
    if period.made_at < midnight(period.ends_on + DAY, report.head.timezone):
        yield "to_date", lambda: _("期间到 %(ends)s 结束，数字截至 %(through)s。") % {
            "ends": period.ends_on, "through": period.through_on,
        }  # fmt: skip
    if not tickets.opened:
        yield "no_tickets", lambda: _("本期没有新工单：没有数字的地方写作“—”，不当作 100%。")
    if period.previous_starts_on is None:
        yield "no_previous", lambda: _("之前没有同样长的服务期，因此没有与上期的比较。")
    if tickets.merged:
        yield "merged", _counted(_merged, tickets.merged)
    if tickets.untimed:
        yield "untimed", _counted(_untimed, tickets.untimed)
    yield from _notes_on_promises(report)


def _notes_on_promises(report: Report) -> Iterator[tuple[str, Say]]:
    promises = report.promises
    if promises:
        yield (
            "method",
            lambda: _(
                "每次承诺只评一次：按时做到、到期未做到，或在到期前取消；期末仍在计时的留给下一份报告。时限按现在有效的计算。"
            ),
        )
    for code, say, count in (
        ("silent", _silent, sum(one.cancelled_by_resolve for one in promises)),
        ("otherwise", _otherwise, sum(one.cancelled_otherwise for one in promises)),
        ("open", _open, sum(one.running + one.paused for one in promises)),
        ("provisional", _provisional, sum(one.provisional for one in promises)),
    ):
        if count:
            yield code, _counted(say, count)


def _counted(say: Callable[[dict[str, Any]], str], count: int) -> Say:
    return lambda: say({"n": count_words(count)})


def _merged(said: dict[str, Any]) -> str:
    return _("另有 %(n)s 件并入了其他工单，只在那里计一次。") % said


def _untimed(said: dict[str, Any]) -> str:
    return _("%(n)s 件工单的服务项没有约定时限，不参加达成率。") % said


def _silent(said: dict[str, Any]) -> str:
    return _("%(n)s 次在到期前未经答复就解决了，承诺随之取消，不计入达成率，单独列出。") % said


def _otherwise(said: dict[str, Any]) -> str:
    return _("%(n)s 次在到期前因关闭、合并或更换约定而取消，不计入达成率。") % said


def _open(said: dict[str, Any]) -> str:
    return _("%(n)s 次在期末仍在计时或暂停，尚未评定。") % said


def _provisional(said: dict[str, Any]) -> str:
    return _("%(n)s 次的时限涉及放假安排尚未公布的年份，按推定的节假日计算，可能变动。") % said
