"""What customers look up by themselves, from the first word typed to a ticket that was not needed, or was."""

import re

import pytest
from django.test import Client

from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions.knowledge.stocking import stock
from tickets.demo.library import SHELVES
from tickets.knowledge.figures import deflection
from tickets.knowledge.loading import read
from tickets.models import Article, ArticleReading, Search, Ticket


@pytest.fixture
def library(world: World) -> World:
    stock(libraries=read(SHELVES), author="知识运营", at=beijing("2026-09-01 09:00"))
    return world


@pytest.fixture
def reader(library: World) -> Client:
    client = Client()
    client.force_login(library.yonsuite.contact.user)
    return client


def link(page: str, title: str) -> str:
    """Return where a link of this title leads."""
    found = re.search(rf'href="([^"]+)"[^>]*>(?:<span[^>]*>)?{title}', re.sub(r"</?mark>", "", page))
    assert found, title
    return found[1].replace("&amp;", "&")


def test_a_question_is_answered_by_an_article_before_it_becomes_a_ticket__Y01_Y02(reader: Client, library: World):
    with clock_at("2026-09-28 10:00"):
        page = reader.get("/portal/help/suggest/", {"subject": "结账提示存在未审核凭证"}).content.decode()
        address = link(page, "结账提示“存在未审核凭证”，但查不到")
        article = reader.get(address).content.decode()
        assert "清空条件" in article
        assert reader.post("/portal/help/solved/", {"search": Search.objects.get().pk}).status_code == 302
    kept = Search.objects.get()
    assert (kept.place, kept.opened and kept.opened.code) == ("form", "unapproved-voucher")
    figures = deflection(beijing("2026-09-28 00:00"), beijing("2026-09-29 00:00"))
    assert (figures.searches, figures.solved, figures.asked, figures.rate) == (1, 1, 0, 1.0)
    assert not Ticket.objects.exists()


def test_what_nobody_wrote_becomes_a_ticket_and_a_gap_that_is_seen__Y01(reader: Client, library: World):
    side = library.yonsuite
    with clock_at("2026-09-28 10:00"):
        page = reader.get("/portal/help/find/", {"q": "发票池同步"}).content.decode()
        assert "没有找到“发票池同步”" in page
        said = {
            "sending": "one", "product": f"{side.contract.pk}/{side.product.code}/public_cloud", "category": "fault",
            "subject": "发票池同步", "body": "没有同步。", "priority": "normal",
        }  # fmt: skip
        assert reader.post("/portal/new/", said).status_code == 302
        desk = Client()
        desk.force_login(library.agent)
        gaps = desk.get("/console/knowledge/searches/").content.decode()
    assert Search.objects.get().ticket == Ticket.objects.get()
    assert "发票池同步" in gaps
    assert deflection(beijing("2026-09-28 00:00"), beijing("2026-09-29 00:00")).rate == 0.0


def test_a_word_typed_on_is_one_search_and_a_ticket_s_number_leads_to_it__Y01(reader: Client, library: World):
    ticket = library.open_ticket("月结报错")
    with clock_at("2026-09-28 10:00"):
        for typed in ("结账", "结账 未审核", "结账 未审核凭证"):
            reader.get("/portal/help/suggest/", {"subject": typed})
        assert reader.get("/portal/help/find/", {"q": ticket.number.lower()})["Location"].endswith(f"/{ticket.number}/")
        assert "月结报错" in reader.get("/portal/help/find/", {"q": "月结报错"}).content.decode()
    assert Search.objects.filter(place="form").get().words == "结账 未审核凭证"


def test_articles_stand_by_product_kind_directory_and_topic_and_are_judged__Y02_K01(reader: Client, library: World):
    with clock_at("2026-09-28 10:00"):
        home = reader.get("/portal/help/").content.decode()
        finance = reader.get(link(home, "<strong>财务")).content.decode()
        assert "月末结账的检查顺序" in finance
        assert "盘点的五步" not in finance
        year_end = reader.get(link(home, "年结专题")).content.decode()
        assert year_end.count('class="item"') == 2
        address = link(finance, "月末结账的检查顺序")
        assert reader.post(f"{address}judge/", {"verdict": "maybe"}).status_code == 422
        reader.post(f"{address}judge/", {"verdict": "unhelpful", "words": "没说多账簿怎么办"})
        reader.post(f"{address}judge/", {"verdict": "helpful", "words": "现在清楚了"})
        desk = Client()
        desk.force_login(library.agent)
        seen = desk.get(f"/console/knowledge/articles/{address.split('/')[-2]}/").content.decode()
    assert "现在清楚了" in seen
    assert ArticleReading.objects.get().verdict == "helpful"


