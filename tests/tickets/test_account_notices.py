"""News about a contract reaches those whom it means, once each, in their language, with an invitation where one is."""

from datetime import timedelta

import pytest

from plans.actions.news import tell
from plans.models import AccountNotice, Contact, Role, User
from tests.clocks import clock_at
from tests.conftest import Mailbox
from tests.hours import beijing
from tests.world import World
from tickets.models import Delivery
from tickets.rounds import account_notices, dispatch
from tickets.telling import account_letters
from tickets.telling.account_roles import readers_of
from tickets.telling.letters import Letter

INVITATION = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
WHEN = "2026-09-28 10:00"


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a letter be written for the kind `greeting`."""

    def greeting(notice: AccountNotice, reader: User | Contact) -> Letter:
        words = f"{notice.about['words']} {notice.contract.number}"
        link = f"/console/accounts/{notice.contract.number}/"
        return Letter(subject="【权益】" + words, lines=(words,), link=link, link_words="查看", calendar=INVITATION)

    monkeypatch.setitem(account_letters.WRITERS, "greeting", greeting)


def said(world: World, key: str = "greeting:1", **more):
    usual = {
        "kind": "greeting", "contract": world.yonsuite.contract, "about": {"words": "您好"},
        "to": ["success_manager", "team_lead"], "at": beijing(WHEN), "key": key,
    }  # fmt: skip
    return tell(**usual | more)


def test_news_is_told_once_for_each_key(world: World, writes: None):
    assert said(world)
    assert said(world) is None
    with clock_at(WHEN):
        dispatch.sweep()
        dispatch.sweep()
    told = Delivery.objects.filter(kind=Delivery.Kind.ACCOUNT).values_list("address", flat=True)
    assert sorted(told) == sorted([world.success_manager.email, world.lead.email])


def test_a_letter_carries_its_invitation_in_two_forms(world: World, writes: None, mailbox: Mailbox):
    said(world, to=["success_manager"])
    with clock_at(WHEN):
        dispatch.sweep()
        dispatch.send_mail()
    [letter] = mailbox.messages
    parts = {part.get_content_type(): part for part in letter.walk()}
    assert parts["text/calendar"]["Content-Type"].params["method"] == "REQUEST"
    assert parts["text/calendar"].get_content().startswith("BEGIN:VCALENDAR")
    assert parts["application/ics"].get_filename() == "invite.ics"
    assert f"/console/accounts/{world.yonsuite.contract.number}/" in parts["text/plain"].get_content()
    assert letter["Content-Language"] == "zh-CN"


def test_news_waits_for_its_time(world: World, writes: None):
    row = said(world, not_before=beijing("2026-10-08 09:00"))
    with clock_at("2026-10-08 08:59"):
        dispatch.sweep()
    assert not row.deliveries.exists()
    with clock_at("2026-10-08 09:01"):
        dispatch.sweep()
    assert row.deliveries.count() == 2


def test_news_that_nobody_can_be_told_says_so(world: World, writes: None):
    row = said(world, to=["partner"])
    with clock_at(WHEN):
        dispatch.sweep()
    row.refresh_from_db()
    assert (row.error, row.finished_at) == (account_notices.NOBODY, beijing(WHEN)) or row.finished_at


def test_news_for_an_unknown_role_is_put_off_and_then_given_up(world: World, writes: None):
    row = said(world, to=["nobody_known"])
    other = said(world, key="greeting:2")
    at = beijing(WHEN)
    for _try in range(6):
        with clock_at(at):
            dispatch.sweep()
        at += timedelta(hours=2)
    row.refresh_from_db()
    assert row.finished_at
    assert "nobody_known" in row.error
    assert other.deliveries.count() == 2, "one that raises does not hold up the others"


def test_roles_and_keys_mean_people_of_this_contract_alone__Y22(world: World):
    contract, contact = world.yonsuite.contract, world.yonsuite.contact
    User.objects.filter(pk=contact.user_id).update(role=Role.CUSTOMER_ADMIN)
    assert readers_of(contract, ["customer_admins", f"contact:{contact.pk}"]) == [contact]
    assert readers_of(contract, [f"user:{world.manager.pk}", "technical_manager"]) == [
        world.manager,
        world.technical_manager,
    ]
    User.objects.filter(pk=world.technical_manager.pk).update(is_active=False)
    assert readers_of(contract, ["technical_manager"]) == [world.lead], "while nobody holds the seat, the lead hears"


@pytest.mark.parametrize(("left", "told"), [(18, "还有 18 天到期"), (0, "今天到期")])
def test_the_end_of_a_term_says_the_days_that_are_left_whatever_the_mark_and_whom_to_ask__Y22(
    world: World, left: int, told: str
):
    last = world.yonsuite.contract.ends_on
    at = beijing(f"{last - timedelta(days=left)} 09:00")
    notice = said(world, kind="term_ending", about={"last": last.isoformat(), "mark": 30}, at=at)
    assert notice
    letter = account_letters.WRITERS["term_ending"](notice, world.yonsuite.contact)
    assert told in letter.lines[0]
    assert world.success_manager.email in letter.asked
