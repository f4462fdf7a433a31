"""Questions on the board: their clock, who answers them, and the ticket that one becomes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plans.models import AccountNotice, User
from sla.models import Milestone
from sla.refusals import ActionRefusedError
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions.board import answering, asking, moderating, talking, ticketing
from tickets.actions.board.timing import promise_of
from tickets.actions.ticket import close, customer_message, merge, note, reply
from tickets.models import BoardEvent, Comment, CoverageDecision, Post, Ticket, Vote
from tickets.rounds import dispatch

MONDAY = beijing("2026-09-28 10:00")
TUESDAY = beijing("2026-09-29 10:00")
State = Milestone.State


def ask(world: World, at: str = "2026-09-28 10:00", side: str = "yonsuite", **more: Any) -> Post:
    """Ask something as a side's contact."""
    asker = getattr(world, side).contact
    said = {
        "vendor": side,
        "kind": "question",
        "title": "期初余额可以重新导入吗",
        "body": "导错了科目，**能不能**清空重来？",
    } | more
    return asking.ask(draft=asking.Draft(**said), author=asker.user, at=beijing(at))


def due(post: Post) -> Milestone:
    found = promise_of(Post.objects.select_related("clock").get(pk=post.pk))
    assert found is not None
    return found


DUE = [
    ("yonsuite", "2026-09-28 10:00", "2026-09-29 10:00"),  # twelve open hours on
    ("yonsuite", "2026-09-26 22:00", "2026-09-27 20:30"),  # after closing: the whole next day
    ("kingdee", "2026-09-25 17:00", "2026-09-28 17:30"),  # over Mid-Autumn and a weekend
]


def test_a_question_is_owed_an_answer_in_one_working_day__Y04_K01(world: World):
    for side, asked, by in DUE:
        assert due(ask(world, asked, side=side, title=asked)).due_at == beijing(by)


def test_ideas_and_talk_have_no_clock__Y04(world: World):
    assert ask(world, kind="idea").clock is None
    assert ask(world, kind="discussion").clock is None


def test_only_an_official_answer_meets_it_and_taking_it_back_undoes_that__Y04_K02(world: World):
    post = ask(world)
    talking.comment(post=post, body="我也遇到过", author=world.stranger.user, at=MONDAY + timedelta(minutes=5))
    mine = talking.comment(post=post, body="先看看", author=world.agent, at=MONDAY + timedelta(minutes=6))
    assert due(post).state == State.RUNNING
    answering.mark_official(comment=mine, actor=world.agent, at=MONDAY + timedelta(minutes=7))
    assert due(post).state == State.MET
    assert Post.objects.get().state == "answered"
    answering.withdraw_official(post=post, actor=world.expert, words="写错了", at=MONDAY + timedelta(minutes=9))
    assert due(post).state == State.RUNNING
    assert Post.objects.get().state == "open"


def test_a_better_answer_does_not_undo_what_the_first_met__Y04(world: World):
    post = ask(world)
    answering.answer(post=post, body="可以", actor=world.agent, at=MONDAY + timedelta(hours=1))
    answering.answer(post=post, body="可以，按手册", actor=world.expert, at=MONDAY + timedelta(days=3))
    found = due(post)
    assert (found.state, found.stopped_at) == (State.MET, MONDAY + timedelta(hours=1))
    assert [one.is_official for one in Comment.objects.order_by("pk")] == [False, True]
    answering.withdraw_official(post=post, actor=world.expert, words="", at=MONDAY + timedelta(days=4))
    assert due(post).stopped_at is None


def test_a_customer_s_words_are_never_official__Y04_K02(world: World):
    post = ask(world)
    said = talking.comment(post=post, body="用反结账", author=world.stranger.user, at=MONDAY)
    for actor, code in ((world.agent, "not_ours"), (world.stranger.user, "not_a_moderator")):
        with pytest.raises(ActionRefusedError) as refused:
            answering.mark_official(comment=said, actor=actor, at=MONDAY)
        assert refused.value.code == code


def test_whoever_asked_may_say_that_a_neighbour_solved_it_and_nobody_is_late__Y04_K01(world: World):
    post = ask(world)
    said = talking.comment(post=post, body="用反结账", author=world.stranger.user, at=MONDAY)
    with pytest.raises(ActionRefusedError):
        asking.accept_answer(post=post, comment=said, actor=world.stranger.user, at=MONDAY)
    asking.accept_answer(post=post, comment=said, actor=post.author, at=MONDAY)
    assert due(post).state == State.CANCELLED
    assert ticketing.turn_overdue() == 0


