"""Letters about service reports: a draft to read, one that could not be made, one for the customer, one taken back."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plans.keeping import path_of
from plans.models import AccountNotice, Contact
from plans.terms import local_date
from plans.wording import name_of
from tickets.models import ServiceReport
from tickets.reports.shape import Report, from_json
from tickets.showing.report.reading import read
from tickets.showing.report.words import day, said
from tickets.telling.account_letters.news import Reader, Writer
from tickets.telling.letters import Enclosure, Facts, Letter

# Bytes; a larger file is only linked to.
LARGEST = 3 << 20


def _row(notice: AccountNotice) -> ServiceReport:
    related = ("contract__customer", "obligation", "delivered_by")
    return ServiceReport.objects.select_related(*related).get(pk=notice.about["report"])


def _link(row: ServiceReport, reader: Reader) -> str:
    if isinstance(reader, Contact):
        return f"/portal/service/{row.contract.number}/reports/{row.code}/v{row.version}/"
    return f"/console/accounts/{row.contract.number}/reports/{row.code}/v{row.version}/"


def _words(row: ServiceReport, content: Report | None) -> dict[str, object]:
    """Return what every letter about a report may name."""
    starts_on, ends_on = (date_format(one, _("Y年n月j日")) for one in (row.starts_on, row.ends_on))
    title = said(content.kind.title) if content else _("服务报告")
    customer = name_of(row.contract.customer)
    return {"code": row.code, "title": title, "customer": customer, "starts": starts_on, "ends": ends_on}


def _facts(row: ServiceReport, content: Report) -> Facts:
    figures = tuple((one.label, one.value) for one in read(content).figures)
    through = content.period.through_on
    counted = ((_("数字截至"), day(through)),) if through < row.ends_on else ()
    return ((_("期间"), f"{day(row.starts_on)} – {day(row.ends_on)}"), *counted, *figures)


def _delivered(notice: AccountNotice, reader: Reader) -> Letter:
    """Write that a report is there, what it says in short, with its file where that is small."""
    row = _row(notice)
    content = from_json(row.content or {})
    words = _words(row, content)
    opening = _("您的《%(title)s》（%(starts)s至%(ends)s）已经完成。")
    ours = _("《%(title)s》（%(starts)s至%(ends)s）已交付给 %(customer)s。")
    enclosed = _enclosed(row)
    asked = _("报告全文见附件，也可以在门户中打开。") if enclosed else _("报告全文请在门户中打开。")
    return Letter(
        subject=_("【服务报告】%(code)s %(title)s") % words,
        lines=((opening if isinstance(reader, Contact) else ours) % words, *(said(one) for one in content.summary)),
        quoted=row.words, facts=_facts(row, content), asked=asked, link=_link(row, reader),
        link_words=_("打开报告"), enclosures=enclosed,
    )  # fmt: skip


def _enclosed(row: ServiceReport) -> tuple[Enclosure, ...]:
    """Return a report's file; nothing where it is large, or is not there."""
    if not row.pdf or row.pdf_size > LARGEST or not path_of(row.pdf).is_file():
        return ()
    return (Enclosure(row.file_name, "application/pdf", row.pdf),)


def _waiting(notice: AccountNotice, reader: Reader) -> Letter:
    """Write that a draft is there to be read before the customer does."""
    row = _row(notice)
    content = from_json(row.content or {})
    words = _words(row, content)
    lines = [_("%(customer)s 的《%(title)s》（%(starts)s至%(ends)s）已生成草稿。") % words]
    if row.obligation:
        due = date_format(row.obligation.due_on, _("Y年n月j日"))
        is_late = row.obligation.due_on < local_date(notice.contract, notice.at)
        said = _("应不晚于 %(due)s 交付，已经逾期。") if is_late else _("应不晚于 %(due)s 交付。")
        lines.append(said % {"due": due})
    return Letter(
        subject=_("【报告草稿】%(code)s %(customer)s %(title)s") % words, lines=tuple(lines),
        facts=_facts(row, content), asked=_("请核对数字，写上致客户的话，然后交付。"), link=_link(row, reader),
        link_words=_("打开草稿"),
    )  # fmt: skip


def _failed(notice: AccountNotice, reader: Reader) -> Letter:
    """Write that a report could not be made, and why."""
    row = _row(notice)
    words = _words(row, None)
    return Letter(
        subject=_("【报告未生成】%(code)s %(customer)s") % words,
        lines=(_("%(customer)s 的服务报告 %(code)s（%(starts)s至%(ends)s）没有生成，已经停止重试。") % words,),
        facts=((_("错误"), row.error),), asked=_("排除原因后，请在报告页面上点“重试”。"), link=_link(row, reader),
        link_words=_("打开报告"),
    )  # fmt: skip


def _withdrawn(notice: AccountNotice, reader: Reader) -> Letter:
    """Write that a report does not hold any more, and why."""
    row = _row(notice)
    words = _words(row, from_json(row.content or {}))
    return Letter(
        subject=_("【报告撤回】%(code)s %(title)s") % words,
        lines=(
            _("《%(title)s》（%(starts)s至%(ends)s）已撤回，请不要再以它为准。") % words,
            _("理由：%s") % row.reason,
        ),
        asked=_("更正后的报告会另行交付。") if isinstance(reader, Contact) else "",
        link=_link(row, reader).partition("/reports/")[0] + "/reports/", link_words=_("打开报告列表"),
    )  # fmt: skip


WRITERS: dict[str, Writer] = {
    "report_delivered": _delivered,
    "report_waiting": _waiting,
    "report_failed": _failed,
    "report_withdrawn": _withdrawn,
}
