"""Rights by number, from signing to the last line of the statement, over HTTP and to a mail server."""

import re
from datetime import date

import pytest
from django.test import Client

from plans.models import Quota, Role, User
from tests.clocks import clock_at
from tests.conftest import Mailbox
from tests.world import World
from tickets.rounds import dispatch


def book(desk: Client, url: str, **said: str):
    """Fill in a form of the console as a person does, and send it."""
    page = desk.get(url).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)
    return desk.post(url, {"key": key[1] if key else "", **said})


@pytest.fixture
def desk(world: World) -> Client:
    client = Client()
    client.force_login(world.manager)
    return client


def test_private_operations_end_with_three_person_days_and_two_environments__K05(desk: Client, world: World):
    contract = world.kingdee.contract
    work, install = (
        contract.entitlements.get(item__service=name) for name in ("private_operations", "private_installation")
    )
    rights = f"/console/accounts/{contract.number}/rights/"
    with clock_at("2026-09-28 10:00"):
        said = {"on": "2026-09-28", "reason": "部署两套环境", "reason_en": "Two environments deployed"}
        assert book(desk, f"{rights}{install.pk}/use/", amount="2", unit="environments", **said).status_code == 302
        assert book(desk, f"{rights}{install.pk}/use/", amount="2", unit="person_days", **said).status_code == 302
        assert book(desk, f"{rights}{work.pk}/use/", amount="1", unit="person_days", **said).status_code == 302
        for right, unit in ((install, "environments"), (install, "person_days"), (work, "person_days")):
            refused = book(desk, f"{rights}{right.pk}/use/", amount="1", unit=unit, **said)
            assert refused.status_code == 409
            assert "§3.2.2" in refused.content.decode()
        customer = Client()
        customer.force_login(world.kingdee.contact.user)
        page = customer.get(f"/portal/service/{contract.number}/rights/?from=2026-01-01&to=2026-12-31").content.decode()
    assert "剩 0 人天" in page
    assert "剩 0 个环境" in page
    assert page.count("部署两套环境") == 3


def test_a_time_balance_is_only_what_the_contract_grants__K06(desk: Client, world: World):
    contract = world.kingdee.contract
    support = contract.entitlements.get(item__promise="K06")
    rights = f"/console/accounts/{contract.number}/rights/"
    with clock_at("2026-09-28 10:00"):
        said = {"on": "2026-09-28", "reason": "九月月结支持"}
        told = book(desk, f"{rights}{support.pk}/use/", amount="1", unit="person_days", **said)
        assert told.status_code == 302
        assert not Quota.objects.filter(entitlement=support).exists()
        said["reason"] = "补充条款"
        assert book(desk, f"{rights}{support.pk}/grant/", amount="5", unit="person_days", **said).status_code == 302
        assert book(desk, f"{rights}{support.pk}/use/", amount="1.5", unit="person_days", **said).status_code == 302
        assert "3.5 人天" in desk.get(rights).content.decode()


def test_published_places_reach_every_contract_of_the_plan__K15(desk: Client, world: World):
    contract = world.kingdee.contract
    places = contract.entitlements.get(item__promise="K15")
    customer = Client()
    customer.force_login(world.kingdee.contact.user)
    portal = f"/portal/service/{contract.number}/rights/"
    with clock_at("2026-09-28 10:00"):
        assert "名额以实际发布为准" in customer.get(portal).content.decode()
        url = f"/console/accounts/{contract.number}/rights/{places.pk}/publish/"
        assert desk.post(url, {"amount": "20", "notice": "精一官网 2026-09"}).status_code == 302
        assert "剩 20 人" in customer.get(portal).content.decode()


def test_unused_rights_are_told_before_they_lapse_and_lapse_once__Y14(world: World, mailbox: Mailbox):
    contact, contract = world.yonsuite.contact, world.yonsuite.contract
    User.objects.filter(pk=contact.user_id).update(role=Role.CUSTOMER_ADMIN)
    contact.language = "en"
    contact.save()
    mine = Quota.objects.filter(contract=contract, starts_on=date(2026, 1, 1))
    Quota.objects.exclude(pk__in=mine).update(next_step_at=None)
    contract.obligations.all().delete()
    for wall in ("2026-12-17 09:00", "2026-12-17 09:05", "2027-01-01 00:00", "2027-01-01 00:05"):
        with clock_at(wall):
            dispatch.sweep()
            dispatch.send_mail()
    letters = {
        str(letter["To"]): letter.get_body(("plain",)).get_content()
        for letter in mailbox.messages
        if "/rights/" in letter.get_body(("plain",)).get_content()
    }
    ours = next(text for to, text in letters.items() if world.success_manager.email in to)
    theirs = next(text for to, text in letters.items() if contact.email in to)
    assert "14 天后到期" in ours
    assert "剩 4 次" in ours
    assert "lapse after 31 December 2026" in theirs
    assert "4 times left" in theirs
    assert f"/portal/service/{contract.number}/rights/" in theirs
    assert not re.search("[\u4e00-\u9fff]", re.sub(r"王会计|陌生人\S*", "", theirs.split("http")[0]))
    assert len(letters) == 2
    assert [row.entries.filter(kind="expire").count() for row in mine] == [1, 1, 1]