def test_hiding_and_closing_stop_the_clock_as_if_it_never_had_run__Y04(world: World):
    post = ask(world)
    moderating.hide(post=post, comment=None, why="广告", actor=world.agent, at=MONDAY)
    assert due(post).state == State.CANCELLED
    moderating.restore(post=post, comment=None, actor=world.agent, at=MONDAY + timedelta(hours=2))
    assert (due(post).state, due(post).due_at) == (State.RUNNING, TUESDAY)
    moderating.close(post=post, words="重复", actor=world.agent, at=MONDAY + timedelta(hours=3))
    assert due(post).state == State.CANCELLED
    moderating.reopen(post=post, actor=world.agent, at=MONDAY + timedelta(hours=4))
    assert due(post).state == State.RUNNING


def turned(world: World, wall: str = "2026-09-29 10:01") -> Ticket | None:
    with clock_at(wall):
        dispatch.sweep()
    return Ticket.objects.filter(channel="community").first()


def test_a_question_unanswered_past_its_time_becomes_a_ticket_once__Y04_K02(world: World):
    post = ask(world)
    assert turned(world, "2026-09-29 09:59") is None
    ticket = turned(world)
    assert ticket is not None
    assert turned(world, "2026-09-29 10:05") == ticket
    assert (ticket.contact, ticket.category, ticket.channel) == (world.yonsuite.contact, "how_to", "community")
    assert ticket.promise == "Y07"
    assert f"/portal/board/{post.code}/" in ticket.messages.get().body
    assert Post.objects.get().ticket == ticket
    assert Ticket.objects.count() == 1


def test_what_the_plan_refuses_is_told_to_the_team_with_its_clause_and_makes_no_ticket__Y04_K02(world: World):
    post = asking.ask(
        draft=asking.Draft("kingdee", "question", "凭证打不出来", "打印没有反应"),
        author=world.uncertified.user,
        at=MONDAY,
    )
    assert turned(world, "2026-09-30 18:00") is None
    assert turned(world, "2026-09-30 18:05") is None
    found = Post.objects.get(pk=post.pk)
    assert "认证" in found.refusal
    assert "certified" in found.refusal_en
    assert CoverageDecision.objects.get(post=post).cause == "refused"
    assert AccountNotice.objects.get(kind="board_refused").to == ["team_lead"]
    with pytest.raises(ActionRefusedError):
        ticketing.open_now(post=post, actor=world.agent, at=TUESDAY)


def test_what_would_be_charged_is_opened_by_a_person_alone__Y04(world: World, monkeypatch: pytest.MonkeyPatch):
    cover = ticketing.cover
    monkeypatch.setattr(ticketing, "cover", lambda *args, **more: replace(cover(*args, **more), outcome="chargeable"))
    post = ask(world)
    assert turned(world) is None
    found = Post.objects.get()
    assert (found.refused_at is None, CoverageDecision.objects.get(post=post).outcome) == (False, "chargeable")
    assert AccountNotice.objects.get(kind="board_refused").to == ["team_lead"]
    ticket = ticketing.open_now(post=post, actor=world.agent, at=TUESDAY)
    assert (ticket.outcome, Post.objects.get().refused_at) == ("chargeable", None)


def test_an_official_answer_meets_the_ticket_s_clock_too__Y04_Y18(world: World):
    post = ask(world)
    ticket = turned(world)
    assert ticket is not None
    answering.answer(post=post, body="可以清空。", actor=world.agent, at=beijing("2026-09-29 11:00"))
    events = list(ticket.events.filter(kind="reply"))
    assert [(event.actor_kind, event.fields) for event in events] == [("agent", {"via": "board", "post": post.code})]
    timed = Milestone.objects.get(clock__ticket_clock__ticket=ticket, metric="first_response")
    assert timed.state == State.MET
    assert due(post).state == State.MET_LATE


def test_what_the_asker_adds_is_said_in_the_ticket_and_what_neighbours_say_is_not__Y04(world: World):
    post = ask(world)
    ticket = turned(world)
    assert ticket is not None
    at = beijing("2026-09-29 10:30")
    talking.comment(post=post, body="还是不行", author=post.author, at=at)
    talking.comment(post=post, body="我也是", author=world.stranger.user, at=at)
    assert [event.message.body for event in ticket.events.filter(kind="customer_message")] == ["还是不行"]


