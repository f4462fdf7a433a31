"""Service reports in the console: asked for, read, given words, delivered, made anew, taken back. Source: Y15, K13"""

import re

import pytest
from django.test import Client

from plans.models import Contract, User
from sla.clock import database_now
from tests.tickets.printing.made_up import kept
from tests.world import World
from tickets.models import ServiceReport
from tickets.rounds import reports as rounds

State = ServiceReport.State
LIST = "/console/accounts/C-K-1/reports/"
ASKED = {"kind": "service", "starts_on": "2026-01-01", "ends_on": "2026-06-30", "language": "zh-hans"}
HAN = re.compile("[\u4e00-\u9fff]+")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def csm(world: World) -> Client:
    """Return a client as whom the contract's success manager is signed in."""
    return signed_in(world.success_manager)


@pytest.fixture
def contract(world: World) -> Contract:
    return world.kingdee.contract


@pytest.fixture
def draft(contract: Contract) -> ServiceReport:
    """Return a draft with something in every section."""
    return kept(contract, State.READY)


def act(client: Client, row: ServiceReport, action: str, words: str = "") -> tuple[int, str]:
    answer = client.post(f"{LIST}{row.code}/v{row.version}/act/", {"action": action, "words": words})
    return answer.status_code, answer.content.decode()


def test_report_is_asked_for_made_and_read__K13(csm: Client, contract: Contract):
    assert "生成报告" in csm.get(LIST).content.decode()
    made = csm.post(f"{LIST}new/", ASKED)
    assert made.status_code == 302
    waiting = csm.get(made["Location"]).content.decode()
    assert "data-unfinished" in waiting
    assert rounds.step()
    read = csm.get(made["Location"]).content.decode()
    assert "data-unfinished" not in read
    assert "承诺达成" in read
    assert csm.get(f"{made['Location']}pdf/").content.startswith(b"%PDF-1.7")
    assert "草稿" in csm.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ends_on": "2025-12-31"}, "起止日期颠倒"),
        ({"starts_on": "2024-01-01"}, "期间超出服务期"),
        ({"starts_on": "2027-03-01", "ends_on": "2027-04-01"}, "这段时间还没有开始"),
        ({"starts_on": "昨天"}, "请写成 2026-03-01 这样的日期"),
        ({"kind": "horoscope"}, "horoscope"),
        ({"language": "tlh"}, "tlh"),
    ],
)
def test_report_that_cannot_be_is_refused_in_words_and_nothing_typed_is_lost__K13(
    csm: Client, contract: Contract, wrong: dict[str, str], said: str
):
    answer = csm.post(f"{LIST}new/", ASKED | wrong)
    page = answer.content.decode()
    assert answer.status_code in (409, 422)
    assert said in page
    assert f'value="{(ASKED | wrong)["ends_on"]}"' in page
    assert not ServiceReport.objects.exists()


def test_words_to_the_customer_are_printed_with_the_draft__K13(csm: Client, draft: ServiceReport):
    assert act(csm, draft, "say", "上半年\0辛苦了。")[0] == 302
    assert rounds.step()
    draft.refresh_from_db()
    assert (draft.state, draft.words, bool(draft.pdf)) == (State.READY, "上半年辛苦了。", True)


def test_words_that_are_refused_stay_where_they_were_typed__K13(csm: Client, draft: ServiceReport):
    ServiceReport.objects.filter(pk=draft.pk).update(state=State.DELIVERED, delivered_at=database_now())
    assert act(csm, draft, "say", "太晚了的话")[0] == 409
    long_words = "长" * 4001
    ServiceReport.objects.filter(pk=draft.pk).update(state=State.READY)
    status, page = act(csm, draft, "say", long_words)
    assert (status, long_words in page) == (409, True)


def test_draft_is_delivered_then_never_changes__K13(csm: Client, draft: ServiceReport):
    assert act(csm, draft, "deliver")[0] == 302
    draft.refresh_from_db()
    assert draft.state == State.DELIVERED
    page = csm.get(f"{LIST}{draft.code}/v1/").content.decode()
    assert "此后不再改变" in page
    assert 'value="deliver"' not in page
    assert act(csm, draft, "deliver")[0] == 409


def test_new_version_leaves_the_old_one_readable__K13(csm: Client, draft: ServiceReport):
    assert act(csm, draft, "remake")[0] == 302
    assert ServiceReport.objects.get(version=2).supersedes == draft
    former = csm.get(f"{LIST}{draft.code}/v1/").content.decode()
    assert "这一版已被第 2 版取代" in former
    assert "97.6%" in former


def test_taking_back_wants_a_reason__K13(csm: Client, draft: ServiceReport):
    status, page = act(csm, draft, "withdraw", " ")
    assert (status, "请写明理由" in page) == (409, True)
    assert act(csm, draft, "withdraw", "数字有误")[0] == 302
    assert "数字有误" in csm.get(f"{LIST}{draft.code}/v1/").content.decode()


def test_report_that_failed_says_why_and_is_tried_again__K13(csm: Client, contract: Contract):
    failed = kept(contract, State.FAILED, content=None, made_at=None, error="PrintingError: service_report")
    assert "PrintingError: service_report" in csm.get(f"{LIST}{failed.code}/v1/").content.decode()
    assert csm.get(f"{LIST}{failed.code}/v1/pdf/").status_code == 404
    assert act(csm, failed, "retry")[0] == 302
    failed.refresh_from_db()
    assert failed.state == State.QUEUED


def test_who_is_not_on_the_account_team_finds_nothing_and_changes_nothing__K13(world: World, draft: ServiceReport):
    outsider = signed_in(world.agent)
    assert outsider.get(LIST).status_code == 404
    assert outsider.get(f"{LIST}{draft.code}/v1/pdf/").status_code == 404
    assert act(outsider, draft, "deliver")[0] == 404
    draft.refresh_from_db()
    assert draft.state == State.READY


@pytest.mark.parametrize("url", ["R-2026-000012/v2/", "R-2026-999999/v1/", "R%00/v1/", "R-2026-000012/v1/act/"])
def test_what_is_not_there_is_not_found__K13(csm: Client, draft: ServiceReport, url: str):
    assert csm.get(f"{LIST}{url}").status_code in (404, 405)


def test_deed_that_does_not_exist_is_not_found__K13(csm: Client, draft: ServiceReport):
    assert act(csm, draft, "shred")[0] == 404


def test_english_readers_see_no_chinese_but_the_customers_own__K13(csm: Client, draft: ServiceReport, world: World):
    User.objects.filter(pk=world.success_manager.pk).update(language="en")
    own = {"月结时凭证断号", "粗", "月末结账", "月结专题", "旗舰版", "模块", "人天", "月结", "中文", "刘主管的公司"}
    for url in (LIST, f"{LIST}new/", f"{LIST}{draft.code}/v1/"):
        page = csm.get(url, headers={"accept-language": "en"}).content.decode()
        shown = page[page.index('class="account-tabs"') : page.index('class="toasts"')]
        assert set(HAN.findall(shown)) <= own, url
