"""The frame of the knowledge pages: its entries, and who may do what."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.console.guard import Reader
from tickets.console.rail import rail
from tickets.console.views import shown
from tickets.models.knowledge import PUBLISHERS, WRITERS

ENTRIES = [
    ("list", pgettext_lazy("knowledge", "文章"), "document"),
    ("shelves", _("目录和专题"), "menu"),
    ("paths", _("学习路径"), "progress"),
    ("searches", _("检索与缺口"), "search"),
]
# What customers look for, and where articles stand, is not for partners.
OURS = ("shelves", "searches")


def knowledge_page(
    request: HttpRequest, reader: Reader, page: tuple[str, str], context: dict[str, Any], status: int = HTTPStatus.OK
) -> HttpResponse:
    """Return a page of the knowledge area in its frame; `page` is its entry's route and its template."""
    route, template = page
    may_write = reader.user.role in WRITERS
    entries = [
        {"url": reverse(f"console:knowledge:{name}"), "name": title, "icon": icon, "is_current": name == route}
        for name, title, icon in ENTRIES
        if may_write or name not in OURS
    ]
    frame = {
        "entries": entries,
        "in_knowledge": True,
        "may_write": may_write,
        "may_publish": reader.user.role in PUBLISHERS,
        "now": reader.at,
    }
    return shown(request, template, {**rail(reader, None), **frame, **context}, status)
