"""Tickets of other systems, taken in with their history."""

import json

import pytest
from django.db import DatabaseError

from plans.models import Contact
from sla.actors import SYSTEM
from sla.models import Escalation, Milestone
from sla.self_checking import compare
from tests.clocks import clock_at
from tests.hours import beijing
from tests.tickets.importing.conftest import NOW, PAYLOADS, ZAMMAD, ZENDESK
from tickets.actions import ticket as act
from tickets.actions.importing import runs
from tickets.actions.importing.runs import Asked, Kept, go_on, resume_run, start_run, stop_run
from tickets.importing import spool
from tickets.models import Attachment, Delivery, ImportedTicket, ImportRun, Message, Ticket, TicketEvent
from tickets.rounds import dispatch
from tickets.rounds.imports import step


def story(ticket):
    return [
        (event.kind, event.at.strftime("%m-%d %H:%M"), event.message.body if event.message else "")
        for event in ticket.events.select_related("message").order_by("number")
    ]


def came_in(source_id):
    return ImportedTicket.objects.get(source_id=source_id).ticket


def lines(tmp_path, *tickets, name="tickets.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(map(json.dumps, tickets)))
    return path


def zendesk(id=1, **more):
    """Return a ticket of the YonSuite customer as the full export has it, answered after a day and closed."""
    requester = {"id": 20978392, "name": "王会计", "email": "contact1@c-y-1.example", "role": "end-user"}
    agent = {"id": 235323, "name": "Li Agent", "email": "agent@shouyue.example", "role": "agent"}
    comments = [
        {
            "id": id * 10 + 1,
            "author_id": 20978392,
            "body": "不平",
            "public": True,
            "created_at": "2026-09-01T02:00:00Z",
        },
        {"id": id * 10 + 2, "author_id": 235323, "body": "在看", "public": True, "created_at": "2026-09-02T02:00:00Z"},
    ]
    usual = {
        "id": id, "subject": f"月结 {id}", "description": "不平", "status": "closed", "priority": "normal",
        "requester": requester, "requester_id": 20978392, "assignee": agent, "assignee_id": 235323, "type": "problem",
        "organization": {"id": 509974, "name": "王会计的公司"}, "organization_id": 509974, "via": {"channel": "web"},
        "created_at": "2026-09-01T02:00:00Z", "updated_at": "2026-09-03T02:00:00Z", "comments": comments,
    }  # fmt: skip
    return usual | more


def test_a_ticket_of_years_ago_keeps_its_times_its_people_and_its_notes(imported, world):
    run = imported(*ZENDESK)
    assert run.state == "done"
    assert {name: number for name, number in run.counts.items() if number} == {
        "opened": 2, "left_out": 2, "messages": 7, "internal": 1, "files": 1, "files_elsewhere": 1, "problems": 1,
    }  # fmt: skip
    ticket = came_in("35436")
    assert story(ticket) == [
        ("opened", "03-04 01:30", "结账时提示科目余额不平，见附图。"),
        ("note", "03-04 02:10", "疑似年结脚本的老毛病。"),
        ("reply", "03-04 03:00", "请发一下余额表。"),
        ("waiting", "03-04 03:00", ""),
        ("customer_message", "03-05 01:00", "已附上。"),
        ("resumed", "03-05 01:00", ""),
        ("reply", "03-05 06:00", "已修正，请再结一次。"),
        ("resolved", "03-05 06:00", ""),
        ("closed", "03-09 08:00", ""),
    ]
    assert ticket.opened_at.year == 2021
    assert ticket.number.startswith("T-2021-")
    assert (ticket.status, ticket.priority, ticket.category, ticket.channel) == ("closed", "high", "fault", "email")
    assert (ticket.contact, ticket.assignee, ticket.customer) == (
        world.yonsuite.contact, world.agent, world.yonsuite.customer,
    )  # fmt: skip
    assert ticket.closed_at.isoformat() == "2021-03-09T08:00:00+00:00"
    assert ticket.imported_from.tags == ["month_end", "vip"]
    assert ticket.events.get(number=1).fields["tags"] == ["month_end", "vip"]
    assert [file.name for file in Attachment.objects.all()] == ["余额.png"]


def test_notes_stay_among_us_and_nobody_is_written_to(imported, world, client):
    imported(*ZENDESK)
    dispatch.sweep()
    assert Delivery.objects.count() == 0
    assert list(Message.objects.filter(is_public=False).values_list("body", flat=True)) == ["疑似年结脚本的老毛病。"]
    client.force_login(world.yonsuite.contact.user)
    page = client.get(f"/portal/tickets/{came_in('35436').number}/").content.decode()
    assert "已修正，请再结一次。" in page
    assert "老毛病" not in page


def test_the_console_shows_an_imported_ticket_like_any_other(imported, world, client):
    imported(*ZENDESK)
    client.force_login(world.agent)
    page = client.get(f"/console/tickets/{came_in('35436').number}/").content.decode()
    assert "疑似年结脚本的老毛病。" in page
    assert "从 Zendesk 导入的历史工单" in page


def test_a_zammad_ticket_keeps_its_call_and_its_automatic_answer_which_nobody_counts_as_ours(imported, world):
    run = imported(*ZAMMAD, mapping="zammad.yaml")
    assert (run.counts["opened"], run.counts["problems"]) == (2, 0)
    ticket = came_in("3")
    assert [(kind, at) for kind, at, _body in story(ticket)] == [
        ("opened", "02-10 07:00"), ("bot_reply", "02-10 07:00"), ("note", "02-10 07:05"), ("call", "02-11 02:00"),
        ("closed", "02-11 03:00"),
    ]  # fmt: skip
    assert (ticket.contact, ticket.imported_from.number) == (world.kingdee.contact, "31003")
    assert (came_in("4").status, came_in("4").priority, came_in("4").assignee) == ("open", "high", None)


def test_the_same_again_changes_nothing_and_more_is_appended_once(imported, tmp_path):
    imported(lines(tmp_path, zendesk(1, status="open"), zendesk(2)))
    before = list(TicketEvent.objects.order_by("pk").values())
    again = imported(lines(tmp_path, zendesk(1, status="open"), zendesk(2)))
    assert (again.counts["unchanged"], again.counts["opened"]) == (2, 0)
    assert list(TicketEvent.objects.order_by("pk").values()) == before

    first = zendesk(1)
    more = {"id": 19, "author_id": 20978392, "body": "谢谢", "public": True, "created_at": "2026-09-02T05:00:00Z"}
    changed = zendesk(1, status="solved", comments=[*first["comments"], more], updated_at="2026-09-04T02:00:00Z")
    for counts in ({"changed": 1, "messages": 1}, {"unchanged": 1}):
        run = imported(lines(tmp_path, changed))
        assert {name: number for name, number in run.counts.items() if number} == counts
    ticket = came_in("1")
    assert [body for kind, _at, body in story(ticket) if body] == ["不平", "在看", "谢谢"]
    assert [kind for kind, *_rest in story(ticket)][-2:] == ["customer_message", "resolved"]
    assert ticket.status == "resolved"
    assert [event.number for event in ticket.events.order_by("number")] == [1, 2, 3, 4]
    assert Ticket.objects.count() == 2


def test_a_ticket_that_its_source_calls_otherwise_by_now_follows_with_its_clock__C41(imported, tmp_path):
    timed = "clocks: {open: from_submission}\n"
    imported(lines(tmp_path, zendesk(1, status="open"), zendesk(2)), more=timed)
    said = {"subject": "月结报错", "priority": "urgent", "type": "question", "updated_at": "2026-09-27T02:00:00Z"}
    run = imported(
        lines(tmp_path, zendesk(1, status="open") | said, zendesk(2) | said), more=timed, at="2026-09-28 10:00"
    )
    assert (run.counts["changed"], run.problems) == (2, [])
    for one in ("1", "2"):
        ticket = came_in(one)
        assert (ticket.subject, ticket.priority, ticket.category) == ("月结报错", "urgent", "how_to")
        line = ticket.events.get(kind="reclassified").fields
        changed, because = line["changed"], line["reason"]
        assert because == f"Zendesk #{one}"
        assert changed["subject"] == {"from": f"月结 {one}", "to": "月结报错"}
        assert changed["priority"] == {"from": "normal", "to": "urgent"}
        assert ImportedTicket.objects.get(ticket=ticket).line == ticket.event_count
    clock = came_in("1").ticket_clocks.get().clock
    assert clock.observations.filter(kind="replan").count() == 1
    assert compare(clock.observations.order_by("at", "pk"), list(clock.milestones.all())) == {}
    assert Delivery.objects.count() == 0


def test_a_mapping_that_was_mended_mends_what_nobody_touched(imported, world, tmp_path):
    file = lines(tmp_path, zendesk(1, status="open"), zendesk(2, status="open"))
    imported(file)
    act.note(ticket=came_in("2"), body="接手了", actor=world.agent, at=beijing(NOW))
    mended = "priority: {normal: high}\n"
    for counts in ({"changed": 1, "unchanged": 1}, {"unchanged": 2}):
        run = imported(file, more=mended)
        assert {name: number for name, number in run.counts.items() if number} == counts
    assert [came_in(one).priority for one in ("1", "2")] == ["high", "normal"]


def test_what_somebody_did_here_since_stands(imported, world, tmp_path):
    imported(lines(tmp_path, zendesk(1, status="open")))
    act.note(ticket=came_in("1"), body="接手了", actor=world.agent, at=beijing(NOW))
    more = {"id": 19, "author_id": 20978392, "body": "还在吗", "public": True, "created_at": "2026-09-27T05:00:00Z"}
    run = imported(lines(tmp_path, zendesk(1, subject="另一个", comments=[*zendesk(1)["comments"], more])))
    assert (came_in("1").status, came_in("1").subject) == ("open", "月结 1")
    assert story(came_in("1"))[-1][2] == "还在吗"
    assert [problem["code"] for problem in run.problems] == ["standing_kept"]


def test_a_dry_run_tells_everything_and_writes_nothing(imported, tmp_path):
    files = [PAYLOADS / name for name in ZENDESK]
    tried = imported(*files, is_dry_run=True)
    assert (Ticket.objects.count(), Message.objects.count(), Attachment.objects.count()) == (0, 0, 0)
    assert [(one["code"], one["where"], one["id"], one["field"]) for one in tried.problems] == [
        ("unknown_customer", "zendesk_tickets.json tickets[3]", "35501", "organization"),
    ]  # fmt: skip
    done = imported(*files)
    assert tried.counts == done.counts


def test_somebody_unknown_is_kept_as_a_contact_that_is_not_active_only_where_the_mapping_says_so(
    imported, world, tmp_path
):
    person = {"id": 777, "name": "赵出纳", "email": "Zhao@c-y-1.example", "role": "end-user"}
    tickets = [zendesk(id, requester=person, requester_id=777, comments=[]) for id in (1, 2)]
    file = lines(tmp_path, *tickets)
    assert [one["code"] for one in imported(file).problems] == ["unknown_contact", "unknown_contact"]
    assert Ticket.objects.count() == 0
    run = imported(file, more="contacts: {unknown: create_inactive}\n")
    made = Contact.objects.get(email="zhao@c-y-1.example")
    assert (run.counts["opened"], run.counts["contacts"]) == (2, 1)
    assert (made.customer, made.is_active, made.is_certified) == (world.yonsuite.customer, False, False)
    assert {ticket.contact for ticket in Ticket.objects.all()} == {made}


def test_a_contact_of_another_customer_is_never_mixed_in(imported, world, tmp_path):
    person = {"id": 9, "name": "刘主管", "email": world.kingdee.contact.email, "role": "end-user"}
    run = imported(lines(tmp_path, zendesk(1, requester=person, requester_id=9)))
    assert ([one["code"] for one in run.problems], Ticket.objects.count()) == (["customer_differs"], 0)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"status": "parked"}, "unknown_status", "status"),
        ({"priority": "p1"}, "unknown_priority", "priority"),
        ({"created_at": "2031-01-01T00:00:00Z"}, "in_the_future", "created_at"),
    ],
)
def test_what_has_no_meaning_here_is_left_out_and_named(imported, tmp_path, change, code, field):
    run = imported(lines(tmp_path, zendesk(1, **change), zendesk(2)))
    assert [(one["code"], one["field"], one["where"]) for one in run.problems] == [(code, field, "tickets.jsonl:1")]
    assert run.counts["opened"] == 1


