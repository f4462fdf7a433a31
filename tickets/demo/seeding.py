"""Fill an empty database with the plans and the demo, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils.translation import gettext as _

from plans.loading import load
from plans.models import Contact, Customer, User
from plans.refusals import RefusedError
from sla.clock import database_now
from tickets.demo import (
    account_contracts,
    account_coverage,
    account_deliverables,
    account_engagements,
    account_owed,
    account_reports,
    account_rights,
    account_updates,
    chats,
    community,
    credentials,
    hotline,
    letters,
    library,
    outlets,
    rulebook,
    script,
)
from tickets.demo.cast import Cast, put_in_place
from tickets.demo.stage import catch_up, date_records, perform
from tickets.models import Delivery, Ticket, TicketEvent
from tickets.telling.notifications import withhold

# Any two seedings at once would both find the database empty. Nobody else waits for the demo to be on disk.
PREPARE = "SELECT pg_advisory_xact_lock(hashtext('seed')), set_config('synchronous_commit', 'off', true)"
# Mail of the demo's last hours is really sent, so that there is something to read; older mail would only flood.
MAILED = timedelta(hours=12)
WITHHELD = "demo history: older than half a day when the demo was set up"


@dataclass(frozen=True, slots=True)
class Seeded:
    """How much was added; all zero when the demo was there, or the database is somebody's own."""

    customers: int = 0
    contacts: int = 0
    tickets: int = 0
    events: int = 0
    mails: int = 0


@transaction.atomic
def seed(*, only_if_empty: bool = False) -> Seeded:
    """Load plans and demo into an empty database and return what was added; where the demo is, only renew its keys.

    Raises RefusedError when the database holds anything that the demo did not make, unless `only_if_empty`.
    """
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
    if is_there():
        _let_in_again()
        return Seeded()
    if Customer.objects.exists() or User.objects.exists():
        if only_if_empty:
            return Seeded()
        raise RefusedError(
            "not_empty",
            _("数据库里已有不属于演示的客户或用户，演示数据不会写入。"),
            ways_on=[_("换一个空的数据库。")],
        )
    return _fill()


def is_there() -> bool:
    """Tell whether the demo stands in this database."""
    return Customer.objects.filter(code__in=[entry["code"] for entry in script.customers()]).exists()


def _fill() -> Seeded:
    # Long because each area lives through its own part, in the order in which they lean on each other.
    load()
    now, password = database_now(), credentials.password()
    cast = put_in_place(password=make_password(password), now=now)
    rulebook.put_in_force(cast, now=now)
    account_contracts.go_on(now=now)
    account_owed.deliver_until(now=now)
    account_rights.draw_down(now=now)
    account_engagements.take_place(now=now)
    account_deliverables.hand_over(now=now)
    account_updates.take_place(now=now)
    perform(cast, now=now)
    # After the tickets that they are about.
    account_reports.report_on(now=now)
    account_coverage.refuse(now=now)
    library.fill(now=now)
    _converse(cast, now)
    withhold(before=now - MAILED, reason=WITHHELD)
    rulebook.consider(cast, now=now)
    credentials.renew(password=password, at=now)
    # By the key of the hotline, which knows its menu.
    hotline.ring(cast, now=now)
    catch_up(now)
    date_records()
    return Seeded(
        customers=Customer.objects.count(),
        contacts=Contact.objects.count(),
        tickets=Ticket.objects.count(),
        events=TicketEvent.objects.count(),
        mails=Delivery.objects.filter(state=Delivery.State.QUEUED).count(),
    )


def _converse(cast: Cast, now: datetime) -> None:
    """Have customers talked by every way in but the phone, which needs a key."""
    chats.talk(cast, now=now)
    community.talk(now=now)
    letters.arrive(cast, now=now)
    outlets.lay_out()


def _let_in_again() -> None:
    """Issue anew what was lost with the folder that kept it; what is valid stays."""
    password = credentials.password()
    if credentials.kept() is None:
        ours = [entry["username"] for entry in script.people()["users"]]
        theirs = Contact.objects.filter(customer__code__in=[entry["code"] for entry in script.customers()])
        usernames = [*ours, *theirs.exclude(user=None).values_list("user__username", flat=True)]
        credentials.set_password(usernames=usernames, password=password)
    credentials.renew(password=password, at=database_now())
