"""When would this be due, asked by another program."""

import json

import pytest

from tests.keys import bearer, new_key


@pytest.fixture
def ask(client, world):
    agent = bearer(new_key("api", user=world.agent))

    def send(said, header=agent):
        return client.post("/api/v1/sla/due/", json.dumps(said), content_type="application/json", **header)

    return send


@pytest.mark.parametrize(
    ("calendar", "budget", "start", "due"),
    [
        ("kingdee-5x8", {"seconds": 14400}, "2026-09-28T09:00:00+08:00", "2026-09-28T06:00:00Z"),
        ("kingdee-5x8", {"working_days": 0.5}, "2026-09-28T13:30:00+08:00", "2026-09-28T09:30:00Z"),
        (
            "kingdee-5x8",
            {"working_days": 5, "rule": "end_of_nth_day"},
            "2026-09-28T09:00:00+08:00",
            "2026-10-12T09:30:00Z",
        ),
        ("yonsuite-7x12", {"seconds": 7200}, "2026-09-28T19:30:00+08:00", "2026-09-29T01:30:00Z"),
        ("yonsuite-7x24", {"seconds": 0.5}, "2026-09-28T19:30:00Z", "2026-09-28T19:30:00.500000Z"),
    ],
)
def test_a_calendar_and_a_budget_give_a_deadline_with_its_proof__K02(ask, calendar, budget, start, due):
    answer = ask({"calendar": calendar, "budget": budget, "start": start})
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert said["due_at"] == said["proof"]["due_at"] == due
    pieces = said["proof"]["pieces"]
    assert pieces[-1]["end"] == due
    assert all(pieces[place]["end"] == pieces[place + 1]["start"] for place in range(len(pieces) - 1))
    assert said["proof"]["calendar_version"] == 1


def test_a_policy_and_a_metric_give_a_deadline__Y18(ask):
    said = {"policy": "yonsuite-premier-ticket", "metric": "first_response", "priority": "high"}
    answer = ask(said | {"start": "2026-09-28T09:00:00+08:00"}).json()
    assert (answer["due_at"], answer["proof"]["policy_version"]) == ("2026-09-28T03:00:00Z", 1)


def test_customers_read_no_policies_for_some_are_anothers(ask, world):
    customer = bearer(new_key("api", user=world.yonsuite.contact.user))
    start = {"start": "2026-09-28T09:00:00+08:00"}
    policy = {"policy": "yonsuite-premier-ticket", "metric": "first_response"} | start
    assert ask(policy, customer).status_code == 403
    assert ask({"calendar": "yonsuite-7x12", "budget": {"seconds": 60}} | start, customer).status_code == 200


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({}, "invalid", ""),
        ({"calendar": "kingdee-5x8"}, "invalid", ""),
        ({"calendar": "kingdee-5x8", "budget": {}}, "invalid", "budget"),
        ({"calendar": "kingdee-5x8", "budget": {"seconds": 1, "working_days": 1}}, "invalid", "budget"),
        ({"calendar": "kingdee-5x8", "budget": {"seconds": -1}}, "invalid", "budget.seconds"),
        ({"calendar": "kingdee-5x8", "budget": {"seconds": 10**12}}, "invalid", "budget.seconds"),
        ({"calendar": "kingdee-5x8", "budget": {"seconds": 1.0000001}}, "invalid", "budget.seconds"),
        ({"calendar": "kingdee-5x8", "budget": {"working_days": 1, "rule": "x"}}, "invalid", "budget.rule"),
        ({"calendar": "moon", "budget": {"seconds": 1}}, "unknown_code", None),
        ({"policy": "moon", "metric": "first_response"}, "unknown_code", None),
        ({"policy": "yonsuite-premier-ticket", "metric": "resolution"}, "no_such_target", None),
        ({"policy": "yonsuite-premier-ticket", "metric": "first_response", "priority": "x"}, "invalid", "priority"),
        ({"calendar": "kingdee-5x8", "budget": {"seconds": 1}, "policy": "yonsuite-premier-ticket"}, "invalid", ""),
        ({"policy": "yonsuite-premier-ticket", "metric": "first_response", "calendar": "kingdee-5x8"}, "invalid", ""),
    ],
)
def test_a_question_that_makes_no_sense_is_named(ask, said, code, field):
    answer = ask({"start": "2026-09-28T09:00:00+08:00"} | said)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [one["field"] for one in answer.json().get("errors", [])] == ([] if field is None else [field])


@pytest.mark.parametrize("start", ["2026-09-28T09:00:00", "today", None, 5, "9999-12-31T23:59:59-14:00"])
def test_an_instant_without_an_offset_is_none(ask, start):
    answer = ask({"calendar": "kingdee-5x8", "budget": {"seconds": 1}, "start": start})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["start"]


@pytest.mark.parametrize("start", ["0001-01-02T00:00:00Z", "9999-12-30T00:00:00Z"])
def test_the_ends_of_time_are_no_fault_of_the_server(ask, start):
    answer = ask(
        {"calendar": "kingdee-5x8", "budget": {"working_days": 3660, "rule": "end_of_nth_day"}, "start": start}
    )
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize(
    ("said", "chinese", "english"),
    [
        ({"calendar": "moon", "budget": {"seconds": 1}}, "没有名为“moon”的服务时间。", "moon"),
        ({"policy": "moon", "metric": "first_response"}, "没有名为“moon”的响应标准。", "moon"),
        (
            {"calendar": "kingdee-5x8", "budget": {"working_days": 0.5, "rule": "end_of_nth_day"}},
            "这个规则只接受整数工作日。",
            "whole working days",
        ),
        (
            {"calendar": "kingdee-5x8", "budget": {"seconds": 1}, "start": "0001-01-01T00:00:00Z"},
            "只能计算公元 1 年到 9999 年之间的时间。",
            "year 9999",
        ),
    ],
)
def test_a_question_without_an_answer_is_refused_in_the_reader_s_language(ask, client, said, chinese, english):
    asked = {"start": "2026-09-28T09:00:00+08:00"} | said
    assert ask(asked).json()["detail"] == chinese
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    in_english = ask(asked).json()["detail"]
    assert english in in_english
    assert in_english.isascii() or "“" in in_english
