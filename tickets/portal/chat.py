"""云客服 in the portal: the same widget inline, and the record of older conversations. Source: Y05–Y07"""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import get_current_timezone_name
from django.views.decorators.http import require_safe

from plans.accounts import zone_named
from plans.keeping import path_of
from plans.models import Contact, Plan
from plans.models.people import Language
from sla.clock import database_now
from tickets.actions.visiting import Arrival, let_in
from tickets.attachments import sent
from tickets.models import Chat, ChatFile, ChatMessage
from tickets.portal.finding import PAGE
from tickets.portal.guard import contact_in, customers_only
from tickets.showing.chat import author_name, message_fields
from tickets.showing.names import Names, names_for
from tickets.showing.wording import zone_words


@require_safe
@customers_only
def chat(request: HttpRequest) -> HttpResponse:
    """Open the chat, for the signed-in contact; the page holds a token of their own, no secret of ours."""
    contact, at = contact_in(request), database_now()
    vendors = vendors_of(contact)
    vendor = request.GET.get("vendor", "")
    context: dict[str, Any] = {"page": "chat", "vendors": vendors, "vendor": vendor if vendor in vendors else ""}
    if vendors and request.method == "GET":
        context["vendor"] = context["vendor"] or next(iter(vendors))
        context["token"] = let_in(arrival=Arrival(None, contact, _language(request)), at=at)[1]
    return render(request, "portal/chat/chat.html", context | {"now": at})


def vendors_of(contact: Contact) -> dict[str, str]:
    """Return whose plans a contact's organisation has signed, each by the name of its products' maker."""
    codes = Plan.objects.filter(contracts__customer=contact.customer_id).order_by("vendor").values_list("vendor")
    return {code: NAMES.get(code, code) for (code,) in codes.distinct()}


NAMES = {"yonsuite": "YonSuite", "kingdee": "Kingdee"}


def _language(request: HttpRequest) -> str:
    return Language.ENGLISH if getattr(request, "LANGUAGE_CODE", "").startswith("en") else Language.CHINESE


def _theirs(contact: Contact) -> QuerySet[Chat]:
    """Return the conversations of a contact, latest first."""
    return Chat.objects.filter(contact=contact).select_related("assignee", "ticket", "product").order_by("-pk")


@require_safe
@customers_only
def chats(request: HttpRequest) -> HttpResponse:
    """List the reader's conversations."""
    page = Paginator(_theirs(contact_in(request)), PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/chat/chats.html", {"page": "chat", "chats": page, "now": database_now()})


@require_safe
@customers_only
def transcript(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was said in one; 404 for somebody else's. A whisper is no part of it."""
    found = _theirs(contact_in(request)).filter(code=code).first()
    if found is None:
        raise Http404
    said = found.messages.for_customer().order_by("number").select_related("chat").prefetch_related("files")
    names = names_for([f"user:{one.author_id}" for one in said] + [f"contact:{found.contact_id}"])
    lines = [message_fields(one, for_agent=False) | {"when": one.at, "name": _name(one, names)} for one in said]
    zone = zone_words(zone_named(get_current_timezone_name()))
    context = {"page": "chat", "chat": found, "lines": lines, "zone": zone, "now": database_now()}
    return render(request, "portal/chat/transcript.html", context)


def _name(message: ChatMessage, names: Names) -> str:
    is_customer = message.author_kind == ChatMessage.Author.CUSTOMER
    ref = f"contact:{message.chat.contact_id}" if is_customer else f"user:{message.author_id}"
    return names.of(author_name(message), ref)


@require_safe
@customers_only
def chat_file(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Send a file of one of the reader's conversations, to be saved; 404 for one whispered, or somebody else's."""
    theirs = ChatMessage.objects.for_customer().filter(chat__contact=contact_in(request), chat__code=code)
    found = ChatFile.objects.filter(message__in=theirs, pk=pk).first()
    if found is None:
        raise Http404
    return sent(path_of(found.sha256), found.name)
