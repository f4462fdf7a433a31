"""Letters about a contract's term and words: it ends, it was renewed, it was changed."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.accounts import seat_of
from plans.catalogue.differing import difference
from plans.catalogue.items import items_of
from plans.history.states import plan_named
from plans.history.words import Line, Names, lines_of
from plans.models import AccountNotice, AccountTeamMember, Contact, Contract, ContractChange
from plans.terms import local_date
from plans.wording import name_of
from tickets.showing.catalogue.changes import changes_told
from tickets.telling.account_letters.news import Reader, Writer
from tickets.telling.letters import Facts, Letter

# So many services that differ are told in a letter; the page has them all.
MOST_ITEMS = 12


def _ending(notice: AccountNotice, reader: Reader) -> Letter:
    """Write that a term ends, and what then holds no longer."""
    last = date.fromisoformat(notice.about["last"])
    # Not the mark: one that passed while nobody looked is told later.
    left = (last - local_date(notice.contract, notice.at)).days
    words = {**_about(notice), "last": _day(last), "n": left}
    if left:
        opening = ngettext(
            "合同 %(number)s（%(plan)s）还有 %(n)d 天到期，最后一天是 %(last)s。",
            "合同 %(number)s（%(plan)s）还有 %(n)d 天到期，最后一天是 %(last)s。",
            left,
        )
    else:
        opening = _("合同 %(number)s（%(plan)s）今天到期，过了 %(last)s 就不再受理新的问题。")
    after = _("到期后提交的问题不在服务范围内；已经受理的会处理完。")
    is_customer = isinstance(reader, Contact)
    asked = _whom_to_ask(notice.contract) if is_customer else _("请与客户确认续签，并在合同页面上办理。")
    subject = _("合同 %(number)s 将于 %(last)s 到期") % words
    return _letter(notice, reader, (subject, (opening % words, after), asked))


def _whom_to_ask(contract: Contract) -> str:
    who = seat_of(contract, AccountTeamMember.Seat.SUCCESS_MANAGER)
    if who is None:
        return _("要续签请联系您的客户成功经理。")
    return _("要续签请联系您的客户成功经理%(name)s（%(email)s）。") % {"name": name_of(who), "email": who.email}


def _renewed(notice: AccountNotice, reader: Reader) -> Letter:
    """Write that another contract follows."""
    first, last = (date.fromisoformat(notice.about[name]) for name in ("starts_on", "ends_on"))
    words = {**_about(notice), "first": _day(first), "last": _day(last)}
    lines = (
        _("%(plan)s已续签，新的合同号是 %(number)s，服务期 %(first)s 至 %(last)s。") % words,
        _("原来的产品、服务团队和另有约定的内容都沿用。"),
    )
    return _letter(notice, reader, (_("%(plan)s已续签：%(number)s") % words, lines, ""))


def _changed(notice: AccountNotice, reader: Reader) -> Letter:
    """Write what was changed in a contract, by whom and why."""
    row = ContractChange.objects.get(pk=notice.about["change"])
    words = {**_about(notice), "kind": row.get_kind_display(), "on": _day(row.on), "who": row.actor_display}
    opening = _("合同 %(number)s（%(plan)s）于 %(on)s 有变更：%(kind)s。") % words
    lines = [opening]
    if row.actor_display and not isinstance(reader, Contact):
        lines.append(_("决定人：%(who)s。") % words)
    if row.reason:
        lines.append(_("理由：“%s”") % row.reason)
    facts = tuple((line.name, _before_after(line)) for line in lines_of(row.changed, Names.known()))
    facts += tuple(_items_changed(row))
    subject = _("合同 %(number)s 有变更：%(kind)s") % words
    return _letter(notice, reader, (subject, tuple(lines), ""), facts)


def _items_changed(row: ContractChange) -> Iterator[tuple[str, str]]:
    """Yield what another plan, or another version of it, promises otherwise: each service, with what of it."""
    before, after = (plan_named(name) if name else None for name in row.changed.get("plan", (None, None)))
    if before is None or after is None:
        return
    told = changes_told(difference(items_of(before), items_of(after)))
    for one in told[:MOST_ITEMS]:
        fields = [_what_said(str(field.label), f"{field.before or '–'} → {field.after or '–'}") for field in one.fields]
        yield f"{one.promise} {one.name}", _("；").join(fields) or _what_said(one.says, one.clause)
    if len(told) > MOST_ITEMS:
        yield (
            _("此外"),
            ngettext("还有 %d 项不同。", "还有 %d 项不同。", len(told) - MOST_ITEMS) % (len(told) - MOST_ITEMS),
        )


def _what_said(what: str, said: str) -> str:
    return _("%(what)s：%(said)s") % {"what": what, "said": said}


def _before_after(line: Line) -> str:
    if line.before and line.after:
        return f"{line.before} → {line.after}"
    return line.after or _("%s（不再有）") % line.before


def _letter(notice: AccountNotice, reader: Reader, said: tuple[str, tuple[str, ...], str], facts: Facts = ()) -> Letter:
    subject, lines, asked = said
    route = "portal:service:contract" if isinstance(reader, Contact) else "console:accounts:contract"
    link = reverse(route, args=[notice.contract.number])
    return Letter(subject=subject, lines=lines, asked=asked, facts=facts, link=link, link_words=_("查看合同"))


def _about(notice: AccountNotice) -> dict[str, str]:
    return {"number": notice.contract.number, "plan": name_of(notice.contract.plan)}


def _day(on: date) -> str:
    return date_format(on, "Y-m-d")


WRITERS: dict[str, Writer] = {"term_ending": _ending, "term_renewed": _renewed, "contract_changed": _changed}
