"""A contract's life as both sides see it: signed, agreed apart, changed, ended and renewed, up to the mails."""

from datetime import date
from decimal import Decimal

import pytest

from plans.actions import NewTarget, override, set_switch
from plans.actions.history import Decided
from plans.actions.overrides import Dates
from plans.actions.renewing import Renewal, renew
from plans.models import Contact, Contract, Role
from plans.models.people import Language
from tests.clocks import clock_at
from tests.hours import beijing
from tests.stories.conftest import Walk
from tests.stories.test_message_to_mail import body_of
from tests.world import person
from tickets import tasks


def admin_of(walk: Walk, language: str) -> str:
    """Add the customer's administrator, who reads a language, and return the address."""
    customer = walk.world.yonsuite.customer
    user = person("boss", "吴总", Role.CUSTOMER_ADMIN)
    contact = Contact.objects.create(
        customer=customer, user=user, name="吴总", name_en="Mr Wu", email="boss@customer.example", language=language
    )
    return contact.email


@pytest.mark.parametrize(
    ("language", "subject", "said", "link"),
    [
        (Language.CHINESE, "将于 2027-12-31 到期", "还有 30 天到期", "续签请联系"),
        (Language.ENGLISH, "ends on 2027-12-31", "ends in 30 days", "To renew"),
    ],
)
def test_both_sides_hear_that_a_term_ends_and_that_it_goes_on__Y22(walk: Walk, language, subject, said, link):
    boss = admin_of(walk, language)
    for hour in ("10:05", "11:05"):
        with clock_at(f"2027-12-01 {hour}"):
            tasks.remind()
    walk.sweep("2027-12-01 11:05:05")
    (letter,) = walk.letters_to(boss, subject)
    assert said in body_of(letter)
    assert link in body_of(letter)
    assert "/portal/service/C-Y-1/" in body_of(letter)
    manager = walk.letters_to(walk.world.success_manager.email, "合同 C-Y-1")
    assert ["/console/accounts/C-Y-1/" in body_of(one) for one in manager] == [True]

    decided = Decided(walk.world.manager, beijing("2027-12-02 10:00"), "续")
    renew(contract=walk.world.yonsuite.contract, renewal=Renewal("C-Y-28", date(2028, 12, 31)), decided=decided)
    walk.sweep("2027-12-02 10:00:05")
    assert len(walk.letters_to(boss, "C-Y-28")) == 1
    with clock_at("2027-12-25 10:05"):
        tasks.remind()
    walk.sweep("2027-12-25 10:05:05")
    assert len(walk.letters_to(boss, subject)) == 1


@pytest.mark.parametrize(("language", "hour"), [(Language.CHINESE, "1 小时"), (Language.ENGLISH, "1 h (")])
def test_a_quicker_answer_is_agreed_for_some_days_and_holds_for_tickets_of_those_days__Y07_Y20(
    walk: Walk, language, hour
):
    boss, contract = admin_of(walk, language), walk.world.yonsuite.contract
    override(
        contract=contract, target=NewTarget("first_response", Decimal(3600)), reason="双十一", actor=walk.world.manager,
        at=beijing("2026-11-01 10:00"), dates=Dates(date(2026, 11, 10), date(2026, 11, 12)),
    )  # fmt: skip
    walk.sweep("2026-11-01 10:00:05")
    (told,) = walk.letters_to(boss, "C-Y-1")
    assert hour in body_of(told), body_of(told)
    assert "双十一" in body_of(told)
    assert "2026-11-12" in body_of(told)
    dues = {}
    for day in (9, 10, 12, 13):
        walk.sweep(f"2026-11-{day:02} 00:00:05")
        answer = walk.write_in(f"2026-11-{day:02} 09:00", "portal", walk.world.yonsuite)
        dues[day] = answer["milestones"][0]["due_at"]
    assert dues == {
        9: "2026-11-09T03:00:00Z", 10: "2026-11-10T02:00:00Z", 12: "2026-11-12T02:00:00Z", 13: "2026-11-13T03:00:00Z",
    }  # fmt: skip


def test_no_clause_is_answered_for_after_the_last_day_and_the_ticket_opened_on_it_is_kept(walk: Walk):
    Contract.objects.filter(number="C-Y-1").update(ends_on=date(2026, 9, 28))
    answer = walk.write_in("2026-09-28 19:30", "portal", walk.world.yonsuite)
    assert answer["milestones"][0]["due_at"] == "2026-09-29T01:30:00Z"
    with clock_at("2026-09-29 09:00"), pytest.raises(AssertionError, match="not_covered"):
        walk.write_in("2026-09-29 08:59", "portal", walk.world.yonsuite)


def test_the_hotline_s_hours_are_the_answer_last_decided_and_every_answer_stays_readable__K09(walk: Walk):
    contract, decided = walk.world.kingdee.contract, {"name": "hotline_calendar", "actor": walk.world.manager}
    set_switch(contract=contract, value="kingdee-7x8", reason="试行", at=beijing("2026-03-02 10:00"), **decided)
    set_switch(contract=contract, value="kingdee-7x24", reason="转正", at=beijing("2026-05-04 10:00"), **decided)
    walk.client.force_login(walk.world.manager)
    pages = {
        day: walk.client.get(f"/console/accounts/C-K-1/history/?on={day}").content.decode().split('id="changes"')[0]
        for day in ("2026-03-01", "2026-04-01", "2026-06-01")
    }
    assert [("试行" in page, "转正" in page) for page in pages.values()] == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip
