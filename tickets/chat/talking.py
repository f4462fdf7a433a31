"""`/chat/v1/…`: the conversation of the visitor whose token the request carries."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from plans.keeping import path_of
from plans.models import Product
from sla.api.problems import ProblemError
from sla.refusals import ActionRefusedError
from tickets.actions import chat as acts
from tickets.actions.chat import Place
from tickets.attachments import sent
from tickets.channels.base import File, Reader
from tickets.channels.form import LIMITS
from tickets.chat.base import ChatView
from tickets.chat.guests import Guest, chats_of
from tickets.chat.sessions import language_in
from tickets.chat.standing import PAGE, chat_fields, hand_off_fields, visitor_fields
from tickets.live.telling import tell
from tickets.models import Channel, Chat, ChatFile, ChatMessage
from tickets.showing.chat import message_fields
from tickets.uploads import was_cut

HIGHEST = 2**31 - 1


def messages_after(chat: Chat, number: int, limit: int = PAGE) -> list[dict[str, Any]]:
    """Return what the customer may read of a conversation after a number, in order."""
    found = list(chat.messages.for_customer().after(number)[:limit])
    prefetch_related_objects([message for message in found if message.kind == ChatMessage.Kind.FILE], "files")
    return [message_fields(message, for_agent=False) for message in found]


def number_in(said: Mapping[str, Any], name: str) -> int:
    """Return a message's number, zero where there is none or it is none."""
    value = said.get(name)
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return min(int(text), HIGHEST) if text.isascii() and text.isdigit() and len(text) <= 10 else 0


class Conversation(ChatView):
    """The conversation itself."""

    def get(self, request: Request) -> Response:
        """Return how it stands and the latest of what was said; `chat` is null where there is none yet."""
        guest = self.guest
        if "chat" not in request.query_params and not chats_of(guest).exists():
            return Response({"chat": None, "messages": [], "visitor": visitor_fields(guest.visitor)})
        return Response(_shown(guest, self.chat))

    def post(self, request: Request) -> Response:
        """Open one, or find the one that goes on."""
        chat = acts.open_chat(visitor=self.guest.visitor, place=_place(self.guest, self.said), at=self.guest.at)
        return Response(_shown(self.guest, chat), status=HTTPStatus.CREATED)


def _shown(guest: Guest, chat: Chat) -> dict[str, Any]:
    since = max(chat.message_count - PAGE, 0)
    return {
        "chat": chat_fields(chat, guest.at),
        "messages": messages_after(chat, since),
        "visitor": visitor_fields(guest.visitor),
    }


def _place(guest: Guest, said: Reader) -> Place:
    """Return where the page opens a conversation: a site says whose product and which, our own page chooses."""
    site = guest.visitor.site
    code = said.text("product", 40)
    vendor = site.vendor if site else said.text("vendor", 20)
    place = {name: said.text(name, limit) for name, limit in (("module", 80), ("tenant", 64), ("page", 500))}
    said.finish()
    product = Product.objects.filter(code=code).first() if code else None
    vendor = vendor or (product.vendor if product else _only_vendor(guest))
    if product is None or product.vendor != vendor:
        product = site.product if site else None
    return Place(
        vendor=vendor, product=product, channel=site.channel if site else Channel.PORTAL,
        language=language_in(said), **place,
    )  # fmt: skip


def _only_vendor(guest: Guest) -> str:
    """Return whose plans a contact's organisation holds, the first by name. Raises ProblemError where there is none."""
    contact = guest.visitor.contact
    vendors = sorted(set(contact.customer.contracts.values_list("plan__vendor", flat=True))) if contact else []
    if not vendors:
        raise ProblemError("no_vendor", _("没有找到贵单位的服务合同。"))
    return vendors[0]


class Messages(ChatView):
    """What was said."""

    def get(self, request: Request) -> Response:
        """Return what came after a number, in order, at most a page."""
        chat = self.chat
        return Response({
            "messages": messages_after(chat, number_in(request.query_params, "after")), "last": chat.message_count,
        })  # fmt: skip

    def post(self, request: Request) -> Response:
        """Say something; the same `client_id` again is the same message."""
        said = self.said
        client_id, body = said.text("client_id", 64), said.text("body", HIGHEST)
        said.finish()
        message = acts.say(
            chat=self.own, speaker=self.guest.visitor, body=body, at=self.guest.at, client_id=client_id
        )  # fmt: skip
        return Response(message_fields(message, for_agent=False), status=HTTPStatus.CREATED)


