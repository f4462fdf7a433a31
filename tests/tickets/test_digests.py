"""Letters about many matters: of any kind, to our people and to customers, in both languages. Source: C30"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern

import pytest

from plans.models import Contact, User
from sla.actors import SYSTEM
from tests.hours import beijing
from tests.world import World
from tickets.actions import side_tasks
from tickets.actions import ticket as actions
from tickets.ledger import Entry, actor_of, record
from tickets.models import Bulletin, Delivery, Mailbox, Ticket, TicketEvent
from tickets.telling import digests, mail
from tickets.telling.notifications import Notice, queue_many
from tickets.telling.occasions import RELATED

Kind = Delivery.Kind
AT = beijing("2026-09-28 09:30")
CHINESE = re.compile("[\u4e00-\u9fff]")
MOVE = {
    "metric": "first_response",
    "old_due_at": "2026-09-28T03:00:00Z",
    "new_due_at": "2026-09-29T02:00:00Z",
    "verdict": "later",
}


def digest_of(world: World, kind: str, reader: User | Contact, at: datetime = AT) -> EmailMessage:
    theirs = {"contact": reader} if isinstance(reader, Contact) else {"user": reader}
    rows = list(Delivery.objects.select_related(*RELATED).filter(kind=kind, **theirs).order_by("pk"))
    return message_from_bytes(mail.render_digest(rows, at=at), policy=modern)


def text_of(message: EmailMessage) -> str:
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def moved(ticket: Ticket) -> TicketEvent:
    """Write into a ticket's ledger that a notice moved its deadline."""
    fields = {"moves": [MOVE], "cause": "关于2027年部分节假日安排的通知", "source": "国办发明电〔2026〕8号"}
    return record(ticket, Entry(TicketEvent.Kind.DEADLINE_MOVED, SYSTEM, AT, fields=fields))[0]


def moves(world: World) -> list[Notice]:
    tickets = [world.open_ticket(f"Moved {n}", body="-") for n in (1, 2)]
    told = [(ticket, moved(ticket)) for ticket in tickets]
    return [Notice(Kind.DEADLINE_MOVED, event, ticket, world.lead) for ticket, event in told]


def reassigned(world: World) -> list[Notice]:
    for n in (1, 2):
        ticket = world.open_ticket(f"Reassigned {n}", body="-")
        actions.assign(ticket=ticket, to=world.lead, actor=world.agent, at=AT)
    return []


def tasks(world: World) -> list[Notice]:
    for n in (1, 2):
        ticket = world.open_ticket(f"Asked {n}", body="-")
        side_tasks.add(ticket=ticket, title=f"Look {n}", assignee=world.lead, actor=actor_of(world.agent), at=AT)
    return []


def messages(world: World) -> list[Notice]:
    for n in (1, 2):
        ticket = world.open_ticket(f"Written {n}", body="-")
        actions.assign(ticket=ticket, to=world.lead, actor=world.agent, at=AT)
        actions.customer_message(ticket=ticket, contact=world.yonsuite.contact, body=f"Still {n}", at=AT)
    return []


def bulletins(world: World) -> list[Notice]:
    said = {"country": "CN", "subdivision": "", "year": 2027, "calendars": ["yonsuite-7x12"]}
    rows = [Bulletin.objects.create(kind="year_assumed", key=f"k{n}", fields=said, at=AT) for n in (1, 2)]
    return [Notice(Kind.BULLETIN, row, None, world.lead) for row in rows]