def test_without_an_option_nothing_is_timed(imported, tmp_path):
    imported(lines(tmp_path, zendesk(1), zendesk(2, status="open")))
    assert Milestone.objects.count() == 0


def test_closed_tickets_are_judged_by_the_plan_of_then_and_nobody_hears_of_it__Y18(imported, tmp_path):
    run = imported(lines(tmp_path, zendesk(1)), more="clocks: {closed: judge}\n")
    first = Milestone.objects.get(metric="first_response", number=1)
    assert run.counts["clocks"] == 1
    assert (first.state, first.due_at.isoformat()) == ("met_late", "2026-09-01T04:00:00+00:00")
    assert not Milestone.objects.exclude(next_step_at=None).exists()
    with clock_at("2026-10-20 09:00"):
        dispatch.sweep()
    assert (Escalation.objects.count(), Delivery.objects.count()) == (0, 0)
    clock = first.clock
    assert compare(clock.observations.order_by("at", "pk"), list(clock.milestones.all())) == {}
    assert came_in("1").promise == "Y07"


def test_a_ticket_from_before_the_contract_is_taken_in_and_not_judged(imported, tmp_path):
    early = zendesk(1, created_at="2021-01-05T02:00:00Z", comments=[], updated_at="2021-01-05T02:00:00Z")
    run = imported(lines(tmp_path, early), more="clocks: {closed: judge}\n")
    assert (run.counts["opened"], run.counts["not_timed"], Milestone.objects.count()) == (1, 1, 0)


