"""The operations board of the portal. Source: K04"""

from django.test import Client

from plans.models import ApiKey, OwnedProduct
from tests.clocks import clock_at
from tests.hours import beijing
from tests.tickets.monitoring.test_alertmanager import BOTH, OVER, Watcher
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Ticket


def board(world: World, side: str = "kingdee", wall: str = "2026-09-28 12:00") -> str:
    client = Client()
    client.force_login(getattr(world, side).contact.user)
    with clock_at(wall):
        answer = client.get("/portal/service/operations/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_product_line_says_how_it_runs_and_what_was__K04(world: World):
    watcher = Watcher(world, product=world.kingdee.product, options={"board_url": "https://tianti.example/board"})
    assert "运行正常" in board(world)
    watcher.tell(*BOTH)
    said = board(world)
    assert "2 条告警" in said
    assert Ticket.objects.get().number in said
    assert "https://tianti.example/board" in said
    watcher.tell(*OVER, wall="2026-09-28 10:01")
    assert "运行正常" in board(world)
    assert "1 张工单" in board(world)


def test_an_alert_whose_ticket_was_ended_says_nothing_about_now__K04(world: World):
    Watcher(world, product=world.kingdee.product).tell(*BOTH)
    actions.resolve(ticket=Ticket.objects.get(), actor=world.agent, body="扩容了。", at=beijing("2026-09-28 09:30"))
    assert "运行正常" in board(world)


def test_who_has_no_public_cloud_watched_is_told_so__K04(world: World):
    assert "没有公有云运维服务" in board(world, "yonsuite")
    OwnedProduct.objects.filter(contract=world.kingdee.contract).update(deployment="private_cloud")
    assert "没有公有云运维服务" in board(world)


def test_a_board_s_address_is_a_web_address_or_none(world: World):
    Watcher(world, product=world.kingdee.product, options={"board_url": "javascript:x()"})
    assert ApiKey.objects.exists()
    assert "javascript" not in board(world)
