"""The doors to an import: the command, the API, the console."""

import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.clocks import clock_at
from tests.keys import bearer, new_key
from tests.tickets.importing.conftest import NOW, PAYLOADS, ZENDESK
from tickets import uploads
from tickets.actions.importing.uploads import KEPT_FOR, forget_old_uploads
from tickets.models import ImportRun, Ticket
from tickets.rounds.imports import step

MAPPING = PAYLOADS / "zendesk.yaml"
FILES = [PAYLOADS / name for name in ZENDESK]


@pytest.fixture(autouse=True)
def kept(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    with clock_at(NOW):
        yield tmp_path / "media" / "imports"


def command(*words, **options):
    out, err = StringIO(), StringIO()
    call_command("import_tickets", *map(str, words), stdout=out, stderr=err, **options)
    return out.getvalue()


def manager(world):
    return bearer(new_key("api", user=world.manager))


def posted(client, header, **more):
    said = {
        "file": [SimpleUploadedFile(path.name, path.read_bytes()) for path in FILES],
        "mapping": MAPPING.read_text(),
    }
    return client.post("/api/v1/imports/", said | more, **header)


def work():
    while step():
        pass


def test_somebody_tries_then_imports_by_command(tmp_path):
    words = ["--from", "zendesk", "--mapping", MAPPING, *FILES]
    assert "试运行，什么都没有写入" in command(*words, "--dry-run")
    assert Ticket.objects.count() == 0
    out = command(*words, "--json", tmp_path / "report.json")
    assert "新建工单: 2" in out
    assert "不知道属于哪家客户" in out
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["state"], report["counts"]["opened"], report["problem_count"]) == ("done", 2, 1)
    assert report["problems"][0]["what_to_do"]
    with pytest.raises(CommandError, match="已经完成"):
        command("--resume", ImportRun.objects.first().pk)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "--from"),
        (["--from", "zendesk", "--mapping", MAPPING], "没有要导入的文件"),
        (["--from", "zammad", "--mapping", MAPPING, FILES[0]], "不是 zammad 的"),
        (["--from", "zendesk", "--mapping", MAPPING, "/nowhere.json"], "没有这个文件"),
        (["--from", "zendesk", "--mapping", FILES[0], FILES[0]], "不认识这个键"),
        (["--resume", 999], "没有第 999 次导入"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(words, told):
    with pytest.raises(CommandError, match=told):
        command(*words)
    assert ImportRun.objects.count() == 0


def test_a_program_tries_begins_in_earnest_and_follows(client, world, kept):
    header = manager(world)
    tried = posted(client, header, dry_run="true")
    assert tried.status_code == 202
    assert tried["Location"] == tried.json()["url"]
    assert "path" not in tried.json()["files"][0]
    work()
    path = f"/api/v1/imports/{tried.json()['id']}/"
    assert client.get(path, **header).json()["state"] == "done"
    begun = client.post("/api/v1/imports/", {"run": tried.json()["id"]}, content_type="application/json", **header)
    assert begun.status_code == 202, begun.content
    work()
    path = f"/api/v1/imports/{begun.json()['id']}/"
    told = client.get(path, **header).json()
    assert (told["state"], told["counts"]["opened"], told["done"], told["total"]) == ("done", 2, 4, 4)
    report = client.get(f"{path}report/", **header).json()
    assert report["problems"][0]["code"] == "unknown_customer"
    table = client.get(f"{path}report.csv", **header)
    assert "35501" in table.content.decode()
    assert client.post(f"{path}stop/", **header).json()["state"] == "done"
    assert client.post(f"{path}resume/", **header).json()["code"] == "already_done"
    assert len(client.get("/api/v1/imports/", **header).json()["results"]) == 2


def test_only_managers_may(client, world):
    for key in (new_key("api", user=world.lead), new_key("api", user=world.yonsuite.contact.user), new_key("upsert")):
        assert posted(client, bearer(key)).status_code == 403
        assert client.get("/api/v1/imports/", **bearer(key)).status_code == 403
    assert posted(client, {}).status_code == 401
    assert client.get("/api/v1/imports/99/", **manager(world)).status_code == 404


def test_a_refused_upload_leaves_nothing_behind(client, world, kept, monkeypatch):
    header = manager(world)
    wrong = posted(client, header, mapping="source: zendesk\ncategory: {default: faults}\n")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_mapping")
    assert wrong.json()["errors"][0]["field"] == "mapping:2 category.default"
    assert posted(client, header, source="zammad").json()["code"] == "other_source"
    assert client.post("/api/v1/imports/", {"mapping": MAPPING.read_text()}, **header).json()["code"] == "no_files"
    gb = SimpleUploadedFile("m.yaml", "source: 中".encode("gb18030"))
    assert posted(client, header, mapping=gb).json()["code"] == "invalid_encoding"
    monkeypatch.setattr(uploads, "MOST_IMPORTED", 100)
    assert posted(client, header).status_code == 413
    assert (ImportRun.objects.count(), list(kept.glob("*"))) == (0, [])


def test_what_was_not_tried_is_not_begun(client, world):
    header = manager(world)
    begun = posted(client, header).json()["id"]
    again = client.post("/api/v1/imports/", {"run": begun}, content_type="application/json", **header)
    assert (again.status_code, again.json()["code"]) == (409, "not_tried")


def test_a_manager_tries_and_imports_in_the_console(client, world):
    client.force_login(world.manager)
    assert "mapping.schema.json" in client.get("/console/rules/imports/").content.decode()
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in FILES]
    answer = client.post("/console/rules/imports/", {"exports": files, "mapping": MAPPING.read_text()})
    assert answer.status_code == 302, answer.content.decode()
    waiting = client.get(answer["Location"], HTTP_HX_REQUEST="true").content.decode()
    assert "正在读文件" in waiting
    assert "data-unfinished" in waiting
    work()
    page = client.get(answer["Location"]).content.decode()
    assert "现在什么都没有写入" in page
    assert "不知道属于哪家客户" in page
    done = client.post(f"{answer['Location']}go/")
    work()
    assert "新建工单" in client.get(done["Location"]).content.decode()
    assert Ticket.objects.count() == 2
    assert "35501" in client.get(f"{done['Location']}report.csv").content.decode()
    assert client.get(f"{done['Location']}report.json").json()["counts"]["opened"] == 2
    assert "example.zendesk.com" in client.get("/console/rules/imports/").content.decode()