@pytest.mark.parametrize(
    ("kind", "lay", "subject", "said"),
    [
        (Kind.DEADLINE_MOVED, moves, "deadline", "Moved 2"),
        (Kind.REASSIGNED, reassigned, "reassigned", "Reassigned 2"),
        (Kind.SIDE_TASK, tasks, "side task", "Look 2"),
        (Kind.CUSTOMER_MESSAGE, messages, "customer message", "Still 2"),
        (Kind.BULLETIN, bulletins, "", "2027"),
    ],
)
def test_every_kind_has_its_digest_and_an_english_one(
    world: World, kind: str, lay: Callable[[World], list[Notice]], subject: str, said: str
):
    User.objects.update(language="en", name="Ann", name_en="Ann")
    Contact.objects.update(name="Amy", name_en="Amy")
    for person in (world.lead, world.agent, world.yonsuite.contact):
        person.refresh_from_db()
    queue_many(lay(world), at=AT)
    message = digest_of(world, kind, world.lead)
    assert subject in str(message["Subject"])
    text = text_of(message)
    assert said in text
    ours = text.replace("守约", "").replace("关于2027年部分节假日安排的通知", "").replace("国办发明电〔2026〕8号", "")
    assert not CHINESE.search(ours), ours
    assert len(set(re.findall(r"/console/\S*", text))) >= (1 if kind == Kind.BULLETIN else 3)


def test_a_customer_reads_of_many_moved_deadlines_in_their_own_words(world: World):
    contact = world.yonsuite.contact
    tickets = [world.open_ticket(f"第{n}张") for n in (1, 2, 3)]
    told = [(ticket, moved(ticket)) for ticket in tickets]
    queue_many([Notice(Kind.DEADLINE_MOVED, event, ticket, contact) for ticket, event in told], at=AT)
    message = digest_of(world, Kind.DEADLINE_MOVED, contact)
    text = text_of(message)
    assert text.startswith("王会计，您好：")
    assert text.count("我们答复您的时间由 9月28日 星期一 11:00 改为 9月29日 星期二 10:00。") == 3
    assert all(f"/portal/tickets/{ticket.number}/" in text for ticket in tickets)
    assert "/console/" not in text
    Mailbox.objects.create(name="服务", address="support@yonsuite.example", vendor="yonsuite", takes_plus=True)
    message = digest_of(world, Kind.DEADLINE_MOVED, contact)
    assert "直接回复本邮件不会进入工单" in text_of(message)
    assert "yonsuite" not in message["Reply-To"]
    # About one ticket alone it is answered like any letter of that ticket.
    again = moved(tickets[0])
    Delivery.objects.filter(kind=Kind.DEADLINE_MOVED).exclude(ticket=tickets[0]).delete()
    queue_many([Notice(Kind.DEADLINE_MOVED, again, tickets[0], contact)], at=AT)
    message = digest_of(world, Kind.DEADLINE_MOVED, contact)
    assert "直接回复本邮件即可" in text_of(message)
    assert f"support+{tickets[0].number.lower()}." in message["Reply-To"]


def test_a_digest_too_long_for_a_letter_counts_what_it_leaves_out(world: World, monkeypatch):
    monkeypatch.setattr(digests, "LISTED", 1)
    queue_many(moves(world), at=AT)
    text = text_of(digest_of(world, Kind.DEADLINE_MOVED, world.lead))
    assert text.count("/console/tickets/") == 1
    assert "另有 1 件没有列出" in text


def test_a_digest_that_waited_says_so(world: World):
    queue_many(moves(world), at=AT)
    late = digest_of(world, Kind.DEADLINE_MOVED, world.lead, AT + timedelta(hours=1))
    assert "这些提醒按您设置的时间汇总送达" in text_of(late)
    assert "汇总送达" not in text_of(digest_of(world, Kind.DEADLINE_MOVED, world.lead))


def test_what_people_wrote_is_not_taken_for_markup(world: World):
    for n in (1, 2):
        ticket = world.open_ticket(f"<script>{n}</script>")
        actions.assign(ticket=ticket, to=world.lead, actor=world.agent, at=AT)
    html = digest_of(world, Kind.REASSIGNED, world.lead).get_body(("html",)).get_content()
    assert "<script" not in html
    assert "&lt;script&gt;1" in html
