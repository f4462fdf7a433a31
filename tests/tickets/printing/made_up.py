"""A report made up for tests of pages and print: every section full, or none."""

from dataclasses import replace
from datetime import UTC, date, datetime

from plans.models import Contract
from sla.clock import database_now
from tickets.models import ServiceReport
from tickets.reports.shape import (
    FORM,
    Advice,
    Area,
    Because,
    Count,
    Delivered,
    Head,
    Headline,
    Kind,
    Month,
    MonthKept,
    Note,
    OwedLine,
    Period,
    Person,
    Promise,
    Record,
    Repeated,
    Report,
    RightLine,
    Section,
    System,
    Tickets,
    Words,
    to_json,
)

MONTHS = [f"2026-{month:02}" for month in range(1, 7)]
TITLES = {
    "systems": Words("购买与使用的系统", "Systems bought and used"),
    "channels": Words("热线、对话与工单", "Hotline, chat and tickets"),
    "tickets": Words("工单", "Tickets"),
    "promises": Words("承诺的达成", "How promises were kept"),
    "categories": Words("问题类型", "Types of question"),
    "areas": Words("产品与模块", "Products and modules"),
    "repeated": Words("反复出现的问题", "Problems that came again"),
    "rights": Words("权益", "Rights"),
    "delivered": Words("已交付的服务", "Services delivered"),
    "owed": Words("按期服务", "Services owed by a date"),
    "advice": Words("建议", "Advice"),
    "records": Words("工单记录", "Records of tickets"),
}
LEDGER = Words("总账", "General ledger")
FIRST = Words("首次响应", "First response")
CLAUSE = Words("3.1.2 工单首次处理动作在 0.5 个工作日内", "3.1.2 First handling of a ticket within 0.5 working day")


def made_up(months: list[str] = MONTHS, modules: int = 5) -> Report:
    """Return a report with something in every section."""
    return Report(
        form=FORM,
        kind=Kind(
            "service",
            Words("专属服务报告", "Service report"),
            "K13",
            Words("3.4.3 服务报告", "3.4.3 Service report"),
            "customer",
        ),
        sections=tuple(Section(code, title) for code, title in TITLES.items()),
        head=_head(),
        period=_period(),
        summary=(
            Words(
                "上半年提交 132 件工单，首次响应达成率 97.6%。",
                "132 tickets in the half-year; 97.6% of first responses in time.",
            ),
        ),
        headlines=_headlines(),
        notes=(Note("merged", Words("重复提交的工单只计一次。", "Tickets sent twice are counted once.")),),
        systems=_systems(modules),
        channels=(
            Count("portal", Words("门户", "Portal"), 88, 0.667, 61),
            Count("hotline", Words("热线", "Hotline"), 30, 0.227, 41),
            Count("im", Words("云客服", "Chat"), 14, 0.106, 0),
            Count("email", Words("邮件", "E-mail"), 0, 0.0, 3),
        ),
        voices=(Count("calls", Words("电话", "Calls"), 42, None, 50),),
        tickets=Tickets(
            7,
            132,
            131,
            4,
            12,
            3,
            105,
            101,
            6,
            tuple(Month(one, 20 + place, 19 + place, 1, 8 + place) for place, one in enumerate(months)),
        ),
        promises=(_promise(FIRST, months), _promise(Words("解决时限", "Resolution"), months, kept=80, missed=9)),
        categories=(
            Count("how_to", Words("应用咨询", "How-to question"), 90, 0.682, 60),
            Count("fault", Words("故障", "Fault"), 39, 0.295, 42),
            Count("request", Words("需求", "Request"), 3, 0.023, None),
        ),
        areas=tuple(Area(LEDGER, f"模块 {place}", 40 - place, 0.3 / (place + 1), 30, 1.2) for place in range(modules)),
        records=(
            Record(
                "T-2026-000031",
                date(2026, 6, 29),
                Words("热线", "Hotline"),
                Words("故障", "Fault"),
                Words("星空", "Galaxy"),
                "月结时凭证断号",
                Words("已解决", "Resolved"),
                date(2026, 6, 30),
            ),
            Record(
                "T-2026-000030",
                date(2026, 6, 28),
                Words("门户", "Portal"),
                Words("应用咨询", "How-to"),
                Words("", ""),
                "月末结账",
                Words("处理中", "Open"),
                None,
            ),
        ),
        repeated=(
            Repeated(
                "月结时凭证断号 #panic() <b>粗</b>",
                LEDGER,
                "月末结账",
                5,
                ("T-2026-000101", "T-2026-000117"),
                date(2026, 6, 18),
            ),
        ),
        rights=_rights(),
        delivered=(
            Delivered(
                "E-2026-000004",
                "engagement",
                Words("现场培训", "On-site training"),
                "月结专题",
                date(2026, 4, 9),
                2.0,
                16,
            ),
        ),
        owed=(
            OwedLine(
                Words("系统健康检查", "System health check"),
                1,
                4,
                date(2026, 3, 31),
                "met",
                Words("按期交付", "On time"),
                date(2026, 3, 26),
                "E-2026-000002",
            ),
            OwedLine(
                Words("系统健康检查", "System health check"),
                2,
                4,
                date(2026, 6, 30),
                "overdue",
                Words("已逾期", "Overdue"),
                None,
                "",
            ),
        ),
        advice=(
            Advice(
                "how_to",
                Words(
                    "应用咨询占到 68.2%，建议安排一次月结专题培训。",
                    "How-to questions are 68.2%: a training on month-end closing would help.",
                ),
                (
                    Because(
                        "share.category.how_to",
                        Words("应用咨询占比", "Share of how-to"),
                        Words("68.2%", "68.2%"),
                    ),
                ),
                (Words("现场培训（还剩 2 人天）", "On-site training (2 person-days left)"),),
            ),
        ),
    )