def test_an_open_ticket_is_timed_from_its_submission_and_what_was_late_before_stays_silent__Y18(imported, tmp_path):
    unanswered = zendesk(1, status="open", comments=zendesk(1)["comments"][:1])
    imported(lines(tmp_path, unanswered), more="clocks: {open: from_submission}\n")
    first = Milestone.objects.get(metric="first_response")
    assert first.due_at.isoformat() == "2026-09-01T04:00:00+00:00"
    assert came_in("1").next_due_at == first.due_at
    with clock_at("2026-09-28 09:10"):
        dispatch.sweep()
    assert (Escalation.objects.count(), Delivery.objects.count()) == (0, 0)
    clock = first.clock
    assert compare(clock.observations.order_by("at", "pk"), list(clock.milestones.all())) == {}


def test_what_the_database_will_not_have_is_left_out_alone(imported, tmp_path, monkeypatch):
    fine = runs.take.__globals__["lines_of"]

    def poisoned(one, ground):
        if one.past.id == "2":
            raise DatabaseError("no")
        return fine(one, ground)

    monkeypatch.setitem(runs.take.__globals__, "lines_of", poisoned)
    run = imported(lines(tmp_path, *map(zendesk, (1, 2, 3))))
    assert (run.counts["opened"], run.counts["left_out"]) == (2, 1)
    assert [(one["code"], one["id"]) for one in run.problems] == [("not_saved", "2")]


