"""A report on paper: what its pages say, set as PDF."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from tickets.printing.press import print_pdf
from tickets.reports.shape import Report
from tickets.showing.report.blocks import Block, Counsel, Heading, Picture, Prose, Table
from tickets.showing.report.reading import Reading, read


def report_pdf(report: Report, *, reference: str, words: str, language: str) -> bytes:
    """Return a report as PDF in a language; `words` are ours to the customer. Raises PrintingError.

    `reference` is its code, with the version of any but the first.
    """
    with translation.override(language):
        reading = read(report)
        pictures: dict[str, bytes] = {}
        sheets = [
            {"title": sheet.title, "blocks": [_laid_out(block, pictures) for block in sheet.blocks]}
            for sheet in reading.sheets
        ]
        content = {**_front(reading), "reference": reference.removesuffix(" v1"), "words": words, "sheets": sheets}
        content |= {"made_on": report.period.made_at.date().isoformat(), "is_to_date": report.period.is_to_date}
    return print_pdf("service_report", content, language=language, files=pictures)


def _front(reading: Reading) -> dict[str, Any]:
    return {
        "title": reading.title,
        "customer": reading.customer,
        "period": reading.period,
        "facts": reading.facts,
        "summary": reading.summary,
        "figures": [[one.label, one.value, one.before] for one in reading.figures],
        "draft": _("期间未结束，本稿仅供内部核对。"),
        "letter": _("致客户"),
    }


def _laid_out(block: Block, pictures: dict[str, bytes]) -> dict[str, Any]:
    """Return one block as the template wants it; a picture is put beside, under a name of its own."""
    if isinstance(block, Table):
        heads = [[one.head, one.room, one.is_figure] for one in block.shown]
        return {"kind": block.kind, "title": block.title if block.is_named else "", "heads": heads, "rows": block.said}
    if isinstance(block, Picture):
        name = f"chart-{len(pictures) + 1}.svg"
        pictures[name] = block.printed.encode()
        return {"kind": block.kind, "title": block.title, "words": block.words, "name": name}
    if isinstance(block, Counsel):
        return {"kind": block.kind, "text": block.text, "because": block.because, "offers": block.offers}
    return _said(block)


def _said(block: Prose | Heading) -> dict[str, Any]:
    if isinstance(block, Prose):
        return {"kind": block.kind, "text": block.text, "quiet": block.is_quiet}
    return {"kind": block.kind, "text": block.text, "beside": block.beside, "below": block.below}