def test_a_video_is_taken_up_where_it_was_left_and_is_seen_near_its_end__Y03(reader: Client, library: World):
    article = Article.objects.get(code="ask-well")
    with clock_at("2026-09-28 10:00"):
        page = reader.get(f"/portal/help/{article.number}/").content.decode()
        assert page.count("data-second=") == 3
        reader.post(f"/portal/help/{article.number}/watch/", {"second": "6"})
        assert 'data-left="6"' in reader.get(f"/portal/help/{article.number}/").content.decode()
        assert "看过" in reader.get(f"/portal/help/{article.number}/").content.decode()
        assert ArticleReading.objects.get().finished_at is None
        for odd in ("", "-1", "x", "99999999999"):
            assert reader.post(f"/portal/help/{article.number}/watch/", {"second": odd}).status_code == 204
        reader.post(f"/portal/help/{article.number}/watch/", {"second": "13"})
    assert ArticleReading.objects.get().finished_at is not None
    assert article.current
    part = reader.get(article.current.video, headers={"range": "bytes=0-3"})
    assert (part.status_code, part["Content-Type"], part.content) == (206, "video/webm", b"\x1aE\xdf\xa3")
    assert reader.get(article.current.video, headers={"range": "bytes=999999999-"}).status_code == 416
    assert Client().get(article.current.video).status_code == 404


def test_one_learns_along_a_path_by_role_and_sees_how_far_one_is__K14(library: World):
    reader = Client()
    reader.force_login(library.kingdee.contact.user)
    with clock_at("2026-09-28 10:00"):
        paths = reader.get("/portal/help/paths/").content.decode()
        assert "3 篇，还没开始" in paths
        path = re.search(r'href="([^"]+)"><span class="kind">按角色</span><strong>结账负责人', paths)
        assert path
        for number in (1, 2, 3):
            step = re.search(r'class="button button--first" href="([^"?]+)', reader.get(path[1]).content.decode())
            assert step, number
            answer = reader.post(f"{step[1]}finish/", {"path": "period-owner"})
            assert answer["Location"] == path[1]
        done = reader.get(path[1]).content.decode()
    assert "已学完" in done
    assert "button--first" not in done.split("path-head")[1].split("</div>")[0]
    assert ArticleReading.objects.filter(finished_at__isnull=False).count() == 3


def test_another_vendor_s_customer_and_a_stranger_see_nothing_of_it__Y02_K01(reader: Client, library: World):
    other = Article.objects.get(code="cost-zero")
    assert reader.get(f"/portal/help/{other.number}/").status_code == 404
    assert reader.post(f"/portal/help/{other.number}/finish/").status_code == 404
    assert reader.get("/portal/help/paths/period-owner/").status_code == 404
    assert Client().get(f"/portal/help/{other.number}/").status_code == 302
    assert "存货核算" not in reader.get("/portal/help/", {"directory": "1"}).content.decode()


def test_odd_words_odd_numbers_and_odd_places_are_answered_and_kept_out__Y01_Y02(reader: Client, library: World):
    article = Article.objects.get(code="stock-count")
    here = f"/portal/help/{article.number}/"
    assert reader.post(f"{here}judge/", {"verdict": "helpful", "words": "好\0用"}).status_code == 302
    assert reader.post(f"{here}finish/", {"path": "\0"}).status_code == 302
    assert reader.post("/portal/help/solved/", {"search": "9" * 40}).status_code == 302
    for said in ({"module": "\0"}, {"directory": "9" * 30}, {"kind": "x"}, {"page": "-3"}):
        assert reader.get("/portal/help/all/", said).status_code == 200
    assert reader.get(f"/portal/help/files/{10**30}/").status_code == 404
    assert ArticleReading.objects.get(article=article).words == "好用"


def test_articles_are_listed_by_module_in_the_reader_s_language__Y02(reader: Client, library: World):
    found = reader.get("/portal/help/all/", {"module": "库存 | Stock"}).content.decode()
    assert "<h1>库存</h1>" in found
    assert found.count('class="item"') == 2


def test_who_is_no_contact_any_more_reads_no_article_and_fetches_no_file__Y02_Y03(reader: Client, library: World):
    video = Article.objects.get(code="ask-well").current
    assert video
    assert reader.get(video.video).status_code == 200
    library.yonsuite.contact.is_active = False
    library.yonsuite.contact.save()
    assert reader.get(video.video).status_code == 404
    assert not Article.objects.visible_to(library.yonsuite.contact.user).exists()


def test_an_english_reader_reads_english__Y02(library: World):
    contact = library.yonsuite.contact
    contact.language = "en"
    contact.save()
    reader = Client()
    reader.force_login(contact.user)
    article = Article.objects.get(code="closing-steps")
    with clock_at("2026-09-28 10:00"):
        page = reader.get(f"/portal/help/{article.number}/").content.decode()
    assert "What to check, in order" in page
    assert "Closing does one thing" in page
