"""Exports read: every form in which they come, and everything that may be wrong with them. No database."""

import json

import pytest

from sla.rules.reading import ReadingError
from tests.tickets.importing.conftest import PAYLOADS, ZAMMAD, ZENDESK
from tickets.importing import mapping_schema, spool, streams
from tickets.importing.mapping import chosen, read_mapping
from tickets.importing.records import Problem, Side
from tickets.importing.words import WORDS

TICKET = {
    "id": 1, "subject": "月结", "description": "不平", "status": "open", "requester_id": 5, "tags": ["VIP"],
    "created_at": "2024-05-06T07:08:09Z", "updated_at": "2024-05-06T07:08:09Z", "type": "problem",
    "custom_fields": [{"id": 36, "value": "总账"}],
}  # fmt: skip
KNOWN = {"customer": ["c-1", "c-2"], "contract": ["C-1"], "product": ["galaxy"], "agent": ["li"]}


def written(tmp_path, content, name="export.json"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def pasts(tmp_path, source, *files):
    """Return what files come to: tickets by id, and problems."""
    path = tmp_path / "records"
    problems = list(spool.fill(path, source, [(file, file.name) for file in files]))
    with spool.opened(path) as records:
        batch = spool.batch(records, source, after=0, limit=1000)
    problems += [one.problem for one in batch if one.problem]
    return {one.past.id: one.past for one in batch if one.past}, problems


@pytest.mark.parametrize(
    "form",
    [
        json.dumps({"tickets": [TICKET, TICKET | {"id": 2}], "count": 2, "end_of_stream": True}),
        json.dumps({"count": 2, "meta": {"a": [1, {"b": 2}]}, "tickets": [TICKET, TICKET | {"id": 2}]}, indent=2),
        json.dumps([TICKET, TICKET | {"id": 2}]),
        json.dumps([TICKET, TICKET | {"id": 2}], indent=2),
        f"{json.dumps(TICKET)}\n\n{json.dumps(TICKET | {'id': 2})}",
        f"{json.dumps({'tickets': [TICKET]})}\n{json.dumps({'tickets': [TICKET | {'id': 2}]})}\n",
        "\ufeff" + json.dumps({"tickets": [TICKET, TICKET | {"id": 2}]}),
    ],
    ids=["page", "pretty page", "list", "pretty list", "lines", "lines of pages", "with a mark"],
)
def test_tickets_are_read_however_the_file_is_laid_out(tmp_path, form):
    found, problems = pasts(tmp_path, "zendesk", written(tmp_path, form))
    assert (sorted(found), problems) == (["1", "2"], [])
    assert found["2"].subject == "月结"


@pytest.mark.parametrize(
    ("content", "code", "where", "left"),
    [
        ("", "empty_file", "x.json", 0),
        ("  \n \n", "empty_file", "x.json", 0),
        (json.dumps({"tickets": [TICKET, TICKET | {"id": 2}]})[:-40], "cut_off", "x.json tickets[2]", 1),
        (json.dumps([TICKET, TICKET | {"id": 2}])[:-20], "cut_off", "x.json[2]", 1),
        (
            f"{json.dumps(TICKET)}\n{json.dumps(TICKET)[:30]}\n{json.dumps(TICKET | {'id': 3})}",
            "not_json",
            "x.json:2",
            2,
        ),
        (json.dumps(TICKET, ensure_ascii=False).encode("gb18030") + b"\n{}", "not_utf_8", "x.json:1", 0),
        (json.dumps([TICKET], ensure_ascii=False).encode("gb18030"), "not_utf_8", "x.json[1]", 0),
        (json.dumps([TICKET], ensure_ascii=False).encode("utf-16"), "not_utf_8", "x.json", 0),
        (json.dumps([7, TICKET]), "not_an_object", "x.json[1]", 1),
        ("<html></html>", "not_json", "x.json", 0),
        (f"{json.dumps(TICKET)}\n{'[' * 100_000}", "not_json", "x.json:2", 1),
        (json.dumps([{"id": 9, "colour": "red"}]), "unknown_record", "x.json[1]", 0),
        (json.dumps([TICKET | {"id": None}]), "missing", "x.json[1]", 0),
        (json.dumps([TICKET | {"created_at": "yesterday"}]), "bad_instant", "x.json[1]", 0),
        (json.dumps([TICKET | {"created_at": "2024-05-06T07:08:09"}]), "bad_instant", "x.json[1]", 0),
        (json.dumps([TICKET | {"created_at": None}]), "missing", "x.json[1]", 0),
        (json.dumps([TICKET | {"requester_id": None}]), "unknown_requester", "x.json[1]", 0),
    ],
)
def test_what_cannot_be_read_is_named_by_place_and_the_rest_goes_on(tmp_path, content, code, where, left):
    found, problems = pasts(tmp_path, "zendesk", written(tmp_path, content, "x.json"))
    assert problems[0].code == code
    assert problems[0].where.startswith(where)
    assert len(found) == left
    assert all(problem.code in WORDS for problem in problems)


def test_a_line_without_end_is_passed_over_in_little_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "LONGEST", 1000)
    lines = [
        json.dumps(TICKET),
        json.dumps(TICKET | {"id": 2, "description": "x" * 5000}),
        json.dumps(TICKET | {"id": 3}),
    ]
    found, problems = pasts(tmp_path, "zendesk", written(tmp_path, "\n".join(lines)))
    assert sorted(found) == ["1", "3"]
    assert [problem.code for problem in problems] == ["line_too_long"]