class Files(ChatView):
    """What was sent."""

    parser_classes = [MultiPartParser]

    def post(self, request: Request) -> Response:
        """Send one file; the same `client_id` again is the same message."""
        chat = self.chat
        message = acts.send_file(
            chat=chat, speaker=self.guest.visitor, file=_file(request), at=self.guest.at,
            client_id=request.POST.get("client_id", "")[:64],
        )  # fmt: skip
        return Response(message_fields(message, for_agent=False), status=HTTPStatus.CREATED)


def _file(request: Request) -> File:
    """Return the file that came. Raises ActionRefusedError where none came, or too large a one."""
    came = request.FILES.get("file")
    if was_cut(request._request) or (came and (came.size or 0) > LIMITS.each):
        words = _("文件最大 %(most)d MB。") % {"most": LIMITS.each >> 20}
        raise ActionRefusedError("file_too_large", words, ways_on=[_("压缩或分几次发。")])
    if came is None:
        raise ActionRefusedError("empty_file", _("没有收到文件。"))
    return File(came.name or "", came.content_type or "", came.read())


class FileBytes(ChatView):
    """One file of the visitor's conversations."""

    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """Return its bytes, as a download; 404 for one whispered among agents, or somebody else's."""
        theirs = chats_of(self.guest).values("pk")
        readable = ChatMessage.objects.for_customer().filter(chat__in=theirs)
        found = ChatFile.objects.filter(pk=pk, message__in=readable).first()
        if found is None:
            raise ProblemError("not_found", _("没有这个文件。"), status=HTTPStatus.NOT_FOUND)
        return sent(path_of(found.sha256), found.name)


class HandedOff(ChatView):
    """转人工."""

    def post(self, request: Request) -> Response:
        """Ask for a person, and return what came of it."""
        chat = self.chat
        told = acts.hand_off(chat=chat, at=self.guest.at)
        return Response(hand_off_fields(told, self.guest.at))


class Typing(ChatView):
    """The customer is writing."""

    def post(self, request: Request) -> Response:
        """Tell who serves them; nothing is stored."""
        chat, visitor = self.own, self.guest.visitor
        name = visitor.contact.name if visitor.contact else visitor.name
        tell(f"chat:{chat.pk}", {"kind": "typing", "who": "customer", "name": name})
        return Response(status=HTTPStatus.NO_CONTENT)


class Read(ChatView):
    """How far the customer has read."""

    def post(self, request: Request) -> Response:
        """Note it."""
        number = number_in(self.said.payload, "number")
        acts.mark_read(chat=self.own, reader=self.guest.visitor, number=number, at=self.guest.at)
        return Response(status=HTTPStatus.NO_CONTENT)


class Ended(ChatView):
    """The customer goes."""

    def post(self, request: Request) -> Response:
        """End the conversation; one that has ended stays so."""
        chat = acts.end(chat=self.chat, actor=self.guest.visitor, at=self.guest.at)
        return Response(chat_fields(chat, self.guest.at))


class Rated(ChatView):
    """What the customer thinks of it."""

    def post(self, request: Request) -> Response:
        """Keep a rating from 1 to 5 and a few words."""
        said = self.said
        words = said.text("words", 500)
        said.finish()
        chat = acts.rate(chat=self.chat, rating=number_in(said.payload, "rating"), words=words, at=self.guest.at)
        return Response(chat_fields(chat, self.guest.at))


class Recorded(ChatView):
    """The record of it, by mail."""

    def post(self, request: Request) -> Response:
        """Send it to the customer's own address, once however often it is asked for."""
        address = acts.send_record(chat=self.own, visitor=self.guest.visitor, at=self.guest.at)
        return Response({"address": address}, status=HTTPStatus.ACCEPTED)


class Judged(ChatView):
    """Whether an answer of the bot helped."""

    def post(self, request: Request) -> Response:
        """Keep it."""
        chat, said = self.chat, self.said
        is_helpful = said.payload.get("is_helpful")
        if not isinstance(is_helpful, bool):
            said.wrong("is_helpful", "wrong_type", _("必须是 true 或 false。"))
        said.finish()
        message = chat.messages.for_customer().filter(number=number_in(said.payload, "number")).first()
        if message is None:
            raise ProblemError("not_found", _("没有这条消息。"), status=HTTPStatus.NOT_FOUND)
        judged = acts.judge(message=message, is_helpful=bool(is_helpful), at=self.guest.at)
        return Response(message_fields(judged, for_agent=False))
