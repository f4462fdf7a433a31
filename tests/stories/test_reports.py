"""Reports that contracts owe: drafted by the workers, worded by us, in the customer's mailbox with the file."""

import re
from datetime import date
from email.message import EmailMessage

import pytest
from django.test import Client

from plans.actions.obligations import agree_frequency
from plans.models import Contact, Contract, Obligation, User
from plans.obligations.schedule import Frequency, Period
from sla.clock import database_now
from tests.clocks import clock_at
from tests.owing import entitled, owed, signed
from tests.stories.conftest import Walk
from tickets.actions import reports
from tickets.models import ServiceReport
from tickets.rounds.reports import step
from tickets.tasks import remind

CHINESE = re.compile("[\u4e00-\u9fff]")


def body_of(letter: EmailMessage) -> str:
    return letter.get_body(preferencelist=("plain",)).get_content()


def drafted(walk: Walk, contract: Contract, wall: str) -> ServiceReport:
    """Let the hourly round and a worker of long jobs look once, and return the draft that came of it."""
    # What the shared world's own contracts owe is not of this walk.
    Obligation.objects.exclude(contract=contract).update(state="waived", reason="不在此列")
    with clock_at(wall):
        remind()
        assert step()
    walk.sweep(wall)
    return contract.reports.last_versions().get()


def handed_over(walk: Walk, row: ServiceReport, wall: str, words: str) -> ServiceReport:
    """Put words before a draft, have it printed with them, and deliver it."""
    with clock_at(wall):
        at = database_now()
        reports.say(report=row, words=words, actor=walk.world.success_manager, at=at)
        assert step()
        done = reports.deliver(report=row, actor=walk.world.success_manager, at=at)
    walk.sweep(wall)
    return done


def contact_of(contract: Contract, language: str, role: str = "customer_admin") -> Contact:
    user = User.objects.create(username=f"{contract.number}-admin", role=role, email="boss@huaguang.example")
    return Contact.objects.create(
        customer=contract.customer, user=user, name="林总", name_en="Ms Lim", email="boss@huaguang.example",
        language=language,
    )  # fmt: skip


def pdf_of(letter: EmailMessage) -> tuple[str, bytes]:
    [enclosed] = [part for part in letter.iter_attachments() if part.get_content_type() == "application/pdf"]
    return str(enclosed.get_filename()), enclosed.get_content()


def test_a_quarters_operations_report_reaches_the_customer_with_its_file__Y15(walk: Walk):
    world = walk.world
    contract = signed(world, "yonsuite-premier", "C-Y-2026")
    contact = contact_of(contract, "zh-hans")
    row = drafted(walk, contract, "2026-03-18 09:00")
    [draft] = walk.letters_to(world.success_manager.email, f"【报告草稿】{row.code}")
    assert "应不晚于 2026年3月31日 交付" in body_of(draft)
    assert f"/console/accounts/C-Y-2026/reports/{row.code}/v1/" in body_of(draft)
    assert not walk.letters_to(contact.email), "a draft is ours alone"

    handed_over(walk, row, "2026-03-20 10:00", "本季运行平稳，感谢配合。")
    [letter] = walk.letters_to(contact.email, f"【服务报告】{row.code} 系统运营报告")
    assert "本季运行平稳，感谢配合。" in body_of(letter)
    name, content = pdf_of(letter)
    assert name == f"{row.code}.pdf"
    assert content.startswith(b"%PDF-")
    [met] = [one for one in owed(contract, "Y15") if one.state == Obligation.State.MET]
    assert (met.met_by_ref, met.number) == (row.code, 1)
    client = Client()
    client.force_login(contact.user)
    assert client.get(f"/portal/service/C-Y-2026/reports/{row.code}/v1/").status_code == 200
    walk.sweep("2026-03-31 20:31")
    assert not walk.letters_to(world.lead.email, "系统运营报告 1/4"), "nobody is told that it is late"


@pytest.mark.parametrize(("wall", "number", "title"), [
    ("2026-06-12 09:00", 1, "Half-year service report"),
    ("2026-12-12 09:00", 2, "Annual service report"),
])  # fmt: skip
def test_half_year_and_year_are_reported_in_the_customers_language__K13(walk: Walk, wall: str, number: int, title: str):
    contract = signed(walk.world, "kingdee-advanced", "C-K-2026")
    contact = contact_of(contract, "en")
    if number == 2:
        contract.obligations.filter(item__promise="K13", number=1).update(state="waived", reason="另行约定")
    row = drafted(walk, contract, wall)
    handed_over(walk, row, wall.replace("09:00", "15:00"), "A calm year.")
    [letter] = walk.letters_to(contact.email, "[Service report]")
    assert title in str(letter["Subject"])
    assert letter["Content-Language"] == "en"
    assert not CHINESE.search(body_of(letter).replace("印", "")), body_of(letter)
    assert pdf_of(letter)[1].startswith(b"%PDF-")
    assert owed(contract, "K13")[number - 1].state == Obligation.State.MET


def test_the_technical_managers_agreed_analysis_is_drafted_and_delivered__K10(walk: Walk):
    world = walk.world
    contract = signed(world, "kingdee-advanced", "C-K-2026", date(2026, 1, 1), date(2026, 12, 31))
    contact = contact_of(contract, "zh-hans")
    agree_frequency(
        entitlement=entitled(contract, "K10"), line="", frequency=Frequency(1, Period.QUARTER), reason="合同附件",
        actor=world.manager, at=contract.signed_at,
    )  # fmt: skip
    row = drafted(walk, contract, "2026-03-25 09:00")
    assert row.kind == "ticket_analysis"
    assert walk.letters_to(world.technical_manager.email, f"【报告草稿】{row.code}")
    handed_over(walk, row, "2026-03-26 10:00", "本季问题集中在总账。")
    assert walk.letters_to(contact.email, "工单问题总结分析")
    assert owed(contract, "K10")[0].met_by_ref == row.code
