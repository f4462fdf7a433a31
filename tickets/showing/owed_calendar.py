"""What all accounts of somebody owe, as a calendar to subscribe to."""

from collections.abc import Iterable
from datetime import datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from plans.engagements.invitations import icalendar
from plans.models import Contract
from plans.wording import clause_of, name_of
from tickets.showing.months import DAY
from tickets.showing.owed import Shown

if TYPE_CHECKING:
    from icalendar import Event

PRODUCT = "-//Shouyue//Owed//EN"


def calendar_of(rows: Iterable[Shown], at: datetime) -> bytes:
    """Return what is owed as an iCalendar of whole days, in the language in use. Source: RFC 5545"""
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("守约 应交服务"))
    for one in rows:
        calendar.add_component(_event(one, at))
    body: bytes = calendar.to_ical()
    return body


def _event(one: Shown, at: datetime) -> "Event":
    row, contract = one.row, one.row.contract
    event: Event = icalendar.Event()
    event.add("uid", f"owed-{row.pk}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2] or 'localhost'}")
    event.add("dtstamp", at)
    event.add("dtstart", row.due_on)
    event.add("dtend", row.due_on + DAY)
    event.add("summary", _("%(customer)s：%(what)s（%(state)s）") % {
        "customer": name_of(contract.customer), "what": one.what, "state": one.words,
    })  # fmt: skip
    close = [_("最后一个工作日 %(close)s") % {"close": one.close}] if one.close else []
    lines = [f"{contract.number} {name_of(contract.plan)}", f"{row.item.promise} {clause_of(row.item)}", *close]
    event.add("description", "\n".join(lines))
    event.add("url", link_to(contract))
    event.add("transp", "TRANSPARENT")
    event.add("status", "CANCELLED" if row.state == row.State.WAIVED else "CONFIRMED")
    return event


def link_to(contract: Contract) -> str:
    """Return the address at which one of us sees what a contract owes."""
    return f"{settings.PUBLIC_URL}/console/accounts/{contract.number}/owed/"