def test_files_lie_inline_or_in_the_folder_and_nowhere_else(imported, tmp_path):
    folder = tmp_path / "files"
    (folder / "77").mkdir(parents=True)
    (folder / "77" / "log.txt").write_text("hello")
    (tmp_path / "secret.txt").write_text("secret")
    listed = [
        {"id": 77, "file_name": "log.txt"}, {"id": 78, "file_name": "s", "path": "../secret.txt"},
        {"id": 79, "file_name": "p", "path": "/etc/passwd"}, {"id": 80, "file_name": "b", "data": "!!!"},
        {"id": 81, "file_name": "a\x00b", "path": "a\x00b"}, {"id": 82, "file_name": "in.txt", "data": "aGk="},
    ]  # fmt: skip
    comments = zendesk(1)["comments"]
    comments[0]["attachments"] = listed
    run = imported(lines(tmp_path, zendesk(1, comments=comments)), attachments_at=str(folder))
    assert sorted(file.name for file in Attachment.objects.all()) == ["in.txt", "log.txt"]
    assert (run.counts["files"], run.counts["files_elsewhere"]) == (2, 3)
    assert [one["code"] for one in run.problems] == ["file_unreadable"]


@pytest.fixture
def begun(world, settings, tmp_path):
    """Return a run of seven tickets, in batches of three, that nobody has begun to work on."""
    settings.MEDIA_ROOT = tmp_path / "media"
    path = lines(tmp_path, *map(zendesk, range(1, 8)))
    asked = Asked([Kept(path, path.name)], (PAYLOADS / "zendesk.yaml").read_text())
    return start_run(asked=asked, actor=SYSTEM, at=beijing(NOW))