def test_what_is_too_much_for_a_page_is_told_the_command(client, world, monkeypatch):
    client.force_login(world.manager)
    monkeypatch.setattr(uploads, "MOST_IMPORTED", 100)
    files = [SimpleUploadedFile("t.json", b"[" + b" " * 200 + b"]")]
    page = client.post("/console/rules/imports/", {"exports": files, "mapping": MAPPING.read_text()}).content.decode()
    assert ("manage.py import_tickets" in page, "选一个或几个导出的文件。" in page) == (True, False)


def test_a_wrong_mapping_is_told_by_line_and_kept_as_it_was_typed(client, world):
    client.force_login(world.manager)
    files = [SimpleUploadedFile("t.json", b"[]")]
    answer = client.post("/console/rules/imports/", {"exports": files, "mapping": "source: zendesk\ncategory: {}\n"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "第 2 行" in page
    assert "category: {}" in page


def test_a_lead_looks_and_an_agent_does_not(client, world):
    client.force_login(world.lead)
    page = client.get("/console/rules/imports/")
    assert page.status_code == 200
    assert "<textarea" not in page.content.decode()
    assert client.post("/console/rules/imports/", {"mapping": "x"}).status_code == 403
    client.force_login(world.agent)
    assert client.get("/console/rules/imports/").status_code == 403


def test_english_readers_read_english(client, world):
    world.manager.language = "en"
    world.manager.save()
    posted(client, manager(world))
    work()
    client.force_login(world.manager)
    page = client.get(
        f"/console/rules/imports/{ImportRun.objects.get().pk}/", HTTP_ACCEPT_LANGUAGE="en"
    ).content.decode()
    assert "Nobody says whose customer" in page or "customer" in page


def test_uploads_that_nobody_needs_any_more_are_forgotten(client, world, kept):
    posted(client, manager(world))
    run = ImportRun.objects.get()
    assert forget_old_uploads(at=run.created_at + KEPT_FOR * 30) == 0
    work()
    assert forget_old_uploads(at=run.created_at + KEPT_FOR * 30) == 1
    assert list(kept.glob("upload-*")) == []


def test_the_schema_is_served_to_editors(client, db):
    answer = client.get("/schemas/mapping.schema.json")
    assert answer["Content-Type"].startswith("application/schema+json")
    assert "zendesk" in json.dumps(answer.json())