def kept(contract: Contract, state: str, **more: object) -> ServiceReport:
    """Return a report with something in every section, as a row of a contract in some state."""
    now, full = database_now(), made_up()
    said = {
        "code": "R-2026-000012", "contract": contract, "kind": "service", "state": state, "content": to_json(full),
        "starts_on": full.period.starts_on, "ends_on": full.period.ends_on, "requested_at": now, "retry_at": now,
        "made_at": now, "delivered_at": now if state == ServiceReport.State.DELIVERED else None,
    }  # fmt: skip
    return ServiceReport.objects.create(**(said | more))


def empty() -> Report:
    """Return a report on a period in which nothing happened."""
    full = made_up()
    return replace(
        full,
        headlines=(Headline("first_response", FIRST, None, None, "share"),),
        notes=(),
        systems=(),
        channels=(),
        voices=(),
        tickets=Tickets(0, 0, 0, 0, 0, 0, None, None, 0, ()),
        promises=(),
        categories=(),
        areas=(),
        repeated=(),
        rights=(),
        delivered=(),
        owed=(),
        advice=(),
        summary=(Words("期内没有工单。", "There were no tickets."),),
    )


def _head() -> Head:
    return Head(
        Words("四海重工集团股份有限公司", "Sihai Heavy Industries Group Co., Ltd."),
        "sihai",
        "HT-2026-0107",
        Words("尊享服务计划", "Premier plan"),
        date(2026, 1, 1),
        date(2026, 12, 31),
        "Asia/Shanghai",
        (Person(Words("客户成功经理", "Success manager"), Words("陆青", "Lu Qing")),),
    )


def _period() -> Period:
    return Period(
        date(2026, 1, 1),
        date(2026, 6, 30),
        date(2026, 6, 30),
        False,
        date(2025, 7, 1),
        date(2025, 12, 31),
        datetime(2026, 7, 2, 1, 30, tzinfo=UTC),
    )


def _headlines() -> tuple[Headline, ...]:
    return (
        Headline("opened", Words("新提交工单", "Tickets opened"), 132, 105, "count"),
        Headline("first_response", Words("首次响应达成率", "First response in time"), 0.976, 0.951, "share"),
        Headline("median", Words("首次响应中位用时", "Median first response"), 5400, 7260, "seconds"),
        Headline("left", Words("培训还剩", "Training left"), 2, None, "人天"),
    )


def _systems(modules: int) -> tuple[System, ...]:
    names = tuple(f"模块{place}" for place in range(modules))
    return (
        System(
            "gl",
            Words("财务云", "Finance cloud"),
            True,
            Words("公有云", "Public cloud"),
            "sihai-prod",
            "旗舰版",
            260,
            names,
            120,
            96,
            date(2026, 6, 28),
        ),
        System("hr", Words("人力云", "People cloud"), False, Words("", ""), "", "", None, (), 12, 9, date(2026, 6, 11)),
    )


def _promise(label: Words, months: list[str], kept: int = 122, missed: int = 3) -> Promise:
    return Promise(
        metric="first_response",
        label=label,
        promise="K02",
        clause=CLAUSE,
        target=Words("0.5 个工作日", "0.5 working day"),
        all=kept + missed + 7,
        kept=kept,
        missed=missed,
        missed_open=1,
        running=2,
        paused=1,
        cancelled_by_resolve=3,
        cancelled_otherwise=1,
        share=kept / (kept + missed),
        previous_share=0.951,
        median=5400,
        p90=12600,
        provisional=2,
        months=tuple(
            MonthKept(one, 18 + place, place % 3, None if place == 2 else 0.9 + place / 100)
            for place, one in enumerate(months)
        ),
    )


def _rights() -> tuple[RightLine, ...]:
    clause, days = Words("3.4.1 培训", "3.4.1 Training"), Words("人天", "person-days")
    return (
        RightLine(
            "K14",
            Words("现场培训", "On-site training"),
            clause,
            days,
            date(2026, 1, 1),
            date(2026, 12, 31),
            4.0,
            0.0,
            2.0,
            2.0,
            0.0,
            2.0,
        ),
        RightLine(
            "K02",
            Words("在线工单", "Online tickets"),
            clause,
            Words("", ""),
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
        ),
    )
