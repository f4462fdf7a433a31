"""What one of us does with a post: one form, one act, one action."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sla.refusals import ActionRefusedError
from tickets.actions.board import answering, drafting, moderating, posting_back, talking, ticketing, withdrawing
from tickets.console.board.pages import find_post, page_of
from tickets.console.guard import Reader, agents_only
from tickets.models import Comment, Post, PostBack, Topic

Said = Callable[[str], str]


def _comment(post: Post, reader: Reader, said: Said) -> Comment | None:
    """Return the comment that a form names, None where it names none. Raises Http404 for one that is not there."""
    if not said("comment"):
        return None
    found = post.comments.readable_by(reader.user).filter(pk=_key(said("comment"))).first()
    if found is None:
        raise Http404
    return found


def _key(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else 0


def _answer(post: Post, reader: Reader, said: Said) -> str:
    answering.answer(post=post, body=said("body"), actor=reader.user, at=reader.at)
    return _("官方答复已发布。")


def _say(post: Post, reader: Reader, said: Said) -> str:
    parent = _comment(post, reader, said)
    talking.comment(post=post, body=said("body"), author=reader.user, parent=parent, at=reader.at)
    return _("评论已发布。")


def _mark(post: Post, reader: Reader, said: Said) -> str:
    comment = _comment(post, reader, said)
    if comment is None:
        raise Http404
    answering.mark_official(comment=comment, actor=reader.user, at=reader.at)
    return _("已定为官方答复。")


def _withdraw(post: Post, reader: Reader, said: Said) -> str:
    answering.withdraw_official(post=post, actor=reader.user, words=said("why"), at=reader.at)
    return _("官方答复已撤回，计时继续。")


def _open(post: Post, reader: Reader, said: Said) -> str:
    ticket = ticketing.open_now(post=post, actor=reader.user, at=reader.at)
    return _("已转为工单 %(number)s。") % {"number": ticket.number}


def _post_back(post: Post, reader: Reader, said: Said) -> str:
    ticketing.post_back(post=post, body=said("body"), actor=reader.user, at=reader.at)
    return _("工单的答复已贴回社区。")


def _hide(post: Post, reader: Reader, said: Said) -> str:
    comment = _comment(post, reader, said)
    moderating.hide(post=post, comment=comment, why=said("why"), actor=reader.user, at=reader.at)
    return _("已隐藏，作者会收到理由。")


def _take_back(post: Post, reader: Reader, said: Said) -> str:
    withdrawing.withdraw(post=post, comment=_comment(post, reader, said), actor=reader.user, at=reader.at)
    return _("已撤回，别人看不到了。")


def _restore(post: Post, reader: Reader, said: Said) -> str:
    moderating.restore(post=post, comment=_comment(post, reader, said), actor=reader.user, at=reader.at)
    return _("已恢复显示。")


def _dismiss(post: Post, reader: Reader, said: Said) -> str:
    flag = post.flags.filter(pk=_key(said("flag"))).first()
    if flag is None:
        raise Http404
    moderating.dismiss(flag=flag, actor=reader.user, at=reader.at)
    return _("举报已处理：保留内容。")


def _pin(post: Post, reader: Reader, said: Said) -> str:
    moderating.pin(post=post, is_pinned=not post.is_pinned, actor=reader.user, at=reader.at)
    return _("已取消置顶。") if post.is_pinned else _("已置顶。")


def _close(post: Post, reader: Reader, said: Said) -> str:
    moderating.close(post=post, words=said("why"), actor=reader.user, at=reader.at)
    return _("帖子已关闭。")


def _reopen(post: Post, reader: Reader, said: Said) -> str:
    moderating.reopen(post=post, actor=reader.user, at=reader.at)
    return _("帖子已重新打开。")


def _move(post: Post, reader: Reader, said: Said) -> str:
    topic = Topic.objects.filter(vendor=post.vendor, pk=_key(said("topic"))).first()
    moderating.move(post=post, topic=topic, actor=reader.user, at=reader.at)
    return _("专题已改。")


def _merge(post: Post, reader: Reader, said: Said) -> str:
    into = Post.objects.visible_to(reader.user).filter(code=said("into").strip().upper()).first()
    if into is None:
        raise ActionRefusedError("unknown_post", _("没有这个帖子。"), ways_on=[_("填写帖子编号，如 B-000012。")])
    moderating.merge(post=post, into=into, actor=reader.user, at=reader.at)
    return _("已并入 %(code)s。") % {"code": into.code}


def _idea(post: Post, reader: Reader, said: Said) -> str:
    moderating.set_idea_state(post=post, state=said("state"), words=said("why"), actor=reader.user, at=reader.at)
    return _("进度已更新，关注的人会收到通知。")


def _draft(post: Post, reader: Reader, said: Said) -> str:
    article = drafting.draft_article(post=post, actor=reader.user, at=reader.at)
    return _("已整理成文章草稿 %(number)s。") % {"number": article.number}


def _again(post: Post, reader: Reader, said: Said) -> str:
    row = PostBack.objects.filter(comment__post=post, pk=_key(said("row"))).first()
    if row is None:
        raise Http404
    posting_back.send_again(row=row, actor=reader.user, at=reader.at)
    return _("会再发一次。")


def _follow(post: Post, reader: Reader, said: Said) -> str:
    if said("back"):
        talking.unfollow(post=post, user=reader.user)
        return _("不再为这个帖子给您写信。")
    talking.follow(post=post, user=reader.user, at=reader.at)
    return _("有新动态会写信告诉您。")


ACTS: dict[str, Callable[[Post, Reader, Said], str]] = {
    "answer": _answer,
    "comment": _say,
    "mark": _mark,
    "withdraw": _withdraw,
    "open": _open,
    "post_back": _post_back,
    "hide": _hide,
    "restore": _restore,
    "take_back": _take_back,
    "dismiss": _dismiss,
    "pin": _pin,
    "close": _close,
    "reopen": _reopen,
    "move": _move,
    "merge": _merge,
    "idea": _idea,
    "draft": _draft,
    "again": _again,
    "follow": _follow,
}


@require_POST
@agents_only
def act(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Do something with a post and show it again; a refusal is told, and nothing typed is lost."""
    post = find_post(reader, code)
    done = ACTS.get(request.POST.get("act", ""))
    if done is None:
        raise Http404
    try:
        messages.success(request, done(post, reader, lambda name: request.POST.get(name, "")))
    except ActionRefusedError as refusal:
        typed = request.POST.get("body", "")
        return page_of(request, reader, find_post(reader, code), refusal=refusal, typed=typed)
    return redirect("console:board:post", code)
