"""Updates from the plan's rule to the mail, by way of a postponement and a request, as SMTP got it. Source: K11"""

from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest
from icalendar import Calendar, Event

from plans.actions.updates import requests, windows
from plans.actions.updates.following import look_ahead
from plans.actions.updates.requests import Wanted, ask
from plans.actions.updates.windows import Planned, Span
from plans.loading import load, read
from plans.models import Plan, UpdateRequest, UpdateWindow
from plans.updates.policies import Scope, policies_of
from sla.rules.reading import ReadingError
from tests.clocks import clock_at
from tests.hours import beijing
from tests.plans.updates.ops import GALAXY, admin_of, contract_with, owned_of, running
from tests.stories.conftest import Walk
from tickets.showing.updates import how_words


def body_of(letter: EmailMessage) -> str:
    return letter.get_body(preferencelist=("plain",)).get_content()


def event_in(letter: EmailMessage) -> tuple[str, Event]:
    part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    calendar = Calendar.from_ical(part.get_payload(decode=True).decode())
    [event] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def test_mid_month_weekend_is_told_ahead_postponed_and_done__K11(walk: Walk):
    contract = contract_with(running(tenancy="multi"))
    reader = admin_of(contract, "en")
    chinese = admin_of(contract_with(running(tenancy="multi"), code="harbour"))
    elsewhere = admin_of(contract_with(running("stellar"), code="field"))
    with clock_at("2026-09-01 00:05") as at:
        look_ahead(at=at)
    window = UpdateWindow.objects.get(policy=GALAXY, slot_on=date(2026, 9, 12))
    walk.sweep("2026-09-05 08:59")
    assert walk.mailbox.messages == []
    walk.sweep("2026-09-05 09:00")
    walk.sweep("2026-09-05 09:05")
    [told] = walk.letters_to(chinese.email)
    assert "更新通知" in str(told["Subject"])
    assert "2026年9月12日" in body_of(told)
    [english] = walk.letters_to(reader.email)
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in str(english["Subject"]) + body_of(english))
    method, event = event_in(told)
    assert (method, event["DTSTART"].dt, int(event["SEQUENCE"])) == ("REQUEST", beijing("2026-09-12 22:00"), 0)
    assert walk.letters_to(elsewhere.email) == [], "another product's customers hear nothing"

    with clock_at("2026-09-08 10:00") as at:
        windows.postpone(window=window, reason="补丁回归未完成", actor=walk.world.manager, at=at)
    walk.sweep("2026-09-08 10:01")
    cancelled = walk.letters_to(chinese.email, "更新推迟")[0]
    assert "补丁回归未完成" in body_of(cancelled)
    assert event_in(cancelled)[0] == "CANCEL"
    with clock_at("2026-09-09 10:00") as at:
        later = Span(beijing("2026-09-19 22:00"), beijing("2026-09-20 06:00"))
        windows.move(window=window, span=later, reason="补丁已通过", actor=walk.world.manager, at=at)
    walk.sweep("2026-09-09 10:01")
    moved = walk.letters_to(chinese.email, "更新改期")[0]
    method, again = event_in(moved)
    assert (method, again["UID"], int(again["SEQUENCE"])) == ("REQUEST", event["UID"], 2)
    assert again["DTSTART"].dt == beijing("2026-09-19 22:00")
    assert "原定：2026年9月12日" in body_of(moved)

    walk.sweep("2026-09-12 23:00")
    window.refresh_from_db()
    assert window.state == "announced", "the old time passes unused"
    walk.sweep("2026-09-20 06:00")
    window.refresh_from_db()
    assert window.state == "done"
    assert len(walk.letters_to(chinese.email)) == 3


