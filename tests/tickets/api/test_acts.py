"""What programs do with tickets, each act by its name, and each in the role of whoever asks."""

import json
from datetime import timedelta

import pytest

from sla.clock import database_now
from tests.keys import bearer, new_key
from tests.terms import Target, put_under
from tickets.models import Message, Ticket


@pytest.fixture
def ticket(world):
    return world.open_ticket(at=database_now() - timedelta(minutes=5))


@pytest.fixture
def do(client, ticket):
    """Return a function that posts an act on the ticket."""

    def send(name, who, said=None, **headers):
        url = f"/api/v1/tickets/{ticket.number}/{name}/"
        return client.post(url, json.dumps(said or {}), content_type="application/json", **who, **headers)

    return send


def test_an_agent_takes_a_ticket_all_the_way__Y18(do, agent, ticket, world):
    said = do("accept", agent).json()
    assert (said["status"], said["assignee"], said["number"]) == ("open", "agent", ticket.number)
    assert said["milestones"][0]["state"] == "met"
    assert do("progress", agent, {"body": "在查"}).status_code == 200
    assert do("note", agent, {"body": "疑似补丁问题"}).status_code == 200
    assert do("call", agent, {"body": "已电话沟通", "answered": True}).status_code == 200
    assert do("wait", agent, {"for": "customer"}).json()["status"] == "waiting_customer"
    assert do("resume", agent).json()["status"] == "open"
    until = (database_now() + timedelta(days=1)).isoformat()
    waiting = do("wait", agent, {"for": "third_party", "until": until}).json()
    assert (waiting["status"], waiting["waiting_until"][:16]) == ("scheduled", until[:16])
    do("resume", agent)
    assert do("assign", agent, {"to": "expert"}).json()["assignee"] == "expert"
    assert do("reply", agent, {"body": "请打补丁"}).status_code == 200
    assert do("resolve", agent, {"body": "已解决"}).json()["status"] == "resolved"
    assert do("reopen", agent, {"body": "又出现"}).json()["status"] == "open"
    assert do("resolve", agent).json()["status"] == "resolved"
    assert do("close", agent).json()["status"] == "closed"


def test_what_of_a_body_nobody_read_is_named_and_the_rest_done(do, agent, ticket):
    assert do("accept", agent, {"body": "我来"}).json()["unread"] == ["body"]
    waited = do("wait", agent, {"for": "customer", "untill": "2030-01-01T00:00:00Z"})
    assert (waited.status_code, waited.json()["unread"]) == (200, ["untill"])
    assert "unread" not in do("resume", agent).json()
    refused = do("progress", agent, {"bdy": "在查"})
    assert (refused.status_code, refused.json()["unread"]) == (422, ["bdy"])
    once = {"HTTP_IDEMPOTENCY_KEY": "k1"}
    said = [do("progress", agent, {"body": "在查", "public": True}, **once).json()["unread"] for _time in range(2)]
    assert said == [["public"]] * 2


def test_a_customer_writes_confirms_and_reopens_and_nothing_else(do, agent, customer, ticket, world):
    do("accept", agent)
    assert do("reply", customer, {"body": "还是不行"}).status_code == 200
    said = Message.objects.get(body="还是不行")
    assert (said.author_kind, said.contact) == ("customer", world.yonsuite.contact)
    do("resolve", agent)
    assert do("reopen", customer, {"body": "又来了"}).json()["status"] == "open"
    do("resolve", agent)
    closed = do("close", customer).json()
    assert closed["status"] == "closed"
    assert not closed.keys() & {"team", "assignee"}


@pytest.mark.parametrize("name", ["accept", "assign", "progress", "note", "call", "wait", "resume", "resolve", "merge"])
def test_a_customer_may_not_do_what_agents_do(do, customer, name, ticket):
    answer = do(name, customer)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert Ticket.objects.get().event_count == ticket.event_count


