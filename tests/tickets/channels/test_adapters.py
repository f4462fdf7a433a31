"""What each channel's adapter makes of recorded payloads: pure, without a database."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plans.vocabulary import CATEGORIES
from tickets.channels import form, registry
from tickets.channels.base import MalformedError
from tickets.checks import every_channel_has_its_adapter
from tickets.models import Category, Channel, Priority

PAYLOADS = Path(__file__).resolve().parents[2] / "payloads"


def payload(name):
    return json.loads((PAYLOADS / name).read_text())


def parse(name):
    return registry.ADAPTERS[name.partition("/")[0]].parse(payload(name))


def errors(name):
    with pytest.raises(MalformedError) as caught:
        parse(name)
    return {error.field: error.code for error in caught.value.errors}


def test_every_field_of_the_form_is_read__K02():
    incoming = parse("portal/full.json")
    assert incoming.external_id == "web-20260928-0007"
    assert incoming.contact == ("email", "Wang.Kuaiji@c-y-1.example")
    assert (incoming.contract, incoming.product, incoming.category) == ("C-Y-1", "yonsuite-finance", "fault")
    assert (incoming.priority, incoming.subject) == ("high", "9 月结账提示科目余额不平")
    assert incoming.occurred_at == datetime(2026, 9, 28, 1, 12, 30, tzinfo=UTC)
    assert (incoming.module, incoming.tenant, incoming.version) == ("总账", "c-y-1-prod", "V5R3")
    assert (incoming.environment, incoming.error_code) == ("生产", "GL-3021")
    assert [(file.name, file.content_type, file.content) for file in incoming.attachments] == [
        ("报错截图.png", "image/png", b"\x89PNG\r\n\x1a\n")
    ]


def test_what_is_optional_may_be_left_out():
    incoming = parse("portal/least.json")
    assert incoming.contact == ("id", 12)
    assert (incoming.priority, incoming.occurred_at, incoming.attachments) == ("normal", None, ())


def test_everything_that_is_missing_is_named_at_once():
    names = ("external_id", "contact", "product", "category", "subject", "body")
    assert errors("portal/missing_everything.json") == dict.fromkeys(names, "missing")


def test_everything_of_a_wrong_type_is_named_at_once():
    assert errors("in_product/wrong_types.json") == {
        "external_id": "wrong_type",
        "contact": "wrong_type",
        "product": "wrong_type",
        "category": "unknown",
        "priority": "unknown",
        "subject": "wrong_type",
        "body": "missing",
        "occurred_at": "invalid",
        "module": "wrong_type",
        "attachments": "wrong_type",
    }


def test_a_chat_brings_its_transcript_along__Y07():
    body = parse("im/transcript.json").body
    assert body.startswith("导入对账单后没有一笔自动勾对。\n\n——\n")
    assert body.endswith("客户: 启用了。人工")
    assert "智能客服: 请检查对账方案" in body


def test_a_line_of_nobody_known_is_refused():
    assert errors("im/unknown_speaker.json") == {"transcript.0.who": "unknown"}


def test_the_number_that_rang_stands_for_the_contact__Y08():
    assert parse("hotline/caller.json").contact == ("phone", "+86 138-0000-0001")
    assert errors("hotline/nobody.json") == {"contact": "missing"}


def test_a_community_question_keeps_its_address__Y04():
    assert parse("community/post.json").body.endswith("\n\nhttps://community.example/q/5120")


def test_the_page_stands_for_the_module_inside_the_product__K02():
    assert parse("in_product/page.json").module == "供应链/销售订单"
    assert registry.ADAPTERS["in_product"].parse(payload("in_product/page.json") | {"module": "销售"}).module == "销售"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"contact": {}}, "contact", "wrong_type"),
        ({"contact": {"id": 1, "email": "a@b.example"}}, "contact", "wrong_type"),
        ({"contact": {"name": "王"}}, "contact", "wrong_type"),
        ({"contact": {"id": "1"}}, "contact.id", "wrong_type"),
        ({"contact": {"id": True}}, "contact.id", "wrong_type"),
        ({"contact": {"id": 2**63}}, "contact.id", "wrong_type"),
        ({"contact": {"email": " "}}, "contact.email", "missing"),
        ({"contact": {"phone": 13800000001}}, "contact.phone", "wrong_type"),
        ({"subject": "字" * 201}, "subject", "too_long"),
        ({"subject": "a\x00b"}, "subject", "invalid_encoding"),
        ({"body": "\ud800"}, "body", "invalid_encoding"),
        ({"external_id": "x" * 129}, "external_id", "too_long"),
        ({"occurred_at": "2026-09-28T09:00:00"}, "occurred_at", "invalid"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at", "invalid"),
        ({"occurred_at": 1790000000}, "occurred_at", "invalid"),
        ({"attachments": [{"name": "a"}]}, "attachments.0.base64", "wrong_type"),
        ({"attachments": [{"name": "a", "base64": "?"}]}, "attachments.0.base64", "invalid"),
        ({"attachments": [{"name": "a", "base64": "é"}]}, "attachments.0.base64", "invalid"),
        ({"attachments": [{"base64": ""}]}, "attachments.0.name", "wrong_type"),
        ({"attachments": ["a"]}, "attachments", "wrong_type"),
        ({"attachments": [{"name": "a", "base64": ""}] * 11}, "attachments", "too_many"),
        ({"attachments": [{"name": "a", "base64": "AAAA" * 1_800_000}]}, "attachments.0.base64", "too_large"),
        ({"attachments": [{"name": "a", "base64": "AAAA" * 1_000_000}] * 3}, "attachments", "too_large"),
    ],
)
def test_what_cannot_be_taken_is_named(change, field, code):
    with pytest.raises(MalformedError) as caught:
        registry.ADAPTERS["portal"].parse(payload("portal/least.json") | change)
    assert [(error.field, error.code) for error in caught.value.errors] == [(field, code)]


def test_base64_may_be_folded_into_lines():
    folded = payload("portal/least.json") | {"attachments": [{"name": "a", "base64": "aGVs\r\nbG8=\n"}]}
    assert registry.ADAPTERS["portal"].parse(folded).attachments[0].content == b"hello"


def test_codes_are_those_of_tickets_and_plans():
    assert frozenset(Category.values) == form.CATEGORIES == frozenset(CATEGORIES)
    assert frozenset(Priority.values) == form.PRIORITIES
    assert registry.ADAPTERS.keys() <= set(Channel.values)


def test_a_channel_without_an_adapter_fails_the_start(monkeypatch):
    assert every_channel_has_its_adapter(None) == []
    monkeypatch.setattr(registry, "SERVED", (*registry.SERVED, "telegraph"))
    (error,) = every_channel_has_its_adapter(None)
    assert (error.id, "telegraph" in error.msg) == ("tickets.E001", True)
