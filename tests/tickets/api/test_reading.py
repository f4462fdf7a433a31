"""What programs read, by role: lists in pages, one ticket, its ledger, its promised times and their proofs."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from plans.actions import NewTarget, override
from sla.clock import database_now
from tests.clocks import put_clock, stop_clock
from tickets.actions import ticket as act


def test_list_is_in_order_of_what_is_due_and_pages_meet_without_gap_or_repeat(client, world, agent):
    now = database_now()
    for hours in (5, 1, 3, 2, 4):
        world.open_ticket(f"第{hours}张", at=now - timedelta(hours=hours))
    ended = world.open_ticket("结束了", at=now - timedelta(hours=6))
    act.resolve(ticket=ended, body="好了", actor=world.agent, at=now)
    seen, url = [], "/api/v1/tickets/?page_size=2"
    while url:
        page = client.get(url, **agent).json()
        assert len(page["results"]) <= 2
        seen += [row["subject"] for row in page["results"]]
        last, url = page, page["next"]
    assert seen == ["第5张", "第4张", "第3张", "第2张", "第1张", "结束了"]
    back = client.get(last["previous"], **agent).json()
    assert [row["subject"] for row in back["results"]] == ["第3张", "第2张"]
    assert client.get(back["previous"], **agent).json()["previous"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=new", {"甲"}),
        ("status=open", {"乙"}),
        ("status=new,open", {"甲", "乙"}),
        ("assignee=agent", {"乙"}),
        ("assignee=none", {"甲"}),
        ("plan=kingdee-advanced", {"乙"}),
        ("channel=portal", {"甲", "乙"}),
        ("channel=im", set()),
        ("team=experts", {"甲", "乙"}),
        ("due_before=2026-09-28T04:00:00Z", {"甲"}),
        ("due_before=2026-09-28T12:00:00%2B08:00&order=due_at&ordering=due_at", {"甲"}),
    ],
)
def test_list_is_narrowed_by_the_filters_of_the_contract(client, world, agent, query, expected):
    world.open_ticket("甲", at="2026-09-28 09:00")
    second = world.open_ticket("乙", side=world.kingdee, at="2026-09-28 09:00")
    act.accept(ticket=second, actor=world.agent, at=second.opened_at)
    found = client.get(f"/api/v1/tickets/?{query}", **agent).json()["results"]
    assert {row["subject"] for row in found} == expected


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("assignee__password__startswith=a", "unknown_filter"),
        ("order_by=assignee__password", "unknown_filter"),
        ("cursor=%00", "bad_cursor"),
        ("cursor=WzFd", "bad_cursor"),
        ("page_size=0", "bad_page_size"),
        ("page_size=99999999999999", "bad_page_size"),
    ],
)
def test_a_query_that_is_none_of_ours_is_refused(client, world, agent, query, code):
    answer = client.get(f"/api/v1/tickets/?{query}", **agent)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("query", ["status=nothing", "order=subject", "due_before=yesterday", "due_before=2026-09-28"])
def test_a_filter_value_that_makes_no_sense_is_named(client, world, agent, query):
    answer = client.get(f"/api/v1/tickets/?{query}", **agent)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_list_asks_the_same_number_of_questions_however_long_it_is(client, world, agent, django_assert_num_queries):
    for number in range(3):
        world.open_ticket(f"第{number}张")
    client.get("/api/v1/tickets/", **agent)
    with django_assert_num_queries(3):
        client.get("/api/v1/tickets/", **agent)
    for number in range(12):
        world.open_ticket(f"又{number}张")
    with django_assert_num_queries(3):
        assert len(client.get("/api/v1/tickets/", **agent).json()["results"]) == 15


def test_ticket_shows_its_decision_and_its_promised_times__Y18(client, world, agent):
    at = database_now()
    # Two answers are compared: by how much it is late must not move on between them.
    stop_clock()
    put_clock(at)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    shown = client.get(f"/api/v1/tickets/{ticket.number}/", **agent).json()
    assert shown["decision"]["promise"] == "Y07"
    assert shown["opened_at"] == "2026-09-28T01:00:00Z"
    (listed,) = client.get(f"/api/v1/tickets/{ticket.number}/milestones/", **agent).json()
    assert listed.pop("under_todays_rules") is None
    assert shown["milestones"] == [{name: listed[name] for name in listed if not name.endswith("shares")}]
    (milestone,) = shown["milestones"]
    assert milestone["metric"] == "first_response"
    assert milestone["state"] == "breached"
    assert milestone["due_at"] == shown["due_at"] == "2026-09-28T03:00:00Z"
    assert milestone["calendar"] == "yonsuite-7x12"
    assert milestone["remaining_seconds"] == 0
    assert (milestone["policy_version"], milestone["calendar_version"]) == (1, 1)


def test_proof_runs_without_gap_and_its_counted_seconds_are_the_budget__K02(client, world, agent):
    ticket = world.open_ticket(side=world.kingdee, at="2026-09-30 16:00")
    proof = client.get(f"/api/v1/tickets/{ticket.number}/milestones/first_response/proof/", **agent).json()
    pieces = proof["pieces"]
    assert pieces[0]["start"] == "2026-09-30T08:00:00Z"
    assert pieces[-1]["end"] == proof["due_at"] == "2026-10-08T03:00:00Z"
    assert all(one["end"] == following["start"] for one, following in pairwise(pieces))
    assert sum(Decimal(seconds(one)) for one in pieces if one["counted"]) == 4 * 3600
    holiday = next(one for one in pieces if one["reason"] == "holiday")
    assert "国庆" in holiday["detail"]
    assert (proof["policy_version"], proof["calendar_version"]) == (1, 1)


def seconds(piece):
    start, end = (datetime.fromisoformat(piece[name]) for name in ("start", "end"))
    return (end - start).total_seconds()


def test_an_unknown_metric_has_no_proof(client, world, agent):
    ticket = world.open_ticket()
    assert client.get(f"/api/v1/tickets/{ticket.number}/milestones/nothing/proof/", **agent).status_code == 404
    url = f"/api/v1/tickets/{ticket.number}/milestones/first_response/proof/?number=2"
    assert client.get(url, **agent).status_code == 404


def test_a_proof_names_the_event_behind_each_pause_in_the_reader_s_language__C24(client, world, agent):
    now = database_now()
    override(
        contract=world.yonsuite.contract, target=NewTarget("resolution", Decimal(28800), calendar="yonsuite-7x24"),
        reason="约定", actor=world.manager, at=now,
    )  # fmt: skip
    ticket = world.open_ticket(at=now - timedelta(hours=6))
    told = {"ticket": ticket, "actor": world.agent}
    act.wait(wait_for="customer", until=None, at=now - timedelta(hours=5), **told)
    act.resume(at=now - timedelta(hours=4), **told)
    act.resolve(body="", at=now - timedelta(hours=3), **told)
    act.reopen(body="又出现", at=now - timedelta(hours=2), **told)
    url = f"/api/v1/tickets/{ticket.number}/milestones/resolution/proof/"
    proof = client.get(url, **agent).json()
    paused = [piece["detail"] for piece in proof["pieces"] if piece["reason"] == "pause"]
    assert paused == [f"等待客户 · {ticket.number}#3 · 李坐席", f"已解决 · {ticket.number}#5 · 李坐席"]
    counted = [piece for piece in proof["pieces"] if piece["counted"]]
    spans = [datetime.fromisoformat(piece["end"]) - datetime.fromisoformat(piece["start"]) for piece in counted]
    assert sum(spans, timedelta()) == timedelta(hours=8)
    english = client.get(url, HTTP_ACCEPT_LANGUAGE="en", **agent).json()["pieces"]
    assert [piece["detail"] for piece in english if piece["reason"] == "pause"] == [
        f"Waiting for customer · {ticket.number}#3 · Agent", f"Resolved · {ticket.number}#5 · Agent",
    ]  # fmt: skip
