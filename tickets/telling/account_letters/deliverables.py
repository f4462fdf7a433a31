"""Letters about what was handed over: to sign it, that the time runs out, and what came of it. Source: K06, K12"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans.deliverables.days import kept_days
from plans.models import AccountNotice, SignOffRound, User
from plans.wording import name_of
from sla.wording import in_language
from tickets.showing.deliverables import (
    booked_words,
    clauses_of,
    days_words,
    due_words,
    expected_words,
    file_words,
    title_of,
)
from tickets.showing.wording import said
from tickets.telling.account_letters.news import Reader, Writer
from tickets.telling.letters import Facts, Letter

Quote = Callable[[SignOffRound], str]
RELATED = ("deliverable__contract__customer", "deliverable__contract__plan", "deliverable__item", "contact",
           "deliverable__engagement", "deliverable__entitlement", "handed_over_by", "clock")  # fmt: skip


def _nothing(_row: SignOffRound) -> str:
    return ""


def _remark(row: SignOffRound) -> str:
    return row.remark


def _words(row: SignOffRound) -> str:
    return row.words


@dataclass(frozen=True)
class Telling:
    """What a kind of news says to our people and to the customer's; `asked` is what they may do now."""

    title: LazyText
    ours: LazyText
    theirs: LazyText
    asked_ours: LazyText | str = ""
    asked_theirs: LazyText | str = ""
    quoted: Quote = _nothing


TO_SIGN = gettext_lazy("请在门户中打开文件，签字确认，或写下书面修改意见。到期既未签字也未提出意见的，按条款视同确认。")
TELLINGS = {
    "handed_over": Telling(
        gettext_lazy("请签字确认"),
        gettext_lazy("已向 %(customer)s 交付%(title)s，等客户签字确认。"),
        gettext_lazy("%(title)s已交付，请在 %(due)s 前签字确认或提出书面意见。"),
        asked_theirs=TO_SIGN,
        quoted=_remark,
    ),
    "kept": Telling(
        pgettext_lazy("deliverable", "新的交付物"),
        gettext_lazy("已向 %(customer)s 交付%(title)s。"),
        gettext_lazy("%(title)s已交付，不需要签字。"),
        asked_theirs=gettext_lazy("可以在门户中下载，并点“已知悉”。"),
        quoted=_remark,
    ),
    "reminder": Telling(
        gettext_lazy("签字期限将至"),
        gettext_lazy("%(customer)s 还没有对%(title)s签字，期限到 %(due)s；到期视同确认。"),
        gettext_lazy("%(title)s还没有签字确认，期限到 %(due)s。"),
        asked_ours=gettext_lazy("请提醒客户签字，或请客户写下书面意见。"),
        asked_theirs=TO_SIGN,
    ),
    "signed": Telling(
        gettext_lazy("已签字确认"),
        gettext_lazy("%(customer)s 的 %(who)s 已对%(title)s签字确认。"),
        gettext_lazy("%(who)s 已对%(title)s签字确认，这封信请留存。"),
    ),
    "objected": Telling(
        gettext_lazy("书面修改意见"),
        gettext_lazy("%(customer)s 的 %(who)s 对%(title)s提出书面意见，没有扣减时间："),
        gettext_lazy("已收到 %(who)s 对%(title)s的书面意见，没有扣减时间："),
        asked_ours=gettext_lazy("请修改后重新交付：新的一轮另起期限。"),
        asked_theirs=gettext_lazy("服务团队会修改后重新交付，届时再请您确认。"),
        quoted=_words,
    ),
    "deemed": Telling(
        gettext_lazy("视同确认"),
        gettext_lazy("%(customer)s 到 %(due)s 既未对%(title)s签字，也未提出书面意见，按条款视同确认。"),
        gettext_lazy("%(title)s到 %(due)s 既未签字也未收到书面意见，按条款视同确认。"),
        asked_theirs=gettext_lazy("对此有疑问，请联系客户成功经理。"),
    ),
    "acknowledged": Telling(
        gettext_lazy("客户已知悉"),
        gettext_lazy("%(customer)s 的 %(who)s 已收悉%(title)s。"),
        gettext_lazy("%(who)s 已收悉%(title)s。"),
    ),
    "withdrawn": Telling(
        gettext_lazy("已撤回"),
        gettext_lazy("交付给 %(customer)s 的%(title)s已撤回，没有扣减时间："),
        gettext_lazy("%(title)s已撤回，请不要再使用，没有扣减时间："),
        quoted=_words,
    ),
    "due_moved": Telling(
        gettext_lazy("签字期限有变"),
        gettext_lazy("%(customer)s 对%(title)s的签字期限由 %(old)s 改为 %(new)s。"),
        gettext_lazy("%(title)s的签字期限由 %(old)s 改为 %(new)s。"),
    ),
}


