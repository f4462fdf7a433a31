"""Events and certifications for other programs: held by ours, joined by the customers', unseen by others. K16, K17"""

import json

import pytest

from plans.models import Attendee, Contract, Gathering, Role
from tests.clocks import clock_at
from tests.keys import bearer, new_key
from tests.world import World, person

NOW = "2026-03-02 10:00"
URL = "/api/v1/gatherings/"
SALON = {
    "service": "executive_events", "vendor": "kingdee", "title": "创见者沙龙", "title_en": "Founders' salon",
    "starts_at": "2026-05-10T09:00:00+08:00", "ends_at": "2026-05-10T17:00:00+08:00",
}  # fmt: skip


@pytest.fixture
def ask(client, world: World):
    """Return what asks as somebody: with a body it posts, without one it reads."""
    partner = person("outside", "伙伴顾问", Role.PARTNER)
    people = {"ours": world.success_manager, "agent": world.agent, "partner": partner,
              "theirs": world.kingdee.contact.user, "colleague": world.uncertified.user,
              "stranger": world.stranger.user}  # fmt: skip

    def asked(who: str, url: str = "", said: dict | None = None, at: str = NOW):
        key = bearer(new_key("api", user=people[who]))
        with clock_at(at):
            if said is None:
                return client.get(f"{URL}{url}", **key)
            return client.post(f"{URL}{url}", json.dumps(said), content_type="application/json", **key)

    return asked


def test_an_event_by_invitation_goes_from_publishing_to_feedback_by_key__K17(world: World, ask):
    made = ask("ours", said=SALON)
    assert made.status_code == 201, made.content
    event = made.json()
    assert (event["promise"], event["is_by_invitation"], event["people"]) == ("K17", True, [])
    url = f"{event['id']}/"
    for who in ("theirs", "colleague", "stranger", "partner"):
        assert ask(who, url).status_code == 404, who
    invited = ask("ours", f"{url}invite/", {"contacts": [world.kingdee.contact.pk]}).json()
    assert [(one["customer"], one["state"]) for one in invited["people"]] == [("c-k-1", "invited")]
    assert [one["id"] for one in ask("theirs").json()] == [event["id"]]
    assert ask("colleague", url).status_code == 404, "of the same customer, and not invited"
    assert ask("colleague", f"{url}enrol/", {}).status_code == 404
    assert ask("theirs", f"{url}enrol/", {}).json()["people"][0]["state"] == "enrolled"
    assert ask("theirs", f"{url}conclude/", {"done": "x"}).status_code == 403
    person_key = invited["people"][0]["id"]
    after = "2026-05-10 18:00"
    came = ask("ours", f"{url}result/", {"attendee": person_key, "came": True}, after).json()
    assert came["people"][0]["state"] == "attended"
    assert ask("ours", f"{url}conclude/", {"done": "圆桌。"}, after).status_code == 200
    assert ask("ours", f"{url}conclude/", {"done": "圆桌。"}, after).json()["code"] == "over"


def test_a_partner_sees_those_of_their_accounts_alone_and_publishes_nothing__K16_K17(world: World, ask):
    partner = person("outside", "伙伴顾问", Role.PARTNER)
    open_to_all = ask("ours", said={**SALON, "service": "vocational_certification"}).json()
    event = ask("ours", said=SALON).json()
    other = Contract.objects.get(number="C-Y-1")
    other.account_team.create(user=partner, seat="partner")
    assert [one["id"] for one in ask("partner").json()] == [open_to_all["id"]]
    assert ask("partner", said=SALON).status_code == 403
    assert ask("partner", f"{open_to_all['id']}/call-off/", {"reason": "x"}).status_code == 403
    ask("ours", f"{event['id']}/invite/", {"contacts": [world.kingdee.contact.pk]})
    assert ask("partner", f"{event['id']}/").status_code == 404
    world.kingdee.contract.account_team.create(user=partner, seat="partner")
    assert [one["customer"] for one in ask("partner", f"{event['id']}/").json()["people"]] == ["c-k-1"]


@pytest.mark.parametrize(("change", "code"), [
    ({"service": "training"}, "no_such_service"), ({"ends_at": "2026-05-10T08:00:00+08:00"}, "bad_times"),
    ({"enrol_until": "2026-05-11"}, "bad_enrolment"), ({"places": 0}, "invalid"),
    ({"timezone": "Mars/Base"}, "invalid"),
    ({"starts_at": "2026-05-10T09:00:00"}, "invalid"), ({"title_en": " "}, "invalid"),
])  # fmt: skip
def test_what_cannot_be_published_is_named__K16(world: World, ask, change, code):
    answer = ask("ours", said={**SALON, **change})
    assert (answer.status_code in (409, 422), answer.json()["code"]) == (True, code)
    assert not Gathering.objects.exists()


def test_who_declines_is_kept_and_a_missing_contact_named__K17(world: World, ask):
    event = ask("ours", said=SALON).json()
    missing = ask("ours", f"{event['id']}/invite/", {"contacts": [world.kingdee.contact.pk, 987654]})
    assert (missing.status_code, "987654" in missing.json()["detail"]) == (422, True)
    assert not Attendee.objects.exists()
    ask("ours", f"{event['id']}/invite/", {"contacts": [world.kingdee.contact.pk]})
    assert ask("theirs", f"{event['id']}/decline/", {}).json()["people"][0]["state"] == "declined"
    assert ask("agent", f"{event['id']}/stage/", {"stage": 1}).status_code == 403
    assert ask("ours", f"{event['id']}/enrol/", {}).status_code == 403