def test_two_tickets_of_one_customer_become_one__C37(do, agent, world, ticket):
    other = world.open_ticket("同一件事")
    assert do("merge", agent, {"into": other.number}).json()["merged_into"] == other.number
    wrong = do("merge", agent, {"into": "T-1"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "into")


@pytest.mark.parametrize(
    ("name", "said", "field"),
    [
        ("assign", {}, "to"),
        ("assign", {"to": "nobody"}, "to"),
        ("assign", {"to": "contact1"}, "to"),
        ("reply", {}, "body"),
        ("reply", {"body": "  "}, "body"),
        ("reply", {"body": "a\x00b"}, "body"),
        ("reply", {"body": ["a"]}, "body"),
        ("call", {"body": "x"}, "answered"),
        ("wait", {}, "for"),
        ("wait", {"for": "godot"}, "for"),
        ("wait", {"for": "customer", "until": "2026-12-01T10:00:00"}, "until"),
        ("wait", {"for": "customer", "until": 5}, "until"),
    ],
)
def test_a_body_that_makes_no_sense_is_named_by_field(do, agent, name, said, field):
    answer = do(name, agent, said)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_what_cannot_be_done_as_things_stand_says_why_and_what_instead(do, agent):
    do("resolve", agent)
    answer = do("reply", agent, {"body": "再说一句"})
    assert (answer.status_code, answer.json()["code"]) == (409, "ticket_ended")
    assert answer.json()["ways_on"]


def test_a_merged_ticket_is_never_said_to_be_reopened__C37(do, agent, ticket, world):
    parent = world.open_ticket("另一张")
    do("merge", agent, {"into": parent.number})
    answer = do("reply", agent, {"body": "补一句"})
    assert answer.json()["code"] == "ticket_ended"
    assert answer.json()["ways_on"] == [f"工单已并入 {parent.number}，请在那里继续。"]


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_agreed_date_that_makes_no_sense_is_a_fault_of_the_request(do, agent, until):
    answer = do("wait", agent, {"for": "customer", "until": until})
    assert (answer.status_code, answer.json()["code"][:6]) == (422, "until_")


def test_a_reply_sent_twice_with_one_key_is_said_once__C44(do, agent):
    first = do("reply", agent, {"body": "请打补丁"}, HTTP_IDEMPOTENCY_KEY="r-1")
    again = do("reply", agent, {"body": "请打补丁"}, HTTP_IDEMPOTENCY_KEY="r-1")
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert Message.objects.filter(body="请打补丁").count() == 1
    other = do("reply", agent, {"body": "别的"}, HTTP_IDEMPOTENCY_KEY="r-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000, b'{"body": "a", "body": "b"}', b'{"body": NaN}']
)
def test_no_bytes_are_a_fault_of_the_server(client, agent, ticket, raw):
    url = f"/api/v1/tickets/{ticket.number}/reply/"
    answer = client.post(url, raw, content_type="application/json", **agent)
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_an_act_that_is_none_is_absent(do, agent):
    assert do("delete", agent).status_code == 404


def test_an_agent_cannot_change_fields_through_an_act(do, agent, ticket, world):
    do(
        "accept",
        agent,
        {"priority": "urgent", "customer": world.stranger.customer_id, "subject": "x", "status": "closed"},
    )
    fresh = Ticket.objects.get()
    assert (fresh.priority, fresh.customer, fresh.subject) == (ticket.priority, ticket.customer, ticket.subject)
    assert fresh.status == "open"


def test_a_partner_reaches_the_tickets_of_their_accounts_alone(client, world, ticket):
    partner = world.agent
    partner.role = "partner"
    partner.save()
    header = bearer(new_key("api", user=partner))
    assert client.get(f"/api/v1/tickets/{ticket.number}/", **header).status_code == 404
    world.yonsuite.contract.account_team.create(user=partner, seat="partner")
    assert client.get(f"/api/v1/tickets/{ticket.number}/", **header).status_code == 200
    other = world.open_ticket(side=world.kingdee)
    assert client.post(f"/api/v1/tickets/{other.number}/accept/", **header).status_code == 404


@pytest.mark.parametrize(
    ("name", "said", "field"),
    [
        ("progress", {"body": 5}, "body"),
        ("reply", {"body": True}, "body"),
        ("resolve", {"body": 0}, "body"),
        ("call", {"body": "无人接听", "answered": "no"}, "answered"),
        ("call", {"body": "无人接听", "answered": 0}, "answered"),
        ("assign", {"to": 5}, "to"),
        ("merge", {"into": 5}, "into"),
    ],
)
def test_a_value_of_another_type_is_not_taken_for_what_it_resembles(do, agent, ticket, name, said, field):
    answer = do(name, agent, said)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
    ticket.refresh_from_db()
    assert (ticket.status, ticket.event_count) == ("new", 1)


def test_a_merged_ticket_is_not_reopened_but_says_where_to_go_on__C37(do, agent, world, ticket):
    other = world.open_ticket("另一张", at=database_now() - timedelta(minutes=4))
    do("merge", agent, {"into": other.number})
    answer = do("reopen", agent, {"body": "又出现"})
    assert (answer.status_code, answer.json()["code"]) == (409, "ticket_merged")
    assert other.number in answer.json()["detail"]


def test_instants_in_the_ledger_end_in_z_as_all_others_do(do, client, agent, ticket):
    until = database_now() + timedelta(days=1)
    do("wait", agent, {"for": "customer", "until": until.isoformat()})
    events = client.get(f"/api/v1/tickets/{ticket.number}/events/", **agent).json()
    assert events[-1]["fields"]["until"] == until.isoformat().replace("+00:00", "Z")


def test_a_program_reclassifies_and_is_told_what_moved__C41(do, client, agent, customer, ticket, world):
    put_under(world.yonsuite.contract, "classed", Target("first_response", 4), Target("first_response", 2, "urgent"))
    fresh = world.open_ticket(at=database_now() - timedelta(minutes=5))
    url = f"/api/v1/tickets/{fresh.number}/"
    said = {"priority": "urgent", "module": "总账", "reason": "停线"}
    answer = client.post(f"{url}classify/", json.dumps(said), content_type="application/json", **agent)
    assert (answer.status_code, answer.json()["priority"], answer.json()["module"]) == (200, "urgent", "总账")
    ours = client.get(f"{url}events/", **agent).json()[-1]
    theirs = client.get(f"{url}events/", **customer).json()[-1]
    assert ours["fields"]["reason"] == "停线"
    assert theirs["fields"].keys() == {"changed", "dues"}
    assert theirs["fields"]["dues"][0]["to"] == answer.json()["due_at"]


def test_what_the_plan_excludes_is_refused_to_programs_until_they_insist__Y07(do, agent, ticket):
    said = {"category": "third_party", "reason": "打印机"}
    no = do("classify", agent, said)
    assert (no.status_code, no.json()["code"], no.json()["promise"]) == (422, "not_covered", "Y07")
    assert no.json()["clause"]
    yes = do("classify", agent, said | {"insist": True}).json()
    assert (yes["decision"]["outcome"], yes["due_at"]) == ("chargeable", None)
    assert do("classify", agent, {"product": "nothing", "reason": "x"}).status_code == 422
    assert do("classify", agent, {"contract": "C-K-1", "reason": "x"}).status_code == 422
    assert do("classify", agent, {"priority": "low"}).status_code == 422


def test_a_program_takes_back_shows_and_hides__C21(do, client, agent, customer, ticket):
    do("reply", agent, {"body": "发错了"})
    assert do("retract", agent, {"event": 3}).status_code == 200
    do("note", agent, {"body": "内部"})
    events = f"/api/v1/tickets/{ticket.number}/events/"
    assert do("publish", agent, {"event": 5}).status_code == 200
    assert "内部" in client.get(events, **customer).content.decode()
    assert do("unpublish", agent, {"event": 5}).status_code == 200
    for text in ("内部", "发错了"):
        assert text not in client.get(events, **customer).content.decode()
        assert text in client.get(events, **agent).content.decode()
    assert do("retract", customer, {"event": 3}).status_code == 403
    assert do("retract", agent, {"event": 99}).status_code == 409
