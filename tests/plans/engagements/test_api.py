"""Engagements for other programs: asked for, agreed and delivered by key, with the clause in every refusal."""

import json

import pytest

from plans.actions.engagements.people import add_attendee
from plans.models import Engagement
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.plans.engagements.desk import asked
from tests.world import World

NOW = "2026-03-02 10:00"


@pytest.fixture
def keys(world: World):
    people = {"ours": world.success_manager, "theirs": world.yonsuite.contact.user, "stranger": world.stranger.user,
              "agent": world.agent, "expert": world.expert}  # fmt: skip
    return {name: bearer(new_key("api", user=user)) for name, user in people.items()}


@pytest.fixture
def send(client, keys):
    def post(who: str, url: str, at: str = NOW, **said):
        with clock_at(at):
            path = f"/api/v1/{url}"
            return client.post(path, json.dumps(said), content_type="application/json", **keys[who])

    return post


@pytest.fixture
def fetch(client, keys):
    def get(who: str, url: str):
        with clock_at(NOW):
            return client.get(f"/api/v1/{url}", **keys[who])

    return get


def test_an_engagement_goes_from_request_to_close_by_key(world: World, send, fetch):
    offers = {one["service"]: one for one in fetch("theirs", "contracts/C-Y-1/engagements/").json()["offers"]}
    assert offers["critical_moment"]["earliest"] == "2026-03-16"
    made = send("theirs", "contracts/C-Y-1/engagements/", service="training", topic="月结加速")
    assert made.status_code == 201, made.content
    url = f"engagements/{made.json()['number']}/"
    times = {"starts_at": "2026-03-20T09:00:00+08:00", "ends_at": "2026-03-20T11:00:00+08:00"}
    assert send("ours", f"{url}propose/", **times).status_code == 200
    agreed = send("theirs", f"{url}accept/").json()
    assert (agreed["state"], agreed["starts_at"]) == ("agreed", "2026-03-20T01:00:00Z")
    late = "2026-03-20 12:00"
    assert send("theirs", f"{url}deliver/", late).status_code == 403
    assert send("ours", f"{url}deliver/", late, person_days="0.5").json()["person_days"] == "0.50"
    came = [agreed["attendees"][0]["id"]]
    assert (
        send("ours", f"{url}record/", late, done="跑通了月结。", came=came).json()["attendees"][0]["state"]
        == "attended"
    )
    assert send("theirs", f"{url}post/", late, body="模板在哪？").status_code == 200
    closed = send("ours", f"{url}close/", late).json()
    assert closed["state"] == "closed"
    assert [step["kind"] for step in closed["journal"]][:4] == ["requested", "proposed", "agreed", "delivered"]
    assert fetch("theirs", url).json()["journal"] == []


