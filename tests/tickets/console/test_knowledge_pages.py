"""The console's knowledge pages: found, read in both languages, written by one at a time, and closed to outsiders."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from plans.models import AccountTeamMember, Role, User
from sla.clock import database_now
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World, person
from tickets.actions.knowledge.stocking import stock
from tickets.actions.knowledge.writing import Shelf, Words, create, publish, put_on
from tickets.console.knowledge import shelves
from tickets.demo.library import SHELVES
from tickets.knowledge.figures import misses
from tickets.knowledge.loading import read
from tickets.models import Article, Directory, LearningPath, Search

AT = beijing("2026-09-28 10:00")
HERE = "/console/knowledge/"
SHELF = Shelf(vendor="yonsuite", kind="guide")
SAID = {"vendor": "yonsuite", "kind": "guide", "title": "怎样反结账", "body": "先反结总账。"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def written(world: World, **more: Any) -> Article:
    return create(shelf=SHELF, words=Words("怎样反结账", "先反结总账。", **more), actor=world.agent, at=AT)


def page(client: Client, path: str, **said: str) -> str:
    answer = client.get(HERE + path, said)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_draft_is_found_by_its_title_so_that_nobody_writes_it_again__Y02(world: World):
    article = written(world)
    assert article.number in page(signed_in(world.agent), "", q="反结账")


def test_the_list_asks_as_often_for_twenty_articles_as_for_one__Y02(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
):
    stock(libraries=read(SHELVES), author="知识运营", at=AT)
    client = signed_in(world.agent)
    with django_assert_max_num_queries(40):
        page(client, "")


def test_who_publishes_reads_both_languages_before_customers_do__Y02(world: World):
    article = written(world, title_en="Undo a closing", body_en="The general ledger first.")
    text = page(signed_in(world.expert), f"articles/{article.number}/")
    assert "先反结总账。" in text
    assert "The general ledger first." in text


def test_an_author_begins_with_their_own_vendor_and_may_turn_to_another_losing_nothing__Y02(world: World):
    client = signed_in(world.agent)
    assert '<option value="yonsuite" selected>' in page(client, "new/")
    turned = client.post(HERE + "new/", {**SAID, "vendor": "kingdee", "turn": "1"}).content.decode()
    assert '<option value="kingdee" selected>' in turned
    assert "金蝶云·星空" in turned
    assert "先反结总账。" in turned
    assert not Article.objects.exists()


def test_a_stale_page_neither_publishes_nor_writes_over_a_newer_draft__Y02(world: World):
    client, article = signed_in(world.expert), written(world)
    seen = article.versions.get().stamp
    here = f"{HERE}articles/{article.number}/"
    assert f'value="{seen}"' in client.get(here).content.decode()
    assert client.post(f"{here}write/", {**SAID, "body": "二稿", "seen": seen}).status_code == 302
    late = client.post(f"{here}write/", {**SAID, "body": "我写了很久", "seen": seen})
    assert (late.status_code, "我写了很久" in late.content.decode()) == (409, True)
    assert client.post(f"{here}decide/", {"deed": "publish", "seen": seen}).status_code == 409
    assert client.post(f"{here}decide/", {"deed": "publish", "seen": article.versions.get().stamp}).status_code == 302
    assert article.versions.get().body == "二稿"


def test_an_agent_s_draft_leaves_a_published_article_where_it_stands__Y02(world: World):
    client, article = signed_in(world.agent), publish(article=written(world), actor=world.expert, at=AT)
    said = {
        **SAID,
        "vendor": "kingdee",
        "kind": "fix",
        "module": "总账",
        "body": "新",
        "seen": article.versions.get().stamp,
    }
    assert client.post(f"{HERE}articles/{article.number}/write/", said).status_code == 302
    article.refresh_from_db()
    assert (article.vendor, article.kind, article.module, article.versions.count()) == ("yonsuite", "guide", "", 2)


def test_a_file_is_added_and_taken_away_again__Y02(world: World):
    client, article = signed_in(world.agent), written(world)
    here = f"{HERE}articles/{article.number}/"
    client.post(f"{here}files/", {"file": SimpleUploadedFile("客户名单.xlsx", b"PK")})
    assert "发布后客户才看得到" in client.get(here).content.decode()
    assert client.post(f"{here}files/{article.files.get().pk}/drop/").status_code == 302
    assert client.post(f"{here}files/{10**30}/drop/").status_code == 302
    assert not article.files.exists()


def test_a_partner_reads_what_is_published_of_their_vendor_and_nothing_of_what_customers_type__Y02(world: World):
    partner = person("partner", "唐伙伴", Role.PARTNER)
    seat = AccountTeamMember.Seat.MEMBER
    AccountTeamMember.objects.create(contract=world.yonsuite.contract, user=partner, seat=seat)
    client, ours = signed_in(partner), publish(article=written(world), actor=world.expert, at=AT)
    draft = written(world, change="别让外面看到")
    stock(libraries=read(SHELVES), author="知识运营", at=AT)
    other = Article.objects.get(code="cost-zero")
    listed = page(client, "")
    assert ours.number in listed
    assert draft.number not in listed
    assert other.number not in listed
    for number in (draft.number, other.number):
        assert client.get(f"{HERE}articles/{number}/").status_code == 404
    assert client.get(f"{HERE}searches/").status_code == 403
    assert client.get(f"{HERE}new/").status_code == 403
    assert client.get(f"{HERE}shelves/").status_code == 403
    assert "结账负责人" not in page(client, "paths/")


def test_a_path_keeps_the_step_of_an_article_that_was_taken_down__K14(world: World):
    stock(libraries=read(SHELVES), author="知识运营", at=AT)
    row = LearningPath.objects.get(code="count-the-stock")
    Article.objects.filter(code="stock-count").update(state="withdrawn")
    client = signed_in(world.expert)
    form = client.get(f"{HERE}paths/{row.pk}/").context
    said = {**form["form"].initial, "form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "is_open": "on"}
    for place, line in enumerate(form["lines"].initial):
        said |= {f"form-{place}-article": line["article"], f"form-{place}-is_required": "on"}
    assert client.post(f"{HERE}paths/{row.pk}/", said).status_code == 302
    assert row.steps.filter(article__code="stock-count").exists()


def test_a_gap_closes_by_an_article_or_a_reason_and_opens_when_it_is_missed_again__Y01(world: World):
    client, now = signed_in(world.agent), database_now()
    missed = {"vendor": "yonsuite", "words": "批量改价"}
    Search.objects.create(**missed, place="help", found=0, at=AT)
    client.post(f"{HERE}new/?vendor=yonsuite&gap=批量改价", SAID)
    article = Article.objects.get()
    whole = AT, now + timedelta(hours=1)
    assert misses(*whole)[0]["draft"] == article
    publish(article=article, actor=world.expert, at=now)
    assert misses(*whole) == []
    assert article.number in page(client, "searches/")
    Search.objects.create(**missed, place="bot", found=0, at=now + timedelta(seconds=1))
    assert (misses(*whole)[0]["times"], misses(*whole)[0]["draft"]) == (1, None)
    with clock_at(now + timedelta(minutes=1)):
        assert "其中问智能客服 1 次：答出 0 次" in page(client, "searches/")
    for said, told in (
        ({}, "请写下"),
        ({"number": "KB-9"}, "没有编号为 KB-9"),
        ({"why": "x", "words": "没人找"}, "没有人找过"),
    ):
        refused = client.post(f"{HERE}searches/", missed | said)
        assert (refused.status_code, told in refused.content.decode()) == (422, True)
    with clock_at(now + timedelta(minutes=1)):
        assert client.post(f"{HERE}searches/", missed | {"why": "不是产品功能"}).status_code == 302
    assert misses(*whole) == []


def test_directories_and_topics_are_laid_out_renamed_and_taken_away_by_who_writes__K01(world: World):
    client, put = signed_in(world.agent), f"{HERE}shelves/"
    said = {"code": "closing", "name": "结账", "name_en": "Closing", "position": 1}
    assert client.post(f"{put}directories/new/?vendor=yonsuite", said).status_code == 302
    top = Directory.objects.get()
    below = said | {"code": "month-end", "name": "月结", "parent": top.pk}
    client.post(f"{put}directories/new/?vendor=yonsuite", below)
    client.post(f"{put}topics/new/?vendor=yonsuite", said)
    article = create(
        shelf=replace(SHELF, directory=top), words=Words("怎样反结账", "先反结总账。"), actor=world.agent, at=AT
    )
    for path, more, status, told in (
        ("directories/new/?vendor=yonsuite", {"code": "Closing!"}, 422, "小写字母"),
        ("directories/new/?vendor=yonsuite", {}, 409, "代码 closing 已经有了"),
        ("topics/new/?vendor=yonsuite", {"name_en": ""}, 422, "请填写"),
        (f"directories/{top.pk}/", {"parent": Directory.objects.get(code="month-end").pk}, 422, "最多两级"),
        (f"directories/{top.pk}/remove/", {}, 409, "这里还有 1 篇文章"),
    ):
        answer = client.post(put + path, said | more)
        assert (answer.status_code, told in answer.content.decode()) == (status, True)
    assert client.post(f"{put}directories/{top.pk}/", said | {"name": "月末结账", "code": "other"}).status_code == 302
    assert list(Directory.objects.filter(pk=top.pk).values_list("code", "name")) == [("closing", "月末结账")]
    assert "月末结账" in page(client, "shelves/")
    put_on(article=article, shelf=SHELF)
    assert client.post(f"{put}directories/{top.pk}/remove/").status_code == 409
    for kind, row in (("directories", below), ("directories", said), ("topics", said)):
        key = shelves.KINDS[kind].objects.get(code=row["code"]).pk
        assert client.post(f"{put}{kind}/{key}/remove/").status_code == 302
    assert not Directory.objects.exists()
    assert client.get(f"{put}directories/new/?vendor=nobody").status_code == 404


@pytest.mark.parametrize("path", ["", "new/", "paths/", "searches/", "shelves/"])
def test_customers_have_no_way_into_the_console_s_articles__Y02(world: World, path: str):
    assert signed_in(world.yonsuite.contact.user).get(HERE + path).status_code == 302