def test_maintenance_is_not_told_as_an_update__K11(walk: Walk):
    contract = contract_with(running(tenancy="multi"))
    readers = [admin_of(contract), admin_of(contract_with(running(tenancy="multi"), code="harbour"), "en")]
    span = Span(beijing("2026-09-12 00:00"), beijing("2026-09-12 04:00"))
    with clock_at("2026-09-01 10:00") as at:
        planned = Planned("kingdee", "maintenance", Scope(("galaxy",)), "数据库维护", "Database maintenance", span)
        window = windows.add(planned=planned, actor=walk.world.manager, at=at)
        windows.announce(window=window, actor=walk.world.manager, at=at)
    walk.sweep("2026-09-01 10:01")
    with clock_at("2026-09-02 10:00") as at:
        windows.postpone(window=window, reason="等备件", actor=walk.world.manager, at=at)
    walk.sweep("2026-09-02 10:01")
    chinese, english = ([str(one["Subject"]) + body_of(one) for one in walk.letters_to(one.email)] for one in readers)
    assert [("维护" in letter, "更新" in letter.split("http")[0].split("查看")[0]) for letter in chinese] == [
        (True, False), (True, False),
    ]  # fmt: skip
    assert ["[Maintenance ahead]" in english[0], "[Maintenance postponed]" in english[1]] == [True, True]


def test_request_is_audited_scheduled_and_told_at_each_step__K11(walk: Walk):
    seats = (("success_manager", walk.world.success_manager), ("technical_manager", walk.world.technical_manager))
    contract = contract_with(running(tenancy="single", customised=True), seats=seats)
    reader, ours = admin_of(contract), walk.world.technical_manager
    with clock_at("2026-03-02 10:00") as at:
        made = ask(
            wanted=Wanted(owned_of(contract), wish="修复报表导出"), contact=reader, actor=reader.user, at=at
        )  # fmt: skip
    walk.sweep("2026-03-02 10:01")
    [news] = walk.letters_to(ours.email, made.number)
    assert "修复报表导出" in body_of(news)
    assert f"/console/accounts/-/updates/requests/{made.number}/" in body_of(news)
    [received] = walk.letters_to(reader.email)
    assert f"/portal/service/{contract.number}/updates/requests/{made.number}/" in body_of(received)
    who = {"request": made, "actor": ours}
    requests.begin_audit(**who, at=beijing("2026-03-02 11:00"))
    requests.clear(**who, findings="通过", at=beijing("2026-03-03 11:00"))
    span = Span(beijing("2026-03-07 22:00"), beijing("2026-03-08 02:00"))
    requests.schedule(**who, span=span, at=beijing("2026-03-03 12:00"))
    requests.withdraw(**who, reason="月末再说", at=beijing("2026-03-04 12:00"))
    walk.sweep("2026-03-04 12:01")
    subjects = [str(one["Subject"]) for one in walk.letters_to(reader.email)]
    for word in ("已收到更新申请", "安全审计开始", "安全审计通过", "更新时间已定", "更新申请已撤回"):
        assert any(word in subject for subject in subjects), word
    assert event_in(walk.letters_to(reader.email, "更新时间已定")[0])[1]["DTSTART"].dt == span.starts_at
    assert event_in(walk.letters_to(reader.email, "更新申请已撤回")[0])[0] == "CANCEL"
    assert UpdateRequest.objects.get().state == "withdrawn"


LANHAI = """
vendor: lanhai
vendor_name: 蓝海软件
vendor_name_en: Lanhai Software
source: 蓝海服务手册
source_en: Lanhai service book
promises: L01-L01
products:
  - {code: lanhai-erp, vendor: lanhai, name: 蓝海 ERP, name_en: Lanhai ERP}
plans:
  - code: lanhai-pro
    name: 蓝海专业
    name_en: Lanhai Pro
    seal: 蓝
    rank: 10
    items:
      - promise: L01
        service: updates
        section: §5
        name: 更新
        name_en: Updates
        clause: 每季度最后一个周五更新
        clause_en: On the last Friday of each quarter
        updates:
          - code: quarterly
            name: 季度更新
            name_en: Quarterly update
            section: §5
            clause: 每季度最后一个周五更新
            clause_en: On the last Friday of each quarter
            products: [lanhai-erp]
            deployments: [public_cloud]
            rules: ["FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1FR"]
            opens: "19:30"
            hours: 3
            timezone: Europe/Berlin
            notice_days: 10
"""


