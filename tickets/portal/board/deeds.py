"""What readers of the board do: comment, vote, follow, report, say that it is solved, put their own words right."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sla.clock import database_now
from sla.refusals import ActionRefusedError
from tickets.actions.board import asking, talking, withdrawing
from tickets.actions.knowledge.searching import note_solved
from tickets.models import Comment, Post
from tickets.portal.board.pages import find_post, shown
from tickets.portal.guard import customers_only, user_in
from tickets.portal.help.pages import search_of

Deed = Callable[[HttpRequest, Post], str]


def deed(act: Deed) -> Callable[..., HttpResponse]:
    """Return the view that does something with a post, then shows it; what was refused is said above what was typed."""

    @require_POST
    @customers_only
    def view(request: HttpRequest, code: str) -> HttpResponse:
        found = find_post(user_in(request), code)
        try:
            place = act(request, found)
        except ActionRefusedError as refusal:
            return shown(request, found, status=422, refusal=refusal, typed=request.POST.get("body", ""))
        return redirect(f"/portal/board/{found.code}/{place}")

    return view


def comment_in(request: HttpRequest, post: Post, name: str = "comment") -> Comment | None:
    """Return the comment that a form names, None where it names none. Raises Http404 for one that is not to be read."""
    said = request.POST.get(name, "")
    if not said:
        return None
    key = int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else 0
    found = post.comments.readable_by(user_in(request)).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


@deed
def comment(request: HttpRequest, post: Post) -> str:
    """Say something to a post or to a comment."""
    parent = comment_in(request, post, "parent")
    body = request.POST.get("body", "")
    said = talking.comment(post=post, body=body, author=user_in(request), parent=parent, at=database_now())
    return f"#comment-{said.pk}"


@deed
def vote(request: HttpRequest, post: Post) -> str:
    """Vote for a post, or take the vote back."""
    if request.POST.get("back"):
        talking.unvote(post=post, user=user_in(request))
    else:
        talking.vote(post=post, user=user_in(request), at=database_now())
    return ""


@deed
def follow(request: HttpRequest, post: Post) -> str:
    """Hear what becomes of a post, or no more."""
    if request.POST.get("back"):
        talking.unfollow(post=post, user=user_in(request))
    else:
        talking.follow(post=post, user=user_in(request), at=database_now())
        messages.success(request, _("有新动态会写信告诉您。"))
    return ""


@deed
def flag(request: HttpRequest, post: Post) -> str:
    """Report a post or a comment."""
    said, why = comment_in(request, post), request.POST.get("why", "")
    talking.flag(post=post, comment=said, why=why, user=user_in(request), at=database_now())
    messages.success(request, _("收到举报，版主会处理。"))
    return ""


@deed
def accept(request: HttpRequest, post: Post) -> str:
    """Say that a comment solved it."""
    said = comment_in(request, post)
    if said is None:
        raise Http404
    asking.accept_answer(post=post, comment=said, actor=user_in(request), at=database_now())
    return f"#comment-{said.pk}"


@deed
def edit(request: HttpRequest, post: Post) -> str:
    """Put one's own words right."""
    said, body = comment_in(request, post), request.POST.get("body", "")
    if said:
        talking.edit_comment(comment=said, body=body, actor=user_in(request), at=database_now())
        return f"#comment-{said.pk}"
    title = request.POST.get("title", "")
    asking.edit(post=post, title=title, body=body, actor=user_in(request), at=database_now())
    return ""


@deed
def withdraw(request: HttpRequest, post: Post) -> str:
    """Take one's own words back."""
    withdrawing.withdraw(post=post, comment=comment_in(request, post), actor=user_in(request), at=database_now())
    messages.success(request, _("已撤回，别人看不到了。"))
    return ""


@require_POST
@customers_only
def solved(request: HttpRequest) -> HttpResponse:
    """Keep that what was found answered a question: it need not be asked. Source: Y01"""
    kept = search_of(request)
    if kept:
        note_solved(search=kept, article=None, at=database_now())
    messages.success(request, _("太好了，不用再提问了。"))
    return redirect("portal:board:home")
