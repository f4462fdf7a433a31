"""Open a conversation: with the bot, at any hour. Source: Y05, K07"""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from plans.models import Product
from plans.models.people import Language
from sla.refusals import ActionRefusedError
from tickets.actions.chat.lines import bot_says, of_person
from tickets.models import Channel, Chat, Visitor

NEXT = "SELECT nextval(pg_get_serial_sequence('tickets_chat', 'id'))"
ONCE = "chat_open_once_a_contact"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation is opened: whose product, which, and where in it. Source: K03"""

    vendor: str
    product: Product | None = None
    channel: str = Channel.IM
    language: str = Language.CHINESE
    module: str = ""
    tenant: str = ""
    page: str = ""


def open_chat(*, visitor: Visitor, place: Place, at: datetime) -> Chat:
    """Return a visitor's open conversation about a vendor's products, begun with the bot's greeting if there is none.

    Raises ActionRefusedError for somebody unknown where the site takes only people it knows.
    """
    try:
        with transaction.atomic():
            return _opened(visitor, place, at)
    except IntegrityError as error:
        if ONCE not in str(error):
            raise
        # The same contact was faster in another window.
        return Chat.objects.open().get(of_person(visitor), vendor=place.vendor)


def _opened(visitor: Visitor, place: Place, at: datetime) -> Chat:
    _check(visitor)
    # One visitor at a time: a second click finds what the first one began.
    Visitor.objects.select_for_update(of=("self",)).get(pk=visitor.pk)
    found = Chat.objects.open().filter(of_person(visitor), vendor=place.vendor).first()
    if found:
        return found
    chat = _new(visitor, place, at)
    chat.save(force_insert=True)
    with override(chat.language):
        bot_says(chat, _greeting(chat), at, {"greeting": True})
    return chat


def _check(visitor: Visitor) -> None:
    if visitor.contact_id is None and visitor.site and not visitor.site.allows_anonymous:
        raise ActionRefusedError(
            "sign_in", _("请先登录再打开云客服。"), ways_on=[_("在产品或门户中登录后再打开。")]
        )  # fmt: skip


def _new(visitor: Visitor, place: Place, at: datetime) -> Chat:
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        (pk,) = cursor.fetchone()
    return Chat(
        pk=pk, code=f"IM-{at.year}-{pk:06d}", vendor=place.vendor, channel=place.channel, visitor=visitor,
        contact=visitor.contact, customer=visitor.contact.customer if visitor.contact else None,
        product=place.product, language=place.language, module=place.module[:80], tenant=place.tenant[:64],
        page=place.page[:500], opened_at=at,
    )  # fmt: skip


def _greeting(chat: Chat) -> str:
    if chat.contact_id:
        return _("您好，我是智能客服，全天在线。请直接说您的问题；要找人工，点【转人工客服】或输入“人工”。")
    return _("您好，我是智能客服，全天在线。请直接说您的问题；登录后还可以转人工或提交工单。")
