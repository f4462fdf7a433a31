"""Mails that became no ticket, each with what can be done about it. Source: K02"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.models import Contact
from sla.refusals import ActionRefusedError
from tickets.actions.mail import add_to, discard, open_from
from tickets.console.guard import Reader, agents_only
from tickets.console.mail.pictures import with_pictures
from tickets.console.mail.reading import VIEWS, MailRow, found, page_in, page_of, people
from tickets.console.rail import rail
from tickets.console.views import shown
from tickets.mailing import read
from tickets.models import Category, Mail, Ticket

# A page of somebody else's making: nothing in it runs, nothing is fetched for it, its pictures are in it.
SANDBOX = (
    "sandbox; default-src 'none'; img-src data:; style-src 'none'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
FRAME = '<!doctype html><html><head><meta charset="utf-8"><title>mail</title></head><body>{}</body></html>'


@require_safe
@agents_only
def mails_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the mails of a view."""
    view = request.GET.get("view", "waiting")
    view = view if view in VIEWS else "waiting"
    pages = page_in(view, request.GET.get("page", "1"), reader)
    context = {
        "rows": [MailRow(mail) for mail in pages],
        "pages": pages,
        "view_key": view,
        "tabs": [{"key": key, "name": name, "is_current": key == view} for key, name in VIEWS.items()],
    }
    return shown(request, "console/mail/list.html", {**_frame(reader), **context})


@require_safe
@agents_only
def mail_page(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Show a mail, with what can be done about one that is no ticket."""
    return _page(request, reader, _mail(pk, reader))


def _page(
    request: HttpRequest, reader: Reader, mail: Mail, *, refusal: ActionRefusedError | None = None, **more: Any
) -> HttpResponse:  # fmt: skip
    context = {**page_of(mail), "categories": Category.choices, "refusal": refusal, **more}
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    return shown(request, "console/mail/mail.html", {**_frame(reader), **context}, status)


@require_safe
@agents_only
def original(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Show the HTML of a mail, made safe and shut off besides."""
    mail = _mail(pk, reader)
    if not mail.html:
        raise Http404
    source = mail.source
    files = read(source).files if source and "cid:" in mail.html else ()
    response = HttpResponse(FRAME.format(with_pictures(mail.html, files)), content_type="text/html; charset=utf-8")
    response["X-Content-Type-Options"], response["Cache-Control"] = "nosniff", "private, no-store"
    response["Content-Security-Policy"] = SANDBOX
    return response


@require_safe
@agents_only
def raw(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Hand over a mail byte for byte, to be kept, never shown."""
    mail = _mail(pk, reader)
    source = mail.source
    if source is None:
        raise Http404
    response = HttpResponse(source, content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="mail-{mail.pk}.eml"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@agents_only
def open_ticket(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Open a ticket from a mail for somebody; where several are meant, ask which."""
    mail, words = _mail(pk, reader), request.POST.get("who", "").strip()[:200]
    chosen = request.POST.get("contact", "")
    whom = list(Contact.objects.active().filter(pk=chosen)) if chosen.isdecimal() else people(words) if words else []
    if len(whom) != 1:
        return _page(request, reader, mail, whom=whom, who=words, is_asked=True)
    category = request.POST.get("category", Category.HOW_TO)
    category = category if category in Category.values else Category.HOW_TO

    def done() -> Ticket:
        return open_from(mail=mail, contact=whom[0], actor=reader.user, at=reader.at, category=category)

    return _done(request, reader, mail, done, _("已建立工单。"))


@require_POST
@agents_only
def add(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Add a mail to a ticket that the reader may see."""
    mail = _mail(pk, reader)
    number = request.POST.get("number", "").strip().upper()[:20]
    ticket = Ticket.objects.visible_to(reader.user).filter(number=number).first()
    if ticket is None:
        return _page(request, reader, mail, refusal=ActionRefusedError("unknown_ticket", _("没有工单 %s。") % number))

    def done() -> Ticket:
        return add_to(mail=mail, ticket=ticket, actor=reader.user, at=reader.at)

    return _done(request, reader, mail, done, _("已加入工单。"))


@require_POST
@agents_only
def put_aside(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Put a mail aside."""
    mail = _mail(pk, reader)
    try:
        discard(mail=mail, actor=reader.user, at=reader.at)
    except ActionRefusedError as refusal:
        return _page(request, reader, _mail(pk, reader), refusal=refusal)
    messages.success(request, _("已弃置，原文仍保留。"))
    return redirect("console:mails")


def _done(
    request: HttpRequest, reader: Reader, mail: Mail, act: Callable[[], Ticket], words: str
) -> HttpResponse:  # fmt: skip
    try:
        ticket = act()
    except ActionRefusedError as refusal:
        return _page(request, reader, _mail(mail.pk, reader), refusal=refusal)
    messages.success(request, words)
    return redirect("console:ticket", ticket.number)


def _mail(pk: int, reader: Reader) -> Mail:
    mail = found(pk, reader)
    if mail is None:
        raise Http404
    return mail


def _frame(reader: Reader) -> dict[str, Any]:
    return {**rail(reader, None), "in_mail": True, "now": reader.at}


urlpatterns = [
    path("mail/", mails_page, name="mails"),
    path("mail/<int:pk>/", mail_page, name="mail_page"),
    path("mail/<int:pk>/original/", original, name="mail_original"),
    path("mail/<int:pk>/raw/", raw, name="mail_raw"),
    path("mail/<int:pk>/open/", open_ticket, name="mail_open"),
    path("mail/<int:pk>/add/", add, name="mail_add"),
    path("mail/<int:pk>/discard/", put_aside, name="mail_discard"),
]
