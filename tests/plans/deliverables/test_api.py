"""Deliverables for other programs: handed over with files, signed by digest, with the clause in every refusal."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from plans.models import DeliverableFile
from tests.clocks import clock_at
from tests.keys import bearer, new_key
from tests.plans.deliverables.papers import CLOSE, HANDED, PDF, granted, handed, last
from tests.world import World

NEW = "contracts/C-K-1/deliverables/"


@pytest.fixture
def keys(world: World):
    people = {"ours": world.technical_manager, "theirs": world.kingdee.contact.user, "stranger": world.stranger.user,
              "agent": world.agent, "colleague": world.uncertified.user}  # fmt: skip
    return {name: bearer(new_key("api", user=user)) for name, user in people.items()}


@pytest.fixture
def send(client, keys):
    def post(who: str, url: str, at: str = HANDED, **said):
        with clock_at(at):
            path = f"/api/v1/{url}"
            if "files" in said:
                return client.post(path, said, **keys[who])
            return client.post(path, json.dumps(said), content_type="application/json", **keys[who])

    return post


def upload(name: str = "报告.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_report_is_handed_over_and_signed_by_key__K06(world: World, client, keys, send):
    granted(world.kingdee.contract, 8)
    said = {
        "service": "critical_moment",
        "title": "九月结账",
        "person_days": "2",
        "addressee": world.kingdee.contact.pk,
    }
    made = send("ours", NEW, **said, files=[upload(), upload("日志.pdf", PDF + b"2")])
    assert made.status_code == 201, made.content
    body = made.json()
    [row] = body["rounds"]
    assert (body["state"], body["due_at"]) == ("open", "2026-10-14T09:30:00Z")
    assert [day["on"] for day in row["working_days"] if day["number"]][-1] == "2026-10-14"
    assert [file["name"] for file in row["files"]] == ["报告.pdf", "日志.pdf"]
    url = f"deliverables/{body['number']}/"
    got = client.get(row["files"][0]["url"], **keys["theirs"])
    assert (got.content, got["Content-Type"]) == (PDF, "application/octet-stream")
    refused = send("theirs", f"{url}sign/", "2026-10-09 09:00", name="刘主管", digest="0" * 64)
    assert (refused.status_code, refused.json()["code"]) == (409, "other_files")
    done = send("theirs", f"{url}sign/", "2026-10-09 09:00", name="刘主管", digest=row["digest"]).json()
    assert (done["state"], done["rounds"][0]["signed_name"], done["journal"]) == ("signed", "刘主管", [])
    assert done["rounds"][0]["booked"][0]["taken"] == "2"
    again = send("theirs", f"{url}sign/", "2026-10-09 10:00", name="刘主管", digest=row["digest"])
    assert (again.status_code, again.json()["code"], again.json()["promise"]) == (409, "already_signed", "K06")
    with clock_at(HANDED):
        journal = client.get(f"/api/v1/{url}", **keys["ours"]).json()["journal"]
    assert [step["kind"] for step in journal] == ["handed_over", "opened", "booked", "signed"]


def test_an_objection_opens_the_way_to_a_new_round__K06(world: World, send):
    deliverable = handed(world.kingdee, world.technical_manager)
    url = f"deliverables/{deliverable.number}/"
    assert send("ours", f"{url}rounds/", files=[upload()]).json()["code"] == "round_standing"
    empty = send("theirs", f"{url}object/", words=" ")
    assert empty.status_code == 422
    assert send("theirs", f"{url}object/", "2026-10-08 09:00", words="缺附件").json()["state"] == "objected"
    again = send("ours", f"{url}rounds/", "2026-10-09 09:00", files=[upload()])
    assert (again.status_code, len(again.json()["rounds"])) == (201, 2)
    assert send("ours", f"{url}withdraw/", CLOSE, reason="传错了").json()["state"] == "withdrawn"


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("agent", 403), ("theirs", 403)])
def test_only_the_accounts_people_hand_over__K06(send, who, status):
    answer = send(who, NEW, service="critical_moment", title="x", files=[upload()])
    assert answer.status_code == status
    assert not DeliverableFile.objects.exists()


def test_others_neither_see_a_deliverable_nor_its_files__K06(world: World, client, keys, send):
    deliverable = handed(world.kingdee, world.technical_manager)
    file = last(deliverable).files.get()
    for who in ("stranger", "colleague"):
        for url in (f"/api/v1/deliverables/{deliverable.number}/", f"/deliverable-files/{file.pk}/"):
            assert client.get(url, **keys[who]).status_code == 404
    assert client.get(f"/deliverable-files/{file.pk}/").status_code == 404
    assert send("colleague", f"deliverables/{deliverable.number}/sign/", name="x", digest="y").status_code == 404


@pytest.mark.parametrize(("said", "code"), [
    ({"service": "nothing"}, "invalid"), ({"engagement": "E-2026-999999"}, "invalid"), ({"title": ""}, "invalid"),
    ({"files": [("a.pdf", b"<html>")]}, "other_kind"), ({"addressee": 999_999}, "invalid"),
])  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_kept__K06(world: World, send, said, code):
    usual = {"service": "critical_moment", "title": "九月结账", "addressee": world.kingdee.contact.pk}
    files = [upload(*pair) for pair in said.pop("files", [("a.pdf", PDF)])]
    answer = send("ours", NEW, **(usual | said), files=files)
    assert (answer.status_code in (409, 422), answer.json()["code"]) == (True, code)
    assert not DeliverableFile.objects.exists()
