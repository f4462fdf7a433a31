"""A mail as its page shows it."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans.models import Contact
from plans.wording import text_of
from tickets.console.guard import Reader
from tickets.mailing import read
from tickets.models import CoverageDecision, Mail, Ticket
from tickets.showing.wording import name_of

RELATED = ("mailbox__team", "contact__customer", "ticket", "claims", "handled_by", "event")
FLAWS = {
    "charset": gettext_lazy("字符集标注有误，已按内容识别"),
    "nested": gettext_lazy("结构嵌套过深，部分内容没有展开"),
    "cut": gettext_lazy("内容过长，只读取了前面的部分"),
    "empty": gettext_lazy("没有正文"),
    "no_id": gettext_lazy("没有邮件标识"),
    "sealed": gettext_lazy("正文加密或封装，下载附件后用证书打开"),
}
TONES = {
    Mail.State.WAITING: "at_risk", Mail.State.OPENED: "kept", Mail.State.ADDED: "kept", Mail.State.REFUSED: "breached",
    Mail.State.IGNORED: "paused", Mail.State.DISCARDED: "paused",
}  # fmt: skip
VIEWS = {
    "waiting": pgettext_lazy("mail", "待处理"),
    "aside": pgettext_lazy("mail", "不处理的"),
    "all": pgettext_lazy("mail", "全部"),
}
LISTED = 50


@dataclass(frozen=True)
class MailRow:
    """One mail in a list, or at the head of its page."""

    mail: Mail

    @property
    def url(self) -> str:
        return reverse("console:mail_page", args=[self.mail.pk])

    @property
    def tone(self) -> str:
        return TONES[Mail.State(self.mail.state)]

    @property
    def who(self) -> str:
        return name_of(self.mail.contact) if self.mail.contact else self.mail.from_name or self.mail.from_address or "—"

    @property
    def box(self) -> str:
        """Return the address that it came by, to be broken before its domain where there is no room."""
        local, _at, domain = (self.mail.mailbox.address if self.mail.mailbox else "").rpartition("@")
        return format_html("{}<wbr>@{}", local, domain) if domain else ""

    @property
    def sender_words(self) -> str:
        """Return how far the sender is to be believed."""
        if self.mail.is_verified is None:
            return _("发件人未经验证")
        return _("发件人已验证") if self.mail.is_verified else _("发件人验证未通过，可能是冒名")

    @property
    def flaws(self) -> list[str]:
        return [str(FLAWS[flaw]) for flaw in self.mail.flaws if flaw in FLAWS]

    @property
    def is_open(self) -> bool:
        """Tell whether something can still be decided about it."""
        return self.mail.state not in (Mail.State.OPENED, Mail.State.ADDED)


def page_in(view: str, page: str, reader: Reader) -> Page[Mail]:
    """Return a page of a view's mails, the nearest there is."""
    seen = Mail.objects.visible_to(reader.user).select_related(*RELATED).defer("html", "quoted", "words", "event__raw")
    narrowed = {"waiting": seen.without_ticket, "aside": seen.left_aside}.get(view)
    return Paginator(narrowed() if narrowed else seen.order_by("-received_at", "-pk"), LISTED).get_page(page)


def found(pk: int, reader: Reader) -> Mail | None:
    """Return a mail that the reader may see: one without ticket as such, else with its ticket."""
    mail = Mail.objects.select_related(*RELATED).defer("event__raw").filter(pk=pk).first()
    if mail is None:
        return None
    if mail.ticket_id and Ticket.objects.visible_to(reader.user).filter(pk=mail.ticket_id).exists():
        return mail
    return mail if Mail.objects.visible_to(reader.user).filter(pk=pk).exists() else None


def page_of(mail: Mail) -> dict[str, Any]:
    """Return what the page of a mail shows."""
    decision = CoverageDecision.objects.filter(intake=mail.event_id).order_by("-pk").first() if mail.event_id else None
    return {
        "mail": mail,
        "row": MailRow(mail),
        "clause": text_of(decision, "clause") if decision else "",
        "refused": text_of(decision, "reason") if decision else "",
        "letters": mail.deliveries.order_by("pk"),
        "files": _files(mail),
    }


def _files(mail: Mail) -> list[tuple[str, int]]:
    """Return what came along with a mail that is no ticket yet, by name and size; a ticket has its files itself."""
    source = None if mail.said_id else mail.source
    return [(one.name, len(one.content)) for one in read(source).files] if source else []


def people(words: str) -> list[Contact]:
    """Return the contacts whom a few words name: an address, or part of a name."""
    active = Contact.objects.active().select_related("customer")
    by_address = list(active.filter(email__iexact=words)[:1])
    named = active.filter(name__icontains=words) | active.filter(name_en__icontains=words)
    return by_address or list((named | active.filter(email__icontains=words)).order_by("name", "pk")[:10])
