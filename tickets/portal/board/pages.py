"""The board's pages for reading, and for asking."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from plans.models import User
from sla.clock import database_now
from sla.refusals import ActionRefusedError
from tickets.actions.board import asking
from tickets.actions.board.talking import note_view
from tickets.actions.knowledge.searching import note_search
from tickets.board_page import told
from tickets.knowledge.finding import asked, search
from tickets.knowledge.posts import search_posts
from tickets.models import Article, Post, Search, Ticket, Topic
from tickets.portal.board.forms import AskForm
from tickets.portal.board.lists import Wish, page_of
from tickets.portal.board.promising import promised
from tickets.portal.guard import contact_in, customers_only, user_in
from tickets.portal.help.shelves import vendors_of

HERE = {"page": "board"}
MOST_FOUND, MOST_SUGGESTED = 20, 4


@require_safe
@customers_only
def home(request: HttpRequest) -> HttpResponse:
    """Show the board: its search, its topics, and its posts in the order asked for."""
    user, vendors = user_in(request), vendors_of(contact_in(request))
    words, wish = asked(request.GET.get("q", "")), Wish.of(request.GET, vendors)
    found = search_posts(Post.objects.visible_to(user), words, MOST_FOUND) if words else []
    if len(words) > 1:
        _noted(request, words, found)
    seen = Post.objects.visible_to(user).standing().exclude(topic=None).order_by().values("topic")
    context = {
        "wish": wish,
        "posts": page_of(user, wish),
        "words": words,
        "found": found,
        "topics": Topic.objects.filter(pk__in=seen),
        "tabs": wish.tabs(),
        "orders": wish.orders(),
        "now": database_now(),
    }
    return render(request, "portal/board/home.html", HERE | context)


def _noted(request: HttpRequest, words: str, found: Any) -> Search:
    contact = contact_in(request)
    vendors = vendors_of(contact)
    vendor = vendors[0] if len(vendors) == 1 else ""
    place = Search.Place.BOARD
    return note_search(contact=contact, words=words, place=place, found=found, vendor=vendor, at=database_now())


@require_safe
@customers_only
def mine(request: HttpRequest) -> HttpResponse:
    """List what the reader posted and what they follow."""
    user = user_in(request)
    posts = Post.objects.visible_to(user).shown().order_by("-last_at", "-pk")
    context = {"written": posts.filter(author=user), "followed": posts.filter(follows__user=user).exclude(author=user)}
    return render(request, "portal/board/mine.html", HERE | context | {"now": database_now()})


@require_safe
@customers_only
def post(request: HttpRequest, code: str) -> HttpResponse:
    """Show a post and what was said to it."""
    found = find_post(user_in(request), code)
    note_view(post=found)
    return shown(request, found)


def shown(request: HttpRequest, found: Post, *, status: int = 200, **more: Any) -> HttpResponse:
    """Return the page of a post, after something that could not be done with what was typed."""
    user = user_in(request)
    theirs = Ticket.objects.visible_to(user).filter(pk=found.ticket_id).first() if found.ticket_id else None
    at = database_now()
    context = HERE | told(found, user, at) | {"promise": promised(found, at), "ticket": theirs} | more
    return render(request, "portal/board/post.html", context, status=status)


def find_post(user: User, code: str) -> Post:
    """Return a post. Raises Http404 for one that this reader may not see as for one that never was."""
    rows = Post.objects.visible_to(user).shown().select_related("merged_into", "clock")
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@customers_only
def ask(request: HttpRequest) -> HttpResponse:
    """Put something on the board; what may answer it already is shown before it is sent."""
    contact = contact_in(request)
    if request.method != "POST":
        said = {
            "kind": request.GET.get("kind", "question"),
            "title": request.GET.get("title", ""),
            "allows_post_back": True,
        }
        return _asking(request, AskForm(initial=said, contact=contact))
    form = AskForm(request.POST, contact=contact)
    if not form.is_valid():
        return _asking(request, form, status=422)
    if not request.POST.get("seen") and (found := _suggested(request, form.cleaned_data["title"])):
        return _asking(request, form, **found)
    try:
        made = asking.ask(draft=form.draft(), author=user_in(request), at=database_now())
    except ActionRefusedError as refusal:
        return _asking(request, form, status=422, refusal=refusal)
    return redirect("portal:board:post", made.code)


def _asking(request: HttpRequest, form: AskForm, *, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "portal/board/ask.html", HERE | {"form": form} | more, status=status)


@require_safe
@customers_only
def suggest(request: HttpRequest) -> HttpResponse:
    """Show articles and posts that may answer a question while it is being written. Source: Y01"""
    found = _suggested(request, request.GET.get("title", ""))
    return render(request, "portal/board/_suggestions.html", found)


def _suggested(request: HttpRequest, title: str) -> dict[str, Any]:
    """Return what may answer a question, and the row that keeps that it was looked for; nothing where nothing does."""
    user, words = user_in(request), asked(title)
    if len(words) < 2:
        return {}
    articles = search(Article.objects.visible_to(user), words, MOST_SUGGESTED)
    posts = search_posts(Post.objects.visible_to(user), words, MOST_SUGGESTED)
    kept = _noted(request, words, [*articles, *posts])
    return {"articles": articles, "found": posts, "search": kept} if articles or posts else {}
