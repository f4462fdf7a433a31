"""What somebody takes back of their own on the board, and when it is too late for that."""

from typing import Any

import pytest
from django.test import Client

from sla.refusals import ActionRefusedError
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.world import World
from tickets.actions.board import answering, asking, moderating, talking
from tickets.actions.board.timing import promise_of
from tickets.actions.board.withdrawing import withdraw
from tickets.models import BoardEvent, Comment, Post

MONDAY = beijing("2026-09-28 10:00")


def asked(world: World) -> Post:
    draft = asking.Draft("yonsuite", "question", "期初余额可以重新导入吗", "导错了科目。")
    return asking.ask(draft=draft, author=world.yonsuite.contact.user, at=MONDAY)


def test_an_author_takes_words_back_and_moderators_still_read_them__Y04(world: World):
    post, customer = asked(world), world.yonsuite.contact.user
    said = talking.comment(post=post, body="其实是我看错了", author=customer, at=MONDAY)
    page, mine, ours, neighbour = f"/portal/board/{post.code}/", Client(), Client(), Client()
    for client, user in ((mine, customer), (ours, world.expert), (neighbour, world.stranger.user)):
        client.force_login(user)
    with clock_at(MONDAY):
        assert "有人回复之后不能撤回" in mine.get(page).content.decode()
        forged = neighbour.post(f"{page}withdraw/", {"comment": said.pk})
        assert (forged.status_code, "只能撤回自己写的" in forged.content.decode()) == (422, True)
        mine.post(f"{page}withdraw/", {"comment": said.pk})
        assert "您已撤回" in mine.get(page).content.decode()
        assert "看错了" not in neighbour.get(page).content.decode()
        shown = ours.get(f"/console/board/{post.code}/").content.decode()
        assert ("其实是我看错了" in shown, "作者已撤回" in shown, "恢复显示" in shown) == (True, True, False)
        with pytest.raises(ActionRefusedError, match="作者自己撤回"):
            moderating.restore(post=post, comment=said, actor=world.manager, at=MONDAY)
        key = bearer(new_key("api", user=customer))
        assert mine.delete(f"/api/v1/board/posts/{post.code}/", **key).status_code == 204
        assert neighbour.get(page).status_code == 404
    post.refresh_from_db()
    promise = promise_of(post)
    assert (post.is_withdrawn, post.comment_count, bool(promise and promise.stopped_at)) == (True, 0, True)
    assert BoardEvent.objects.filter(kind="withdrawn").count() == 2


def reply(world: World, post: Post, said: Comment) -> None:
    talking.comment(post=post, body="我也是", author=world.stranger.user, at=MONDAY, parent=said)


def accept(world: World, post: Post, said: Comment) -> None:
    asking.accept_answer(post=post, comment=said, actor=world.yonsuite.contact.user, at=MONDAY)


def close(world: World, post: Post, said: Comment) -> None:
    moderating.close(post=post, words="说完了", actor=world.manager, at=MONDAY)


def from_forum(world: World, post: Post, said: Comment) -> None:
    Comment.objects.update(external_id="7")
    Post.objects.update(source="discourse", external_id="7")


@pytest.mark.parametrize(
    ("act", "of_comment", "of_post"),
    [
        (reply, "replied_to", "replied_to"),
        (accept, "is_an_answer", None),
        (close, "post_closed", "post_closed"),
        (from_forum, "in_the_forum", "in_the_forum"),
    ],
)
def test_what_others_built_on_is_not_taken_back__Y04(world: World, act: Any, of_comment: str, of_post: str | None):
    post, author = asked(world), world.yonsuite.contact.user
    said = talking.comment(post=post, body="补充一句", author=author, at=MONDAY)
    act(world, post, said)
    for comment, code in ((said, of_comment), (None, of_post)):
        if code:
            with pytest.raises(ActionRefusedError) as refused:
                withdraw(post=post, comment=comment, actor=author, at=MONDAY)
            assert (refused.value.code, bool(refused.value.ways_on) or code == "post_closed") == (code, True)


def test_an_official_answer_is_not_its_author_s_to_take_back__Y04(world: World):
    post = asked(world)
    said = answering.answer(post=post, body="可以。", actor=world.expert, at=MONDAY)
    with pytest.raises(ActionRefusedError, match="官方答复"):
        withdraw(post=post, comment=said, actor=world.expert, at=MONDAY)