def test_of_a_ticket_listed_twice_the_one_updated_last_counts(tmp_path):
    later = TICKET | {"status": "solved", "updated_at": "2024-06-01T00:00:00Z"}
    for listed in ([TICKET, later], [later, TICKET]):
        found, _none = pasts(tmp_path, "zendesk", written(tmp_path, json.dumps(listed)))
        assert [past.status for past in found.values()] == ["solved"]


def test_a_zendesk_ticket_is_put_together_from_files_in_any_order(tmp_path):
    for order in (ZENDESK, ZENDESK[::-1]):
        found, problems = pasts(tmp_path, "zendesk", *(PAYLOADS / name for name in order))
        assert problems == []
        past = found["35436"]
        assert [(said.id, said.author.side, said.is_public) for said in past.said] == [
            ("70002", Side.CUSTOMER, True), ("70011", Side.AGENT, False), ("70021", Side.AGENT, True),
            ("70031", Side.CUSTOMER, True), ("70041", Side.AGENT, True),
        ]  # fmt: skip
        assert [turn.status for turn in past.turns] == ["open", "pending", "open", "solved", "closed"]
        assert past.turns[-1].author.side is Side.SYSTEM
        assert (past.requester.organization_name, past.assignee.name) == ("王会计的公司", "Li Agent")
        assert (past.tags, past.fields) == (("month_end", "vip"), {"360001": "总账"})
        assert [file.name for file in past.said[0].files] == ["余额.png"]


def test_the_same_comment_as_comment_and_in_an_audit_is_said_once(tmp_path):
    comment = {"id": 70021, "type": "Comment", "ticket_id": 35436, "author_id": 235323, "public": True,
               "body": "请发一下余额表。", "created_at": "2021-03-04T03:00:00Z"}  # fmt: skip
    files = [PAYLOADS / name for name in ZENDESK]
    found, _none = pasts(tmp_path, "zendesk", *files, written(tmp_path, json.dumps({"comments": [comment]})))
    assert [said.id for said in found["35436"].said].count("70021") == 1


def test_the_full_export_of_zendesk_holds_its_people_and_comments_itself(tmp_path):
    found, problems = pasts(tmp_path, "zendesk", PAYLOADS / "zendesk_full.jsonl")
    past = found["41"]
    assert problems == []
    assert [(said.author.side, said.is_call) for said in past.said] == [(Side.CUSTOMER, True), (Side.AGENT, False)]
    assert (past.requester.email, past.ended_at.isoformat()) == ("contact1@c-y-1.example", "2019-06-03T04:00:00+00:00")


def test_a_zammad_ticket_is_put_together_with_its_articles(tmp_path):
    found, problems = pasts(tmp_path, "zammad", *(PAYLOADS / name for name in ZAMMAD))
    past = found["3"]
    assert problems == []
    assert [(said.author.side, said.is_public, said.is_call) for said in past.said] == [
        (Side.CUSTOMER, True, False), (Side.SYSTEM, True, False), (Side.AGENT, False, False), (Side.AGENT, True, True),
    ]  # fmt: skip
    assert past.said[0].body == "Posting says locked.\nWhat now?"
    assert (past.number, past.channel, past.fields["module"]) == ("31003", "email", "GL")
    assert found["4"].assignee is None


