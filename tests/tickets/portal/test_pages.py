"""What customers see of their tickets, and that nobody sees another's."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from plans.models import Role
from tests.clocks import clock_at
from tests.hours import beijing
from tests.tickets.portal.conftest import signed_in
from tests.world import World, person
from tickets.actions import ticket as actions
from tickets.actions.attachments import attach
from tickets.channels.base import File
from tickets.models import Attachment, Message, Ticket

CANARY = "金丝雀-7f3a"
PAGES = ("", "live/", "rights/", "new/", "tickets/")
OF_TICKET = ("", "live/", "sent/", "proof/{pk}/")


def paths_of(ticket: Ticket) -> list[str]:
    """Return every page of a ticket."""
    clock = ticket.ticket_clocks.get().clock
    first = clock.milestones.first()
    assert first is not None
    return [f"/portal/tickets/{ticket.number}/{part.format(pk=first.pk)}" for part in OF_TICKET]


def everything(client: Client, tickets: list[Ticket], *more: str) -> dict[str, str]:
    """Return the text of every page of the portal."""
    paths = [f"/portal/{page}" for page in PAGES] + [path for one in tickets for path in paths_of(one)]
    return {path: client.get(path).content.decode() for path in [*paths, *more]}


def test_everybody_else_is_sent_to_their_own_door(client: Client, world: World, ticket: Ticket) -> None:
    for path in [f"/portal/{page}" for page in PAGES] + paths_of(ticket):
        client.logout()
        assert client.get(path)["Location"].startswith("/sign-in/?next=/portal/"), path
        client.force_login(world.agent)
        assert client.get(path)["Location"] == "/", path


def test_somebody_elses_ticket_is_as_absent_as_one_that_never_was(world: World, ticket: Ticket) -> None:
    stranger = signed_in(world.stranger)
    absent = stranger.get("/portal/tickets/T-2026-999999/")
    assert absent.status_code == 404
    for path in paths_of(ticket):
        theirs = stranger.get(path)
        assert theirs.status_code == 404, path
        # The address that was asked for stands in both, and the form's token is new each time.
        assert shape(theirs, path) == shape(absent, "/portal/tickets/T-2026-999999/")
    for act in ("answer", "confirm"):
        assert stranger.post(f"/portal/tickets/{ticket.number}/{act}/", {"body": "你好"}).status_code == 404
    assert ticket.messages.count() == 1


def shape(response: Any, path: str) -> list[str]:
    lines = response.content.decode().replace(path, "…").splitlines()
    return [line.split("csrfmiddlewaretoken")[0] for line in lines]


def test_a_colleague_sees_their_own_and_an_administrator_all(world: World, ticket: Ticket) -> None:
    colleague = world.uncertified
    assert signed_in(colleague).get(f"/portal/tickets/{ticket.number}/").status_code == 404
    assert colleague.user is not None
    colleague.user.role = Role.CUSTOMER_ADMIN
    colleague.user.save()
    admin = signed_in(colleague)
    assert admin.get(f"/portal/tickets/{ticket.number}/").status_code == 200
    assert ticket.number in admin.get("/portal/tickets/").content.decode()


def test_a_contact_who_left_is_shown_nothing(world: World, mine: Client, ticket: Ticket) -> None:
    world.kingdee.contact.is_active = False
    world.kingdee.contact.save()
    for path in ["/portal/", "/portal/tickets/", *paths_of(ticket)]:
        response = mine.get(path)
        assert response.status_code == 403, path
        assert ticket.subject not in response.content.decode()


def test_a_user_who_is_nobodys_contact_is_told_so(client: Client, db: None) -> None:
    client.force_login(person("loose", "散客", Role.CUSTOMER))
    assert "还没有关联到单位" in client.get("/portal/").content.decode()


def test_nothing_internal_is_on_any_page(world: World, mine: Client, ticket: Ticket) -> None:
    at = beijing("2026-09-28 09:30")
    actions.note(ticket=ticket, body=f"{CANARY} 不要告诉客户", actor=world.agent, at=at)
    note = Message.objects.get(is_public=False)
    attach(message=note, files=[File(f"{CANARY}.txt", "text/plain", CANARY.encode())])
    other = world.open_ticket(f"{CANARY} 别家的", side=world.yonsuite)
    with clock_at("2026-09-28 10:00"):
        pages = everything(mine, [ticket], f"/portal/tickets/?q={CANARY}&show=open")
    searched = pages.pop(f"/portal/tickets/?q={CANARY}&show=open")
    assert ticket.number not in searched
    assert other.number not in searched
    assert [path for path, text in pages.items() if CANARY in text or other.number in text] == []


def test_a_notes_file_is_absent_for_the_customer(world: World, mine: Client, ticket: Ticket) -> None:
    at = beijing("2026-09-28 09:30")
    actions.note(ticket=ticket, body="内部", actor=world.agent, at=at)
    attach(message=Message.objects.get(is_public=False), files=[File("a.txt", "text/plain", b"secret")])
    attach(message=ticket.messages.get(is_public=True), files=[File("b.txt", "text/plain", b"open")])
    hidden, shown = Attachment.objects.order_by("pk")
    assert mine.get(f"/attachments/{hidden.pk}/").status_code == 404
    response = mine.get(f"/attachments/{shown.pk}/")
    assert (response.content, "attachment" in response["Content-Disposition"]) == (b"open", True)
    assert signed_in(world.stranger).get(f"/attachments/{shown.pk}/").status_code == 404


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}"


def test_what_people_write_is_never_markup(world: World, mine: Client) -> None:
    contact = world.kingdee.contact
    contact.name = HOSTILE[:40]
    contact.save()
    ticket = world.open_ticket(HOSTILE, side=world.kingdee, body=HOSTILE, module=HOSTILE[:40], error_code=HOSTILE[:40])
    actions.reply(ticket=ticket, body=HOSTILE, actor=world.agent, at=beijing("2026-09-28 09:10"))
    attach(message=ticket.messages.first(), files=[File(HOSTILE, "text/html", b"x")])
    with clock_at("2026-09-28 10:00"):
        for path, text in everything(mine, [ticket], "/portal/tickets/", f"/portal/tickets/?q={HOSTILE}").items():
            assert "<script>alert" not in text, path
            assert "<img src=x" not in text, path


def test_the_list_asks_as_often_for_sixty_tickets_as_for_ten(world: World, mine: Client) -> None:
    def queries() -> dict[str, int]:
        counts = {}
        for path in ("/portal/", "/portal/tickets/"):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert mine.get(path).status_code == 200
            counts[path] = len(asked)
        return counts

    with clock_at("2026-09-28 10:00"):
        for number in range(10):
            world.open_ticket(f"第 {number} 件", side=world.kingdee)
        queries()
        few = queries()
        for number in range(10, 60):
            world.open_ticket(f"第 {number} 件", side=world.kingdee)
        many = queries()
    # A list of more than one page asks no more either: its number of rows is counted in both.
    assert many == few
    assert max(few.values()) <= 16, few


FOUND_BY = [("{number}", True), ("月结", True), ("科目余额", True), ("余额调节", True), ("\x00", True)]
NOT_FOUND_BY = [("没有这几个字", False), ("%", False), ("_", False)]


@pytest.mark.parametrize(("words", "is_found"), FOUND_BY + NOT_FOUND_BY)
def test_tickets_are_found_by_number_subject_and_what_was_said(
    world: World, mine: Client, ticket: Ticket, words: str, is_found: bool
) -> None:
    actions.reply(ticket=ticket, body="请重新生成余额调节表。", actor=world.agent, at=beijing("2026-09-28 09:10"))
    page = mine.get("/portal/tickets/", {"q": words.format(number=ticket.number)}).content.decode()
    assert (f'href="/portal/tickets/{ticket.number}/"' in page) is is_found


def test_the_first_page_answers_three_questions(world: World, mine: Client) -> None:
    waiting = world.open_ticket("等客户的", side=world.kingdee)
    at = beijing("2026-09-28 09:30")
    actions.wait(ticket=waiting, wait_for="customer", until=None, actor=world.agent, at=at)
    solved = world.open_ticket("解决了的", side=world.kingdee)
    actions.resolve(ticket=solved, body="好了", actor=world.agent, at=at)
    world.open_ticket("正在办的", side=world.kingdee)
    with clock_at("2026-09-28 10:00"):
        page = mine.get("/portal/").content.decode()
    assert "2 件事在等您" in page
    assert "补充材料" in page
    assert "确认解决" in page
    assert "我们会在 今天 14:00 前回复您" in page
    assert "服务期内 3 人天" in page
    assert "§3.2.2" in page


def test_rights_stand_with_their_clauses__K05_K13(mine: Client) -> None:
    page = mine.get("/portal/rights/").content.decode()
    assert "高级成功服务" in page
    assert "以上支持总人天不超过 3 人天" in page
    assert "服务期内 2 份" in page


def test_a_deadline_is_said_in_the_readers_zone_with_the_calendars_beside(world: World, mine: Client) -> None:
    contact = world.kingdee.contact
    contact.timezone = "Asia/Bangkok"
    contact.save()
    ticket = world.open_ticket(side=world.kingdee)
    with clock_at("2026-09-28 10:00"):
        page = mine.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert "我们会在 今天 13:00（曼谷时间；北京时间 今天 14:00） 前回复您" in page


def test_what_is_late_is_said_with_an_apology(world: World, mine: Client, ticket: Ticket) -> None:
    with clock_at("2026-09-28 15:00"):
        page = mine.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert "对不起，我们晚了：说好 今天 14:00 前回复您" in page


def test_who_helps_is_named(world: World, mine: Client, ticket: Ticket) -> None:
    actions.accept(ticket=ticket, actor=world.agent, at=beijing("2026-09-28 09:05"))
    with clock_at("2026-09-28 10:00"):
        page = mine.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert "李坐席会在 今天 14:00 前回复您" in page


def test_an_agreed_date_and_an_ending_are_said_with_their_instants(world: World, mine: Client, ticket: Ticket) -> None:
    at, until = beijing("2026-09-28 09:30"), beijing("2026-09-29 15:00")
    actions.reply(ticket=ticket, body="明天下午一起看。", actor=world.agent, at=at)
    actions.wait(ticket=ticket, wait_for="customer", until=until, actor=world.agent, at=at)
    solved = world.open_ticket("解决了的", side=world.kingdee)
    actions.resolve(ticket=solved, body="好了", actor=world.agent, at=at)
    with clock_at("2026-09-28 10:00"):
        page = mine.get("/portal/tickets/").content.decode()
    assert "约好 明天 15:00 继续" in page
    assert "今天 09:30 解决了，请您确认" in page


def test_the_proof_of_a_deadline_adds_up(world: World, mine: Client, ticket: Ticket) -> None:
    with clock_at("2026-09-28 10:00"):
        page = mine.get(paths_of(ticket)[-1]).content.decode()
    assert "午休" in page
    assert "0.5 个工作日" in page
    assert "2026-09-28 14:00:00" in page
    assert mine.get(f"/portal/tickets/{ticket.number}/proof/999999/").status_code == 404


def test_no_page_changes_a_row_when_it_is_read(world: World, mine: Client, ticket: Ticket) -> None:
    with clock_at("2026-09-28 10:00"), CaptureQueriesContext(connection) as asked:
        everything(mine, [ticket])
    writes = [query["sql"] for query in asked if query["sql"].split(" ", 1)[0] in ("INSERT", "UPDATE", "DELETE")]
    assert writes == []


def test_pages_are_kept_by_no_shared_cache(mine: Client, ticket: Ticket) -> None:
    assert "private" in mine.get(f"/portal/tickets/{ticket.number}/")["Cache-Control"]