def _writer(kind: str) -> Writer:
    def write(notice: AccountNotice, reader: Reader) -> Letter:
        row = SignOffRound.objects.select_related(*RELATED).get(pk=notice.about["round"])
        is_kept = kind == "handed_over" and row.clock_id is None
        return _letter(TELLINGS["kept" if is_kept else kind], kind, row, notice, reader)

    return write


def _letter(telling: Telling, kind: str, row: SignOffRound, notice: AccountNotice, reader: Reader) -> Letter:
    deliverable, is_ours = row.deliverable, isinstance(reader, User)
    about = _about(row, notice)
    cause = in_language(notice.about.get("cause", ""), notice.about.get("cause_en", ""))
    first = str(telling.ours if is_ours else telling.theirs) % about
    return Letter(
        subject=_("【%(title)s】%(rest)s")
        % {"title": telling.title, "rest": f"{deliverable.number} {title_of(deliverable)}"},
        lines=(first, *([_("原因：%s") % cause] if cause else []), *_assumed(row)),
        quoted=telling.quoted(row),
        facts=_facts(row, notice),
        asked=str(telling.asked_ours if is_ours else telling.asked_theirs),
        link=link_of(row, reader),
        link_words=_("打开这份交付物"),
    )


def _assumed(row: SignOffRound) -> tuple[str, ...]:
    """Return that the end may still move, where days off on the way to it are only assumed. Source: Y17"""
    if not row.is_open or row.milestone is None or not row.milestone.is_provisional:
        return ()
    return (_("其中有些年份的放假通知尚未公布，这个时间是推定的，可能变动。"),)


def _about(row: SignOffRound, notice: AccountNotice) -> Mapping[str, Any]:
    deliverable = row.deliverable
    return {
        "customer": name_of(deliverable.contract.customer),
        "title": _("《%s》") % title_of(deliverable).strip("《》"),
        "due": due_words(row, notice.at),
        "who": row.signed_name or (name_of(row.contact) if row.contact else ""),
        "old": _instant(notice.about.get("old"), row, notice),
        "new": _instant(notice.about.get("new"), row, notice),
    }


def _instant(at: str | None, row: SignOffRound, notice: AccountNotice) -> str:
    here: Any = localtime(notice.at).tzinfo
    return said(datetime.fromisoformat(at), notice.at, here) if at else "–"


def _facts(row: SignOffRound, notice: AccountNotice) -> Facts:
    """Return what the letter rests on: the files with their digest, the days that count, and what is deducted."""
    deliverable = row.deliverable
    contract = f"{deliverable.contract.number} {name_of(deliverable.contract.plan)}"
    found = [(_("合同"), contract), *((_("文件"), file_words(file)) for file in row.files.all())]
    found.append((_("文件指纹"), row.digest))
    if row.clock_id:
        found += [(_("签字期限"), due_words(row, notice.at)), (_("工作日"), _days(row))]
        used = expected_words(row) if row.is_open else booked_words(row)
        found += [(_("时间"), used)] if used else []
    return (*found, *((_("条款"), clause) for clause in clauses_of(row)))


def _days(row: SignOffRound) -> str:
    return _("%(days)s（送达当日不计，到最后一日营业结束为止）") % {"days": days_words(kept_days(row))}


def link_of(row: SignOffRound, reader: Reader) -> str:
    """Return where a reader sees a deliverable."""
    deliverable = row.deliverable
    if isinstance(reader, User):
        return reverse("console:accounts:deliverable", args=[deliverable.number])
    return reverse("portal:service:deliverable", args=[deliverable.contract.number, deliverable.number])


WRITERS: dict[str, Writer] = {f"deliverable_{kind}": _writer(kind) for kind in TELLINGS if kind != "kept"}
