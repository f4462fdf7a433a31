"""Delivered service reports in the portal: the customer's own, nothing else. Source: Y15, K10, K13"""

import io

import pytest
from django.test import Client
from pypdf import PdfReader

from tests.tickets.portal.conftest import signed_in
from tests.tickets.printing.made_up import kept
from tests.world import World
from tickets.models import ServiceReport

State = ServiceReport.State
LIST = "/portal/service/C-K-1/reports/"


def report(world: World, state: str = State.DELIVERED, **more: object) -> ServiceReport:
    """Return a report of the Kingdee contract."""
    return kept(world.kingdee.contract, state, **({"words": "上半年辛苦了。"} | more))


@pytest.fixture
def delivered(world: World) -> ServiceReport:
    return report(world)


def test_customer_reads_a_delivered_report_and_takes_it_along__K13(mine: Client, delivered: ServiceReport):
    assert "专属服务报告" in mine.get(LIST).content.decode()
    page = mine.get(f"{LIST}{delivered.code}/").content.decode()
    for said in ("97.6%", "上半年辛苦了。", "承诺的达成", "反复出现的问题"):
        assert said in page
    assert "月结时凭证断号 #panic() &lt;b&gt;粗&lt;/b&gt;" in page
    answer = mine.get(f"{LIST}{delivered.code}/v1/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert "R-2026-000012.pdf" in answer["Content-Disposition"]
    assert len(PdfReader(io.BytesIO(answer.content)).pages) > 2


def test_print_in_another_language_than_the_readers_says_so__K13(mine: Client, delivered: ServiceReport):
    assert "下载 PDF<" in mine.get(f"{LIST}{delivered.code}/").content.decode()
    ServiceReport.objects.filter(pk=delivered.pk).update(language="en")
    assert "下载 PDF（English）" in mine.get(f"{LIST}{delivered.code}/").content.decode()


@pytest.mark.parametrize("state", [State.QUEUED, State.READY, State.WITHDRAWN])
def test_customer_sees_nothing_of_what_was_not_delivered__K13(mine: Client, world: World, state: str):
    row = report(world, state, reason="数字有误" if state == State.WITHDRAWN else "")
    assert row.code not in mine.get(LIST).content.decode()
    for url in (f"{LIST}{row.code}/", f"{LIST}{row.code}/v1/", f"{LIST}{row.code}/v1/pdf/"):
        assert mine.get(url).status_code == 404


def test_other_customers_find_no_report__K13(world: World, delivered: ServiceReport):
    other = signed_in(world.stranger)
    assert other.get(LIST).status_code == 404
    assert other.get(f"/portal/service/C-S-1/reports/{delivered.code}/").status_code == 404
    assert other.get(f"/portal/service/C-S-1/reports/{delivered.code}/v1/pdf/").status_code == 404


def test_a_further_version_is_named_and_the_former_stays_readable__K13(
    mine: Client, world: World, delivered: ServiceReport
):
    report(world, version=2, supersedes=delivered, words="更正了四月的数字。")
    assert "第 2 版" in mine.get(LIST).content.decode()
    assert "更正了四月的数字。" in mine.get(f"{LIST}{delivered.code}/").content.decode()
    former = mine.get(f"{LIST}{delivered.code}/v1/").content.decode()
    assert "上半年辛苦了。" in former
    assert "后来出了第 2 版" in former


def test_page_of_a_report_asks_the_database_little__K13(
    mine: Client, delivered: ServiceReport, django_assert_max_num_queries: object
):
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        mine.get(f"{LIST}{delivered.code}/")


def test_empty_list_says_what_will_be_there__K13(mine: Client):
    assert "还没有交付过报告" in mine.get(LIST).content.decode()