def test_the_first_answer_is_offered_without_names_and_posted_back__Y04(world: World):
    post = ask(world)
    ticket = turned(world)
    assert ticket is not None
    assert ticketing.draft_of(Post.objects.get()) == ""
    at = beijing("2026-09-29 10:30")
    contact = world.yonsuite.contact
    note(ticket=ticket, body="客户很急 SECRET-NOTE", actor=world.agent, at=at)
    reply(
        ticket=ticket, body=f"{contact.name}您好：在期初设置里清空即可，有事打 13800000001 或写 {contact.email}。",
        actor=world.agent, at=at,
    )  # fmt: skip
    draft = ticketing.draft_of(Post.objects.get())
    assert draft == "……您好：在期初设置里清空即可，有事打 …… 或写 ……。"
    with pytest.raises(ActionRefusedError) as refused:
        ticketing.post_back(post=post, body=f"{contact.name}，清空即可", actor=world.agent, at=at)
    assert refused.value.code == "names_customer"
    ticketing.post_back(post=post, body="在期初设置里清空即可。", actor=world.agent, at=at)
    found = Post.objects.get()
    assert found.official is not None
    assert "SECRET" not in found.official.body
    # The ticket had its answer already: it hears nothing twice.
    assert ticket.events.filter(kind="reply").count() == 1
    assert due(post).state == State.MET_LATE


def test_nothing_is_posted_back_against_the_asker_s_wish__Y04(world: World):
    post = ask(world, allows_post_back=False)
    ticket = turned(world)
    assert ticket is not None
    reply(ticket=ticket, body="清空即可。", actor=world.agent, at=beijing("2026-09-29 10:30"))
    assert ticketing.draft_of(Post.objects.get()) == ""
    with pytest.raises(ActionRefusedError) as refused:
        ticketing.post_back(post=post, body="清空即可。", actor=world.agent, at=beijing("2026-09-29 10:40"))
    assert refused.value.code == "not_allowed"


def test_answers_follow_a_ticket_that_was_merged_and_pass_over_one_that_ended__Y04_C37(world: World):

    post = ask(world)
    ticket = turned(world)
    assert ticket is not None
    other = world.open_ticket("另一张", at="2026-09-29 09:00")
    merge(ticket=ticket, into=other, actor=world.agent, at=beijing("2026-09-29 10:10"))
    answering.answer(post=post, body="清空即可。", actor=world.agent, at=beijing("2026-09-29 10:20"))
    assert other.events.filter(kind="reply").count() == 1
    close(ticket=other, actor=world.agent, at=beijing("2026-09-29 10:30"))
    answering.answer(post=post, body="再补充一点。", actor=world.agent, at=beijing("2026-09-29 10:40"))
    assert other.events.filter(kind="reply").count() == 1
    talking.comment(post=post, body="谢谢", author=post.author, at=beijing("2026-09-29 10:50"))
    assert not other.events.filter(kind="customer_message").exists()


def test_duplicates_are_joined_with_their_votes_and_followers__Y04(world: World):
    first, second = ask(world, kind="idea"), ask(world, kind="idea", title="另一个标题")
    for user in (world.stranger.user, world.yonsuite.contact.user):
        talking.vote(post=second, user=user, at=MONDAY)
        talking.vote(post=second, user=user, at=MONDAY)
    talking.vote(post=first, user=world.stranger.user, at=MONDAY)
    moderating.merge(post=second, into=first, actor=world.agent, at=MONDAY)
    first.refresh_from_db()
    assert (first.vote_count, Vote.objects.filter(post=first).count()) == (2, 2)
    with pytest.raises(ActionRefusedError) as refused:
        talking.comment(post=second, body="在吗", author=world.stranger.user, at=MONDAY)
    assert first.code in refused.value.message
    with pytest.raises(ActionRefusedError):
        moderating.merge(post=first, into=second, actor=world.agent, at=MONDAY)