def test_an_engagement_is_arranged_staged_and_judged_by_key__K05_Y12(world: World, send, fetch):
    made = send(
        "ours", "contracts/C-Y-1/engagements/", service="guidance", topic="预算", contact=world.yonsuite.contact.pk
    )
    url = f"engagements/{made.json()['number']}/"
    said = {
        "experts": ["expert"],
        "provider": "partner",
        "mode": "on_site",
        "place": "苏州",
        "planned_person_days": "1.5",
    }
    arranged = send("ours", f"{url}arrange/", **said).json()
    assert (arranged["experts"], arranged["place"], arranged["mode"]) == (["陈专家"], "苏州", "on_site")
    for body, field in (({"experts": ["nobody"]}, "experts"), ({"timezone": "Mars/Base"}, "timezone"),
                        ({"branch": "moon"}, "branch"), ({"amount": 0}, "amount")):  # fmt: skip
        refused = send("ours", f"{url}arrange/", **body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert send("theirs", f"{url}arrange/", place="x").status_code == 403
    assert send("ours", f"{url}stage/", stage=1).json()["journal"][-1]["kind"] == "stage"
    guest = send("theirs", f"{url}attendees/", name="张三", email="zhang@x.example").json()["attendees"][-1]
    gone = send("theirs", f"{url}excuse/", attendee=guest["id"]).json()["attendees"][-1]
    assert gone["state"] == "declined"
    assert send("theirs", f"{url}excuse/", attendee=987654).status_code == 422
    assert send("theirs", f"{url}attendees/", contact=world.stranger.pk).json()["errors"][0]["field"] == "contact"
    assert send("theirs", f"{url}feedback/", rating=5).json()["code"] == "wrong_state"
    send("ours", f"{url}propose/", starts_at="2026-03-20T09:00:00+08:00", ends_at="2026-03-20T11:00:00+08:00")
    send("theirs", f"{url}accept/")
    send("ours", f"{url}deliver/", "2026-03-20 12:00")
    judged = send("theirs", f"{url}feedback/", "2026-03-20 13:00", rating=4, comment="很好").json()
    assert next((one["rating"], one["comment"]) for one in judged["attendees"]) == (4, "很好")
    assert send("ours", f"{url}feedback/", "2026-03-20 13:00", rating=1).status_code == 403


def test_nobody_reads_what_a_colleague_thought(world: World, send, fetch):
    side = world.yonsuite
    colleague = world._contact(side.customer, "同事")
    engagement = asked(side.contract, "training", side.contact)
    add_attendee(engagement=engagement, who=colleague, actor=side.contact.user, at=beijing(NOW))
    engagement.attendees.update(rating=2, comment="太快了", certificate="C-1")
    read = {one["name"]: one for one in fetch("theirs", f"engagements/{engagement.number}/").json()["attendees"]}
    assert (read["王会计"]["comment"], read["同事"]["comment"], read["同事"]["rating"]) == ("太快了", "", None)
    ours = fetch("ours", f"engagements/{engagement.number}/").json()["attendees"]
    assert {one["comment"] for one in ours} == {"太快了"}


def test_too_short_a_notice_is_a_problem_with_its_clause__Y16(world: World, send):
    times = {"starts_at": "2026-03-10T09:00:00+08:00", "ends_at": "2026-03-10T11:00:00+08:00"}
    said = {"service": "critical_moment", "topic": "年结", **times}
    refused = send("theirs", "contracts/C-Y-1/engagements/", **said)
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["promise"]) == (409, "too_soon", "Y16")
    assert "需提前两周" in problem["clause"]
    assert "最早可约 2026年3月16日。" in problem["ways_on"]
    assert not Engagement.objects.exists()
    assert send("theirs", "contracts/C-Y-1/engagements/", **said, short_notice="急").status_code == 409
    made = send("ours", "contracts/C-Y-1/engagements/", **said, short_notice="上市审计提前")
    assert made.json()["short_notice_reason"] == "上市审计提前"


@pytest.mark.parametrize(("change", "field"), [
    ({"service": "moon"}, "service"), ({"topic": ""}, "topic"), ({"mode": "by_pigeon"}, "mode"),
    ({"starts_at": "2026-03-20T09:00:00"}, "starts_at"), ({"contact": 999999}, "contact"),
    ({"series": "E-2026-999999"}, "series"), ({"person_days": "-1"}, "person_days"),
    ({"starts_at": "2026-03-20T09:00:00+08:00"}, ""), ({"excluded": ["beyond.1"]}, "excluded"),
])  # fmt: skip
def test_a_body_that_makes_no_sense_is_named(world: World, send, change, field):
    said = {"service": "training", "topic": "月结"} | change
    answer = send("ours", "contracts/C-Y-1/engagements/", **said)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert not Engagement.objects.exists()


def test_somebody_elses_engagement_is_not_found(world: World, send, fetch):
    engagement = asked(world.yonsuite.contract, "training", world.yonsuite.contact)
    url = f"engagements/{engagement.number}/"
    assert fetch("stranger", url).status_code == 404
    assert send("stranger", f"{url}cancel/", reason="x").status_code == 404
    assert fetch("stranger", "contracts/C-Y-1/engagements/").status_code == 404
    assert fetch("agent", url).status_code == 200
    assert send("agent", f"{url}cancel/", reason="x").status_code == 403
    assert send("agent", "contracts/C-Y-1/engagements/", service="training", topic="x").status_code == 403


def test_what_a_clause_leaves_out_is_a_problem__K12(world: World, send):
    said = {"service": "expert_consultation", "topic": "成本慢", "excluded": ["beyond.1"]}
    world.success_manager.role = "lead"
    world.success_manager.save()
    refused = send("ours", "contracts/C-K-1/engagements/", **said)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_included")
    assert refused.json()["promise"] == "K12"
