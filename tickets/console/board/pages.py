"""The community's pages in the console: what waits for an answer, and one post with everything that happened to it."""

from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from sla.refusals import ActionRefusedError
from tickets.actions.board.ticketing import draft_of
from tickets.actions.board.timing import promise_of
from tickets.board_page import told
from tickets.console.board.lines import VIEWS, counts, lines_of, narrowed, promise_shown, seen_by
from tickets.console.guard import Reader, agents_only
from tickets.console.rail import rail
from tickets.console.views import shown
from tickets.knowledge.finding import asked
from tickets.knowledge.posts import search_posts
from tickets.models import BoardEvent, Post, PostBack, Ticket, Topic
from tickets.models.board import MODERATORS
from tickets.showing.names import names_for

PAGE, MOST_FOUND, MOST_EVENTS = 25, 40, 60
ICONS = {"unanswered": "running", "ticket": "document", "ideas": "plus", "flags": "breached", "all": "all"}


def board_page(
    request: HttpRequest, reader: Reader, template: str, context: dict[str, Any], status: int = HTTPStatus.OK
) -> HttpResponse:
    """Return a page of the community's area in its frame."""
    found = counts(seen_by(reader))
    view = context.get("view_key", "")
    home = reverse("console:board:list")
    entries = [
        {
            "url": f"{home}?view={key}",
            "name": name,
            "icon": ICONS[key],
            "is_current": key == view,
            "count": found.get(key),
        }
        for key, name in VIEWS.items()
    ]
    frame = {"entries": entries, "in_board": True, "now": reader.at, "is_ours": reader.user.role in MODERATORS}
    return shown(request, template, {**rail(reader, None), **frame, **context}, status)


@require_safe
@agents_only
def listing(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List the posts of a view, or those that say what was asked."""
    words, view = asked(request.GET.get("q", "")), request.GET.get("view", "")
    view = view if view in VIEWS else "unanswered"
    rows = seen_by(reader)
    if words:
        numbered = list(rows.filter(code=words.upper()).shown())
        posts: Any = numbered or [one.post for one in search_posts(rows, words, MOST_FOUND)]
    else:
        posts = narrowed(rows, view).shown().select_related("customer")
    page = Paginator(posts, PAGE).get_page(request.GET.get("page", "1"))
    context = {"lines": lines_of(list(page), reader.at, reader.user), "pages": page, "query": words, "view_key": view}
    return board_page(request, reader, "console/board/list.html", context | {"view_name": VIEWS[view]})


@require_safe
@agents_only
def post_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show a post with its comments, its promise, its ticket and its journal."""
    return page_of(request, reader, find_post(reader, code))


def page_of(
    request: HttpRequest, reader: Reader, post: Post, *, refusal: ActionRefusedError | None = None, typed: str = ""
) -> HttpResponse:
    """Return the page of a post, after an act that was refused with what was typed for it."""
    row = promise_of(post)
    ticket = Ticket.objects.visible_to(reader.user).filter(pk=post.ticket_id).first() if post.ticket_id else None
    context = told(post, reader.user, reader.at) | {
        "row": promise_shown(row, reader.at, reader.user) if row else None,
        "ticket": ticket,
        "draft": draft_of(post) if ticket and post.official_id is None else "",
        "flags": post.flags.filter(settled_at=None).select_related("user", "comment"),
        "events": _journal(post),
        "revisions": post.revisions.all(),
        "post_backs": PostBack.objects.filter(comment__post=post).order_by("-pk"),
        "topics": Topic.objects.filter(vendor=post.vendor),
        "idea_states": Post.Idea.choices,
        "refusal": refusal,
        "typed": typed,
    }
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    return board_page(request, reader, "console/board/post.html", context, status)


def _journal(post: Post) -> list[tuple[BoardEvent, str]]:
    """Return the last lines of a post's journal, each with who did it."""
    events = list(post.events.order_by("-pk")[:MOST_EVENTS])
    names = names_for({one.actor_ref for one in events})
    return [(one, names.of(one.actor_display, one.actor_ref)) for one in events]


def find_post(reader: Reader, code: str) -> Post:
    """Return a post. Raises Http404 for one that the reader may not see as for one that never was."""
    related = ("customer", "merged_into", "clock", "contract__plan", "accepted")
    found = Post.objects.visible_to(reader.user).shown().select_related(*related).filter(code=code).first()
    if found is None:
        raise Http404
    return found