def test_an_idea_declined_says_why_and_everyone_who_follows_hears_it__Y04(world: World):
    idea = ask(world, kind="idea")
    talking.follow(post=idea, user=world.stranger.user, at=MONDAY)
    with pytest.raises(ActionRefusedError) as refused:
        moderating.set_idea_state(post=idea, state="declined", words=" ", actor=world.agent, at=MONDAY)
    assert refused.value.code == "no_reason"
    moderating.set_idea_state(post=idea, state="declined", words="与合规要求冲突", actor=world.agent, at=MONDAY)
    told = AccountNotice.objects.filter(kind="board_idea")
    assert {tuple(one.to) for one in told} == {
        (f"contact:{world.stranger.pk}",), (f"contact:{world.yonsuite.contact.pk}",)
    }  # fmt: skip


def test_an_author_edits_for_half_an_hour_and_what_it_said_is_kept__Y04(world: World):
    post = ask(world)
    asking.edit(post=post, title="标题改了", body="正文改了", actor=post.author, at=MONDAY + timedelta(minutes=29))
    kept = post.revisions.get()
    assert (kept.title, Post.objects.get().title) == ("期初余额可以重新导入吗", "标题改了")
    with pytest.raises(ActionRefusedError):
        asking.edit(post=post, title="x", body="y", actor=post.author, at=MONDAY + timedelta(minutes=30))
    with pytest.raises(ActionRefusedError):
        asking.edit(post=post, title="x", body="y", actor=world.stranger.user, at=MONDAY)
    asking.edit(post=post, title="版主改的", body="y", actor=world.agent, at=TUESDAY)


def test_too_many_posts_and_comments_are_refused_with_when_to_go_on__Y04(world: World):
    for number in range(5):
        ask(world, title=f"第 {number} 个")
    with pytest.raises(ActionRefusedError) as refused:
        ask(world)
    assert refused.value.code == "too_many"
    ask(world, at="2026-09-28 11:01")


def test_who_was_hidden_hears_why_and_the_report_is_settled__Y04(world: World):
    post = ask(world)
    said = talking.comment(post=post, body="加微信便宜卖账号", author=world.stranger.user, at=MONDAY)
    report = talking.flag(post=post, comment=said, why="广告", user=post.author, at=MONDAY)
    assert talking.flag(post=post, comment=said, why="广告", user=post.author, at=MONDAY) == report
    with pytest.raises(ActionRefusedError):
        talking.flag(post=post, comment=said, why="广告", user=world.stranger.user, at=MONDAY)
    moderating.hide(post=post, comment=said, why="含广告", actor=world.agent, at=MONDAY)
    report.refresh_from_db()
    assert report.is_upheld
    assert AccountNotice.objects.get(kind="board_hidden").to == [f"contact:{world.stranger.pk}"]
    readers: list[User] = [post.author, world.stranger.user, world.agent]
    assert [Comment.objects.readable_by(user).count() for user in readers] == [0, 1, 1]
    assert Post.objects.get().comment_count == 0


def test_nobody_reads_or_writes_on_another_vendor_s_board__Y04_K01(world: World):
    post = ask(world)
    other = world.kingdee.contact.user
    assert not Post.objects.visible_to(other).exists()
    for act in (
        lambda: talking.comment(post=post, body="x", author=other, at=MONDAY),
        lambda: talking.vote(post=post, user=other, at=MONDAY),
        lambda: talking.follow(post=post, user=other, at=MONDAY),
        lambda: talking.flag(post=post, comment=None, why="x", user=other, at=MONDAY),
        lambda: ask(world, side="kingdee", vendor="yonsuite"),
    ):
        with pytest.raises(ActionRefusedError):
            act()
    assert Post.objects.visible_to(world.stranger.user).exists()


BAD = [
    (" ", "x", "no_title"), ("t" * 121, "x", "too_long"), ("t", " ", "empty_body"), ("t", "x" * 20_001, "too_long"),
    ("t\x00", "x", "invalid_encoding"), ("t", "\ud800", "invalid_encoding"),
]  # fmt: skip


def test_words_that_cannot_stand_are_refused__Y04(world: World):
    for title, body, code in BAD:
        with pytest.raises(ActionRefusedError) as refused:
            ask(world, title=title, body=body)
        assert refused.value.code == code
    assert not Post.objects.exists()


def test_a_customer_s_word_in_the_ticket_stays_there__Y04(world: World):
    post = ask(world)
    ticket = turned(world)
    assert ticket is not None
    customer_message(
        ticket=ticket, contact=world.yonsuite.contact, body="密码是 CANARY", at=beijing("2026-09-29 10:30")
    )
    assert not Comment.objects.exists()
    assert BoardEvent.objects.filter(post=post, kind="ticket").count() == 1