def test_the_compact_form_of_zammad_is_told_what_to_do(tmp_path):
    compact = [{"id": 3, "title": "x", "state_id": 4, "created_at": "2020-02-10T07:00:00Z"}]
    found, problems = pasts(tmp_path, "zammad", written(tmp_path, json.dumps(compact)))
    assert (found, [problem.code for problem in problems]) == ({}, ["not_expanded"])


def test_a_ticket_has_the_same_digest_wherever_it_stands_and_another_once_something_is_said(tmp_path):
    one, _none = pasts(tmp_path, "zendesk", written(tmp_path, json.dumps([TICKET])))
    same, _none = pasts(tmp_path, "zendesk", written(tmp_path, json.dumps({"tickets": [TICKET | {"id": 2}, TICKET]})))
    comment = {"id": 8, "author_id": 5, "public": True, "body": "?", "created_at": "2024-05-07T00:00:00Z"}
    more, _none = pasts(tmp_path, "zendesk", written(tmp_path, json.dumps([TICKET | {"comments": [comment]}])))
    assert one["1"].digest == same["1"].digest != more["1"].digest


def test_text_that_no_database_keeps_is_cleaned(tmp_path):
    found, _none = pasts(tmp_path, "zendesk", written(tmp_path, json.dumps([TICKET | {"subject": "a\x00b\ud83d"}])))
    found["1"].subject.encode()
    assert "\x00" not in found["1"].subject


@pytest.mark.parametrize("tags", [5, "VIP", {"a": 1}, None, ["VIP", None, ["x"]]])
def test_tags_that_are_no_list_of_words_end_no_import(tmp_path, tags):
    found, problems = pasts(tmp_path, "zendesk", written(tmp_path, json.dumps([TICKET | {"tags": tags}])))
    assert (found["1"].tags, problems) == (("VIP",) if isinstance(tags, list) else (), [])


def test_a_mapping_with_mistakes_names_each_by_line_and_field():
    text = (
        "source: zendesk\nstatus: {solved: done}\ncategory: {default: faults}\nproduct: {default: galaxxy}\ntypo: 1\n"
    )
    with pytest.raises(ReadingError) as refused:
        read_mapping(text, name="m.yaml", known=KNOWN)
    assert [(one.line, one.field) for one in refused.value.problems] == [
        (5, "typo"), (2, "status.solved"), (3, "category.default"), (4, "product.default"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "[]", "source: [", "source: zendesk", "\t", "category: {default: fault}"])
def test_what_is_no_mapping_is_refused(text):
    with pytest.raises(ReadingError):
        read_mapping(text, name="m.yaml", known=KNOWN)


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ("{tag: vip}", True), ("{tag: vip, type: problem}", True), ("{tag: vip, type: question}", False),
        ('{field: "36=总账"}', True), ('{field: "36=成本"}', False), ("{}", False), ("{group: Support}", False),
    ],
)  # fmt: skip
def test_the_first_rule_that_fits_counts(tmp_path, when, fits):
    found, _none = pasts(tmp_path, "zendesk", written(tmp_path, json.dumps([TICKET])))
    text = f"source: zendesk\ncategory: {{default: how_to, rules: [{{when: {when}, use: fault}}]}}\n"
    mapped = read_mapping(text, name="m.yaml", known=KNOWN)
    assert chosen(mapped.category, found["1"]) == ("fault" if fits else "how_to")


def test_the_published_schema_is_the_form_that_reads_and_the_example_is_read():
    root = PAYLOADS.parents[2]
    assert (root / "fixtures/imports/mapping.schema.json").read_text() == mapping_schema.written(), (
        "run manage.py import_schema --write"
    )
    example = (root / "fixtures/imports/mapping.yaml").read_text()
    assert read_mapping(example, name="mapping.yaml", known=KNOWN).source == "zendesk"


def test_every_problem_says_what_to_do():
    assert all(str(message) and str(todo) for message, todo in WORDS.values())
    assert Problem("not_json", "x:1").code in WORDS
