"""A call that nobody answers, from the first ring to the mail that says nobody called back; and one answered."""

import json
from http import HTTPStatus

import pytest

from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import new_key
from tests.stories.conftest import Walk
from tickets.models import Call, CallBack

OPTIONS = {"vendor": "yonsuite", "menu": {"6": {"vendor": "yonsuite", "product": "yonsuite-finance", "tenant": "YS"}}}


class Switchboard:
    """Tells over HTTP what happens on the phone, as a gateway in front of the vendor's does."""

    def __init__(self, walk: Walk, options: dict) -> None:
        self.walk, self.key = walk, new_key("intake:hotline", options=options)

    def tells(self, wall: str, action: str, call: str, number: str, **more) -> None:
        """Tell of one call at a wall time of Beijing."""
        at = int(beijing(wall).timestamp())
        said = {"SessionId": call, "Caller": number, "Callee": "4006600588", "Direction": 0, "IVRKeyPressed": ["6"]}
        times = {"cdr": {"StartTimestamp": at - 40, "AcceptTimestamp": 0, "EndedTimestamp": at}}
        with clock_at(wall):
            answer = self.walk.client.post(
                f"/hooks/tencent/{self.key}/?action={action}",
                json.dumps(said | times.get(action, {"Timestamp": at}) | more),
                content_type="application/json",
            )
        assert (answer.status_code, answer.json()["ErrCode"]) == (HTTPStatus.OK, 0)

    def opens(self, wall: str, path: str, **said):
        """Open a page of the console as the agent, or send its form."""
        self.walk.client.force_login(self.walk.world.agent)
        with clock_at(wall):
            return self.walk.client.post(path, said) if said else self.walk.client.get(path)


@pytest.fixture
def board(walk: Walk) -> Switchboard:
    walk.world.agent.extension = "8001"
    walk.world.agent.save()
    return Switchboard(walk, OPTIONS)


def body_of(letter) -> str:
    return letter.get_body(preferencelist=("plain",)).get_content()


def test_nobody_calls_back_within_half_an_hour_and_those_who_answer_for_it_are_told__Y08_Y18(walk: Walk, board):
    number = walk.world.yonsuite.contact.phone
    board.tells("2026-09-27 23:00:00", "ring", "c-1", number)
    page = board.opens("2026-09-27 23:00:05", "/console/calls/cards/").content.decode()
    assert "王会计" in page
    assert "4.2.1.3" in page
    board.tells("2026-09-27 23:00:40", "cdr", "c-1", number)
    page = board.opens("2026-09-27 23:01:00", "/console/calls/backs/").content.decode()
    assert "王会计" in page

    walk.sweep("2026-09-27 23:30:35")
    assert not walk.letters_to(walk.world.lead.email, "【超时】")
    walk.sweep("2026-09-27 23:30:41")
    walk.sweep("2026-09-27 23:30:45")
    (letter,) = walk.letters_to(walk.world.lead.email, "【超时】")
    assert "未接来电" in str(letter["Subject"])
    assert "4.2.1.3" in body_of(letter)
    assert "/console/calls/backs/" in body_of(letter)

    # Late, but called: the talk becomes a ticket whose first contact is made.
    owed = CallBack.objects.get()
    board.opens("2026-09-27 23:40:00", f"/console/calls/backs/{owed.pk}/", deed="claim")
    answer = board.opens("2026-09-27 23:41:00", f"/console/calls/backs/{owed.pk}/", deed="reached")
    call = Call.objects.get()
    assert answer.headers["Location"] == f"/console/calls/{call.code}/"
    said = {
        "question": "付款单无法审核", "result": "已电话指导", "category": "fault", "priority": "urgent",
        "outcome": "ticket", "contact": walk.world.yonsuite.contact.pk,
    }  # fmt: skip
    answer = board.opens("2026-09-27 23:45:00", f"/console/calls/{call.code}/", **said)
    assert answer.status_code == HTTPStatus.FOUND
    call.refresh_from_db()
    assert owed.clock.milestones.get().state == "met_late"
    assert call.ticket.ticket_clocks.get().clock.milestones.get(metric="first_response").state == "met"
    walk.sweep("2026-09-28 12:00:00")
    assert len(walk.letters_to(walk.world.lead.email, "【超时】")) == 1


def test_an_answered_call_is_contact_and_nobody_is_told__Y08_K02(walk: Walk, board):
    number = walk.world.kingdee.contact.phone
    board = Switchboard(walk, {"vendor": "kingdee"})
    board.tells("2026-09-28 09:00:00", "ring", "c-2", number)
    board.tells("2026-09-28 09:00:10", "accept", "c-2", number, SeatUser={"StaffNumber": "8001"})
    call = Call.objects.get()
    assert (call.state, call.agent, call.contact) == ("answered", walk.world.agent, walk.world.kingdee.contact)
    said = {
        "question": "凭证打不开", "result": "已指导重算", "category": "fault", "priority": "high", "product": "galaxy",
        "outcome": "ticket", "contact": walk.world.kingdee.contact.pk,
    }  # fmt: skip
    board.opens("2026-09-28 09:05:00", f"/console/calls/{call.code}/", **said)
    call.refresh_from_db()
    walk.sweep("2026-09-29 12:00:00")
    assert call.ticket.ticket_clocks.get().clock.milestones.get(metric="first_response").state == "met"
    assert not [letter for letter in walk.mailbox.messages if "超时" in str(letter["Subject"])]


def test_who_is_not_certified_hears_why_and_what_instead__K09(walk: Walk, board):
    answer = board.opens(
        "2026-09-28 09:05:00", "/console/calls/new/",
        question="报表公式报错", category="how_to", priority="urgent", outcome="ticket", product="galaxy",
        contact=walk.world.uncertified.pk, token="t-1",
    )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "§3.3.2" in page
    assert "智能语音热线 7×24" in page
    assert Call.objects.get().question == "报表公式报错"
