"""Whoever's contract goes up to a new version of its plan reads what is promised otherwise, in their own language."""

import pytest
from django.utils import translation

from plans.actions import change_plan
from plans.actions.upgrading import upgrade_plan
from plans.loading import load
from plans.models import AccountNotice, Plan
from tests.plans.test_third_vendor import AT, LANHAI, edition, signed
from tickets.telling.account_letters.terms import WRITERS

pytestmark = pytest.mark.django_db


def facts(language: str) -> dict[str, str]:
    """Return what the letter about the last change says was changed."""
    notice = AccountNotice.objects.filter(kind="contract_changed").latest("pk")
    assert "customer_admins" in notice.to
    with translation.override(language):
        return dict(WRITERS["contract_changed"](notice, notice.contract.customer.contacts.first()).facts)


def test_the_letter_of_an_upgrade_says_what_is_promised_otherwise__C41(tmp_path):
    load([LANHAI])
    contract = signed()
    contract.customer.contacts.create(name="客", name_en="Guest", email="guest@tide.example")
    newer = edition(
        tmp_path,
        ("四个工作小时内由工程师回复", "两个工作小时内由工程师回复"),
        ("four working hours", "two working hours"),
    )
    upgrade_plan(contract=contract, plan=newer, reason="客户同意", actor=None, at=AT)
    chinese, english = facts("zh-hans"), facts("en")
    assert any("四个工作小时" in said and "→" in said and "两个工作小时" in said for said in chinese.values())
    assert any("four working hours" in said and "two working hours" in said for said in english.values())
    assert all(text.isascii() or "→" in text or "–" in text for text in english)


def test_the_letter_of_another_plan_names_what_comes_and_goes__C41(cast):
    lower = Plan.objects.current().get(code="yonsuite-priority")
    change_plan(contract=cast.yonsuite, plan=lower, reason="改签", actor=cast.manager, at=AT)
    chinese = facts("zh-hans")
    assert any(said.startswith("取消：") for said in chinese.values())
    assert "此外" in chinese or len(chinese) <= 14
    assert any(said.startswith("Removed") for said in facts("en").values())
