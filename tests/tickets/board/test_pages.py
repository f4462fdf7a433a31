"""The board's pages: for customers without a script, and for us; nothing written there runs, nothing hidden shows."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions.board import answering, asking, moderating, talking
from tickets.actions.board.journal import index
from tickets.knowledge.posts import search_posts
from tickets.models import Article, Comment, Flag, Follow, Post, Search, Ticket, Vote

MONDAY = beijing("2026-09-28 10:00")
EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/p.png)",
    "<svg/onload=alert(1)>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<a href='vbscript:x'>y</a>",
    "<style>*{display:none}</style>",
    "<iframe src='//evil.example'></iframe>",
    "<details open ontoggle=alert(1)>",
]


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def reader(world: World) -> Client:
    return signed_in(world.yonsuite.contact.user)


@pytest.fixture
def neighbour(world: World) -> Client:
    return signed_in(world.stranger.user)


def asked(world: World, title: str = "期初余额可以重新导入吗", body: str = "导错了科目。", **more: Any) -> Post:
    draft = asking.Draft("yonsuite", more.pop("kind", "question"), title, body, **more)
    return asking.ask(draft=draft, author=world.yonsuite.contact.user, at=MONDAY)


def form(**more: str) -> dict[str, str]:
    said = {"kind": "question", "title": "期初余额可以重新导入吗", "body": "导错了科目。", "allows_post_back": "on"}
    return said | {"vendor": "yonsuite"} | more


def test_a_question_is_asked_without_a_script_after_a_look_at_what_there_is__Y04_Y01(reader: Client, world: World):
    with clock_at(MONDAY):
        first = reader.post("/portal/board/ask/", form(title="期初余额导入"))
        assert first.status_code == 302
        again = reader.post("/portal/board/ask/", form(title="期初余额导入不了", body="另一个"))
        assert again.status_code == 200
        assert "也许这里已经有答案" in again.content.decode()
        assert Search.objects.get().place == "board"
        assert (
            reader.post("/portal/board/ask/", form(title="期初余额导入不了", body="另一个", seen="1")).status_code
            == 302
        )
        page = reader.get(first["Location"]).content.decode()
    assert Post.objects.count() == 2
    assert "我们会在 明天 10:00 前给出官方答复" in page


def test_what_was_found_answers_it_and_no_post_is_needed__Y04_Y01(reader: Client, world: World):
    with clock_at(MONDAY):
        asked(world)
        page = reader.get("/portal/board/suggest/", {"title": "期初余额导入"}).content.decode()
        kept = re.search(r'name="search" value="(\d+)"', page)
        assert kept
        reader.post("/portal/board/solved/", {"search": kept[1]})
    assert Search.objects.get().solved_at is not None


WRONG = [
    ({"title": ""}, "一眼看懂"), ({"body": ""}, "请写下经过"), ({"kind": "x"}, "有效"), ({"title": "x" * 121}, "121"),
    ({"topic": "999"}, "有效"), ({"vendor": "kingdee"}, ""),
]  # fmt: skip


def test_a_form_that_is_wrong_says_so_and_keeps_what_was_typed__Y04(reader: Client, world: World):
    for wrong, said in WRONG:
        answer = reader.post("/portal/board/ask/", form(body="别丢了", seen="1") | wrong)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert said in page
        assert "别丢了" in page or "body" in wrong
    assert not Post.objects.exists()


def test_readers_comment_vote_follow_report_and_the_asker_says_it_is_solved__Y04_K01(
    reader: Client, neighbour: Client, world: World
):
    with clock_at(MONDAY):
        post = asked(world)
        home = f"/portal/board/{post.code}/"
        for _twice in range(2):
            assert neighbour.post(f"{home}comment/", {"body": "用**反结账**"}).status_code == 302
            neighbour.post(f"{home}vote/")
            neighbour.post(f"{home}follow/")
        said = Comment.objects.get()
        assert reader.post(f"{home}comment/", {"body": "谢谢", "parent": said.pk}).status_code == 302
        assert neighbour.post(f"{home}comment/", {"body": " "}).status_code == 422
        neighbour.post(f"{home}flag/", {"why": "跑题"})
        assert neighbour.post(f"{home}accept/", {"comment": said.pk}).status_code == 422
        assert reader.post(f"{home}accept/", {"comment": said.pk}).status_code == 302
        neighbour.post(f"{home}edit/", {"comment": said.pk, "body": "用反结账功能"})
        page = neighbour.get(home).content.decode()
    post.refresh_from_db()
    assert (post.comment_count, post.vote_count, post.accepted, post.state) == (2, 1, said, "answered")
    assert (Vote.objects.count(), Flag.objects.count(), Follow.objects.filter(post=post).count()) == (1, 1, 2)
    assert "提问人采纳" in page
    assert "用反结账功能" in page


def test_lists_are_sorted_filtered_and_searched__Y04_K01(reader: Client, world: World):
    with clock_at(MONDAY):
        idea = asked(world, title="希望支持多账簿合并", kind="idea")
        question = asked(world)
        talking.vote(post=idea, user=world.stranger.user, at=MONDAY)
        for path, first, other in (
            ("?kind=idea", idea, question), ("?sort=unanswered", question, idea), ("?q=多账簿", idea, question)
        ):  # fmt: skip
            page = reader.get(f"/portal/board/{path}").content.decode()
            assert first.code in page, path
            assert other.code not in page, path
        both = reader.get("/portal/board/?sort=votes").content.decode()
        assert both.index(idea.code) < both.index(question.code)
        assert reader.get("/portal/board/?kind=x&topic=9e9&sort=x&page=x").status_code == 200
        assert question.code in reader.get("/portal/help/find/", {"q": "期初余额"}).content.decode()
        assert question.code in reader.get("/portal/board/mine/").content.decode()


@pytest.mark.parametrize("door", ["title", "post", "comment"])
def test_nothing_that_somebody_writes_runs_anywhere__Y04(reader: Client, world: World, door: str):
    evil = "\n\n".join(EVIL)
    with clock_at(MONDAY):
        post = asked(world, title=EVIL[1] if door == "title" else "标题", body=evil if door == "post" else "正文")
        if door == "comment":
            said = talking.comment(post=post, body=evil, author=world.stranger.user, at=MONDAY)
            moderating.hide(post=post, comment=said, why=EVIL[0], actor=world.agent, at=MONDAY)
        desk = signed_in(world.agent)
        pages = [
            reader.get(f"/portal/board/{post.code}/"), reader.get("/portal/board/"),
            reader.get("/portal/board/", {"q": "标题"}), desk.get(f"/console/board/{post.code}/"),
            desk.get("/console/board/?view=all"), signed_in(world.stranger.user).get(f"/portal/board/{post.code}/"),
        ]  # fmt: skip
    for page in pages:
        assert page.status_code == 200
        text = page.content.decode()
        made = re.sub(r'<script (?:type="[^"]*" )?src="[^"]*"[^>]*></script>', "", text)
        assert not re.search(r"<script>alert|<img src=x|<svg/onload|<iframe|<style>\*|<details open on", made)
        assert not re.search(r'(?:href|src)="(?:javascript|data:text|vbscript|https://evil)', made)


def test_others_read_a_name_alone_and_nothing_hidden__Y04(neighbour: Client, reader: Client, world: World):
    contact, customer = world.yonsuite.contact, world.yonsuite.customer
    with clock_at(MONDAY):
        post = asked(world)
        said = talking.comment(post=post, body="CANARY-HIDDEN", author=contact.user, at=MONDAY)
        moderating.hide(post=post, comment=said, why="跑题", actor=world.agent, at=MONDAY)
        other = asked(world, title="CANARY-POST 整帖隐藏")
        moderating.hide(post=other, comment=None, why="广告", actor=world.agent, at=MONDAY)
        seen = neighbour.get(f"/portal/board/{post.code}/").content.decode()
        lists = [neighbour.get(path).content.decode() for path in (
            "/portal/board/", "/portal/board/?sort=new", "/portal/board/?q=CANARY", "/portal/help/find/?q=CANARY",
            "/portal/board/suggest/?title=CANARY-POST",
        )]  # fmt: skip
        own = reader.get(f"/portal/board/{post.code}/").content.decode()
        assert neighbour.get(f"/portal/board/{other.code}/").status_code == 404
    assert contact.name in seen
    for secret in (contact.email, customer.name, contact.phone, "CANARY-HIDDEN"):
        assert secret not in seen
    assert not [page for page in lists if other.code in page or "整帖隐藏" in page]
    assert "CANARY-HIDDEN" in own
    assert "跑题" in own
    assert not search_posts(Post.objects.visible_to(world.stranger.user), "CANARY-HIDDEN")


def test_another_vendor_s_customer_a_stranger_and_a_forged_form_come_to_nothing__Y04(world: World):
    with clock_at(MONDAY):
        post = asked(world)
        said = talking.comment(post=post, body="x", author=world.yonsuite.contact.user, at=MONDAY)
        other, home = signed_in(world.kingdee.contact.user), f"/portal/board/{post.code}/"
        foreign = asking.ask(
            draft=asking.Draft("kingdee", "question", "k", "k"), author=world.kingdee.contact.user, at=MONDAY
        )
        for path in ("", "comment/", "vote/", "follow/", "flag/", "accept/", "edit/"):
            send = other.post if path else other.get
            assert send(home + path, {"body": "x", "why": "x", "comment": said.pk}).status_code == 404, path
            assert Client().post(home + path, {"body": "x"}).status_code in (302, 405)
        # A comment of another post is as absent as one that never was.
        assert other.post(f"/portal/board/{foreign.code}/flag/", {"comment": said.pk, "why": "x"}).status_code == 404
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(world.yonsuite.contact.user)
        assert strict.post(f"{home}comment/", {"body": "forged"}).status_code == 403
        for customer in (other, signed_in(world.stranger.user)):
            assert customer.post(f"/console/board/{post.code}/act/", {"act": "pin"}).status_code == 302
    assert Comment.objects.count() == 1
    assert not Vote.objects.exists()


def test_an_agent_answers_turns_drafts_and_keeps_order__Y04_K01(world: World):
    desk, url = signed_in(world.agent), "/console/board/"
    with clock_at(MONDAY):
        post, idea = asked(world), asked(world, title="希望支持多账簿", kind="idea")
        home = f"{url}{post.code}/act/"
        assert "期初余额" in desk.get(url).content.decode()
        assert desk.post(home, {"act": "draft"}).status_code == 409
        assert "到时没有官方答复会自动开" in desk.get(f"{url}{post.code}/").content.decode()
        assert desk.post(home, {"act": "answer", "body": "可以清空。"}).status_code == 302
        assert "已有官方答复，不会自动开" in desk.get(f"{url}{post.code}/").content.decode()
        assert desk.post(home, {"act": "draft"}).status_code == 302
        assert desk.post(home, {"act": "pin"}).status_code == 302
        assert post.follows.filter(user=world.agent).exists()
        assert desk.post(home, {"act": "follow", "back": "1"}).status_code == 302
        assert not post.follows.filter(user=world.agent).exists()
        assert desk.post(home, {"act": "open"}).status_code == 302
        assert desk.post(home, {"act": "withdraw", "why": "写错"}).status_code == 302
        refused = desk.post(f"{url}{idea.code}/act/", {"act": "idea", "state": "declined", "why": ""})
        assert refused.status_code == 409
        assert desk.post(f"{url}{idea.code}/act/", {"act": "idea", "state": "planned", "why": ""}).status_code == 302
        assert desk.post(f"{url}{idea.code}/act/", {"act": "close", "why": "已有"}).status_code == 302
        assert desk.post(f"{url}{idea.code}/act/", {"act": "nothing"}).status_code == 404
        for view in ("unanswered", "ticket", "ideas", "flags", "all", "x"):
            assert desk.get(url, {"view": view}).status_code == 200
        assert desk.get(url, {"q": "期初余额"}).status_code == 200
        page = desk.get(f"{url}{post.code}/").content.decode()
    assert Article.objects.get().state == "draft"
    assert Ticket.objects.get().number in page
    assert "写错" in page


def test_who_serves_another_vendor_reads_and_cannot_act__Y04(world: World):
    world.team.vendor = "kingdee"
    world.team.save()
    world.agent.refresh_from_db()
    desk = signed_in(world.agent)
    with clock_at(MONDAY):
        post = asked(world)
        for said in ({"act": "pin"}, {"act": "comment", "body": "官方说的"}, {"act": "answer", "body": "官方说的"}):
            assert desk.post(f"/console/board/{post.code}/act/", said).status_code == 409
        assert signed_in(world.lead).post(f"/console/board/{post.code}/act/", {"act": "pin"}).status_code == 302


def test_lists_ask_the_database_a_fixed_number_of_times__Y04(
    reader: Client, world: World, django_assert_max_num_queries: Any
):
    with clock_at(MONDAY):
        for number in range(5):
            post = asked(world, title=f"第 {number} 个")
            talking.comment(post=post, body=f"评论 {number}", author=world.agent, at=MONDAY)
        answering.answer(post=post, body="好", actor=world.agent, at=MONDAY + timedelta(minutes=1))
        reader.get("/portal/board/")
        with django_assert_max_num_queries(16):
            reader.get("/portal/board/")
        with django_assert_max_num_queries(30):
            reader.get(f"/portal/board/{post.code}/")


def test_a_post_is_found_by_what_was_answered__Y04_Y01(world: World):
    with clock_at(MONDAY):
        post = asked(world)
        talking.comment(post=post, body="请用蓝莓功能", author=world.stranger.user, at=MONDAY)
    index(post)
    found = search_posts(Post.objects.visible_to(world.stranger.user), "蓝莓")
    assert [one.post for one in found] == [post]