def test_a_killed_run_goes_on_where_it_was_and_doubles_nothing(begun, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 3)
    with clock_at(NOW):
        go_on(begun)
        go_on(begun)
        assert Ticket.objects.count() == 3
        fine = runs._save
        monkeypatch.setattr(runs, "_save", lambda *given, **more: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            go_on(begun)
        assert Ticket.objects.count() == 3
        monkeypatch.setattr(runs, "_save", fine)
        runs.spool_of(begun).unlink()
        while step():
            pass
    begun.refresh_from_db()
    assert (begun.state, begun.done, begun.total, begun.counts["opened"]) == ("done", 7, 7, 7)
    assert Ticket.objects.count() == 7


def test_a_run_that_raises_fails_after_three_tries_and_is_taken_up_again(begun, monkeypatch):
    with clock_at(NOW):
        step()
        fine = runs.take
        monkeypatch.setattr(runs, "take", lambda *given: 1 // 0)
        assert [step() for _turn in range(4)] == [True, True, True, False]
        begun.refresh_from_db()
        assert begun.state == "failed"
        assert begun.error.startswith("ZeroDivisionError: ")
        monkeypatch.setattr(runs, "take", fine)
        resume_run(run=begun)
        while step():
            pass
    begun.refresh_from_db()
    assert (begun.state, begun.counts["opened"], begun.error) == ("done", 7, "")


def test_a_stopped_run_keeps_what_it_took_in_and_goes_on_later(begun, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 3)
    with clock_at(NOW):
        step()
        step()
        stop_run(run=begun, at=beijing(NOW))
        assert not step()
        assert Ticket.objects.count() == 3
        resume_run(run=begun)
        while step():
            pass
    assert Ticket.objects.count() == 7
    assert ImportRun.objects.get().state == "done"


def test_a_batch_takes_few_questions_however_many_tickets_there_are(begun, django_assert_max_num_queries):
    with clock_at(NOW):
        go_on(begun)
        with django_assert_max_num_queries(30):
            go_on(begun)


def test_a_run_is_left_to_the_machine_where_its_files_lie(begun, tmp_path):
    (tmp_path / "tickets.jsonl").unlink()
    assert not step()
    assert ImportRun.objects.get().state == "waiting"


def test_reading_needs_little_memory(tmp_path):
    """Thousands of tickets pass through a spool of which one batch at a time is held."""
    path = tmp_path / "many.jsonl"
    with path.open("w") as file:
        for number in range(3000):
            file.write(json.dumps({"id": number, "status": "open", "requester_id": 1, "description": "x" * 300}) + "\n")
    assert list(spool.fill(tmp_path / "s", "zendesk", [(path, path.name)])) == []
    with spool.opened(tmp_path / "s") as records:
        assert spool.count(records) == 3000
        assert len(spool.batch(records, "zendesk", after=2990, limit=100)) == 10
