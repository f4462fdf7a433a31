"""A success manager's morning, and what the customer sees of the same: one page each, over everything that is promised.

Source: Y22
"""

from datetime import timedelta

from django.test import Client

from plans.actions.engagements import timing
from plans.actions.engagements.asking import Asked, ask
from plans.actions.engagements.gates import Slot
from plans.actions.engagements.requesting import Wanted
from plans.actions.obligations import meet
from plans.models import Obligation, User
from tests.clocks import clock_at
from tests.hours import beijing
from tests.owing import owed, signed
from tests.plans.deliverables.papers import handed
from tests.plans.deliverables.papers import signed as signed_for
from tests.stories.conftest import Walk
from tests.world import World

PAGE, PORTAL = "/console/accounts/customers/c-y-1/", "/portal/service/"


def seen(client: Client, path: str, wall: str) -> str:
    with clock_at(wall):
        return client.get(path).content.decode()


def signed_in(user: User | None) -> Client:
    assert user is not None
    client = Client()
    client.force_login(user)
    return client


def deliver_all_until(world: World, day: str) -> None:
    for row in Obligation.objects.filter(contract=world.yonsuite.contract, due_on__lt=day):
        meet(obligation=row, ref=f"E-{row.pk}", at=beijing(f"{row.due_on} 08:40"), actor=world.success_manager)


def test_a_success_manager_sees_each_morning_what_to_do_for_a_customer_and_does_it__Y22(walk: Walk):
    world, csm = walk.world, signed_in(walk.world.success_manager)
    deliver_all_until(world, "2026-09-28")
    Obligation.objects.filter(item__promise__in=("Y13", "Y15", "Y22")).delete()
    walk.sweep("2026-09-28 08:00")

    page = seen(csm, PAGE, "2026-09-28 08:30")
    assert "没有发现风险" in page
    assert "应用健康度评估 3/4" in page

    number = walk.write_in("2026-09-28 09:00", "portal", world.yonsuite)["ticket"]
    page = seen(csm, PAGE, "2026-09-28 11:31")
    assert "risk-ticket_breached" in page, "two working hours have passed without a word"
    assert number in page
    walk.act("2026-09-28 11:40", number, "reply", body="正在看，下午给您结论。")
    page = seen(csm, PAGE, "2026-09-28 11:41")
    assert "risk-ticket_breached" not in page
    assert "超时 1" in page, "it is kept in the figures, though it was answered in the end"

    page = seen(csm, PAGE, "2026-10-08 09:00")
    assert "risk-delivery_overdue" in page
    row = next(one for one in owed(world.yonsuite.contract, "Y14") if one.state == Obligation.State.OWED)
    deed = f"/console/accounts/C-Y-1/owed/{row.pk}/deliver/"
    with clock_at("2026-10-08 09:30"):
        assert csm.post(deed, {"on": "2026-10-08", "ref": "HC-2026-03"}).status_code == 302
    assert "risk-delivery_overdue" not in seen(csm, PAGE, "2026-10-08 09:31")


def test_what_waits_for_the_customer_stands_on_their_first_page_until_they_answer__Y10_Y22(world: World):
    contact, contract = world.yonsuite.contact, world.yonsuite.contract
    mine, at = signed_in(contact.user), beijing("2026-09-28 10:00")
    right = contract.entitlements.select_related("item", "contract__branch", "contract__plan").get(
        item__service="training"
    )
    assert contact.user is not None
    engagement = ask(asked=Asked(right, Wanted(topic="应付月结加速"), contact), actor=contact.user, at=at)
    assert "应付月结加速" not in seen(mine, "/portal/", "2026-09-28 10:01"), "it is our turn"
    start = at + timedelta(days=20)
    slot = Slot(start, start + timedelta(hours=2))
    timing.propose(engagement=engagement, slot=slot, actor=world.success_manager, at=at)

    for path in ("/portal/", PORTAL):
        page = seen(mine, path, "2026-09-28 10:30")
        assert "1 件事在等您" in page
        assert f"/portal/service/C-Y-1/engagements/{engagement.number}/" in page
    assert "风险" not in seen(mine, PORTAL, "2026-09-28 10:30")
    assert engagement.number not in seen(signed_in(world.stranger.user), "/portal/", "2026-09-28 10:30")

    timing.accept(engagement=engagement, actor=contact.user, at=at + timedelta(hours=1))
    assert "件事在等您" not in seen(mine, "/portal/", "2026-09-28 11:30")
    page = seen(mine, PORTAL, "2026-09-28 11:30")
    assert "应付月结加速" in page
    assert "一起" in page


def test_a_contract_signed_anew_is_one_page_with_the_old_one__Y22(world: World):
    customer = world.yonsuite.customer
    second = signed(world, "yonsuite-premier", "C-Y-9")
    type(second).objects.filter(pk=second.pk).update(customer=customer)
    page = seen(signed_in(world.manager), PAGE, "2026-09-28 10:00")
    assert "/console/accounts/C-Y-1/" in page
    assert "/console/accounts/C-Y-9/" in page


def test_a_report_to_sign_waits_on_the_first_page_and_the_managers_list__K06(world: World):
    kingdee = world.kingdee
    mine, csm = signed_in(kingdee.contact.user), signed_in(world.success_manager)
    report = handed(kingdee, world.success_manager, "2026-09-28 10:00")
    page = seen(mine, "/portal/", "2026-09-28 10:30")
    assert f"/portal/service/C-K-1/deliverables/{report.number}/" in page
    assert "视同确认" in page
    assert report.number in seen(mine, PORTAL, "2026-09-28 10:30")
    ours = seen(csm, "/console/accounts/customers/c-k-1/", "2026-09-28 10:30")
    assert report.number in ours
    assert "等客户" in ours
    signed_for(report, kingdee.contact.user, "2026-09-29 10:00")
    assert report.number not in seen(mine, "/portal/", "2026-09-29 10:30")
    assert report.number not in seen(csm, "/console/accounts/customers/c-k-1/", "2026-09-29 10:30")