@pytest.mark.usefixtures("db")
def test_made_up_vendors_updates_are_laid_out_without_touching_code__K11(tmp_path: Path):
    path = tmp_path / "lanhai.yaml"
    path.write_text(LANHAI)
    load([path])
    look_ahead(at=beijing("2026-01-01 00:05"))
    rows = UpdateWindow.objects.filter(vendor="lanhai").order_by("starts_at")
    assert [str(row.slot_on) for row in rows[:4]] == ["2026-03-27", "2026-06-26", "2026-09-25", "2026-12-25"]
    assert [f"{row.starts_at:%H:%M}" for row in rows[:4]] == ["18:30", "17:30", "17:30", "18:30"], "summer time"
    contract = contract_with(running("lanhai-erp"), plan="lanhai-pro", code="lan")
    reader = admin_of(contract)
    assert reader
    with clock_at("2026-03-17 17:00"):
        assert str(rows[0].announce_at) == "2026-03-17 08:00:00+00:00"


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("before", "after", "field", "said"), [
    ("FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1FR", "FREQ=HOURLY", "rules.1", "最多每天一次"),
    ("FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1FR", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "rules.1", "永远没有"),
    ("FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1FR", "on Fridays", "rules.1", "RFC 5545"),
    ("hours: 3", "hours: 99", "hours", "72"),
    ('opens: "19:30"', 'opens: "25:00"', "opens", "22:00"),
    ('            opens: "19:30"\n', "", "rules", "opens"),
    ("Europe/Berlin", "Europe/Bremen", "timezone", "没有名为"),
    ("notice_days: 10", "notice_days: 10\n            own_plan: true", "own_plan", "不写 rules"),
    ("notice_days: 10", "notice_days: 10\n            security_audit: true", "security_audit", "客户申请"),
    ("notice_days: 10", "cadence: weekly", "cadence", ""),
    ("products: [lanhai-erp]", "products: [galaxy]", "products.1", "没有名为"),
])  # fmt: skip
def test_rule_that_cannot_be_is_told_by_line_and_field__K11(tmp_path: Path, before, after, field, said):
    assert before in LANHAI
    path = tmp_path / "lanhai.yaml"
    path.write_text(LANHAI.replace(before, after))
    with pytest.raises(ReadingError) as wrong:
        read([path])
    [problem] = wrong.value.problems[:1]
    assert field in problem.field
    assert said in problem.message
    assert problem.line > 20


@pytest.mark.usefixtures("db")
def test_kingdee_says_every_cadence_of_its_document__K11():
    item = Plan.objects.current().get(code="kingdee-advanced").items.get(promise="K11", service="updates")
    said = {policy.code: policy for policy in policies_of(item)}
    year = (date(2026, 1, 1), date(2026, 12, 31))
    counts = {code: len(policy.days(*year)) for code, policy in said.items() if policy.has_rule}
    assert counts == {"galaxy-multi-tenant": 12, "agile": 27, "stable": 2, "stellar": 105}
    assert [code for code, policy in said.items() if policy.needs_audit] == ["galaxy-single-tenant-customised"]
    assert [code for code, policy in said.items() if policy.said["with_major_version"]] == ["galaxy-single-tenant"]
    assert [code for code, policy in said.items() if policy.is_on_request] == [
        "galaxy-multi-tenant", "galaxy-single-tenant", "galaxy-single-tenant-customised",
    ]  # fmt: skip
    ahead = {code: how_words(policy)[-1] for code, policy in said.items() if policy.notice_days}
    assert ahead["agile"] == "提前 3 天通知"
    assert ahead["galaxy-single-tenant"] == "提前 3 天约定时间", "what comes on request is agreed, not told"
    assert said["private"].is_own_plan
    assert len(said["private"].gives) == 3
