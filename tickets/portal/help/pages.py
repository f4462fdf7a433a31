"""The help centre's pages for reading."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from plans.keeping import path_of
from plans.models import User
from plans.wording import text_of
from sla.clock import database_now
from tickets.actions.knowledge.reading import open_article
from tickets.actions.knowledge.searching import note_opened, note_search
from tickets.knowledge.files import address_of, sent
from tickets.knowledge.finding import asked, search
from tickets.knowledge.learning import path_for, paths_for
from tickets.knowledge.posts import search_posts
from tickets.knowledge.videos import chapters_of
from tickets.knowledge.writing import html_of
from tickets.models import Article, ArticleFile, ArticleReading, Post, Search, Ticket
from tickets.portal.finding import Wish as TicketWish
from tickets.portal.finding import found_for
from tickets.portal.guard import contact_in, customers_only, user_in
from tickets.portal.help.shelves import Wish, page_of, places, related, vendors_of
from tickets.showing.wording import in_english

HERE = {"page": "help"}
MOST_FOUND, MOST_SUGGESTED, MOST_TICKETS, MOST_POSTS, NEWEST = 20, 4, 5, 5, 6


@require_safe
@customers_only
def home(request: HttpRequest) -> HttpResponse:
    """Show the ways into the help centre, and what somebody was learning."""
    user, vendors = user_in(request), vendors_of(contact_in(request))
    newest = Article.objects.visible_to(user).shown().order_by("-updated_at", "-pk")[:NEWEST]
    context = {"paths": paths_for(user, vendors), "newest": newest, **places(user, vendors)}
    return render(request, "portal/help/home.html", HERE | context)


@require_safe
@customers_only
def listing(request: HttpRequest) -> HttpResponse:
    """List the articles of a directory, a topic, a product or a kind."""
    user, vendors = user_in(request), vendors_of(contact_in(request))
    wish = Wish.of(request.GET, vendors)
    articles = page_of(user, wish, request.GET.get("page", "1"))
    context = {"wish": wish, "articles": articles, "page_url": wish.url() + "&page=", **places(user, vendors)}
    return render(request, "portal/help/list.html", HERE | context)


@require_safe
@customers_only
def find(request: HttpRequest) -> HttpResponse:
    """Show what articles and the reader's own tickets say about something; a ticket's number leads to it."""
    user, words = user_in(request), asked(request.GET.get("q", ""))
    if Ticket.objects.visible_to(user).filter(number=words.upper()).exists():
        return redirect("portal:ticket", words.upper())
    kept, found = _searched(request, words, Search.Place.HELP, MOST_FOUND)
    mine = found_for(user, TicketWish(words, "all", "1"))[:MOST_TICKETS] if words else []
    posts = search_posts(Post.objects.visible_to(user), words, MOST_POSTS)
    context = {"words": words, "found": found, "search": kept, "tickets": mine, "posts": posts}
    return render(request, "portal/help/find.html", HERE | context)


@require_safe
@customers_only
def suggest(request: HttpRequest) -> HttpResponse:
    """Show articles that may answer a question while it is being written. Source: Y01"""
    words = asked(request.GET.get("subject", ""))
    kept, found = _searched(request, words, Search.Place.FORM, MOST_SUGGESTED)
    return render(request, "portal/help/_suggestions.html", {"found": found, "search": kept})


def _searched(request: HttpRequest, words: str, place: str, limit: int) -> tuple[Search | None, Any]:
    """Return what was found for words, and the row that keeps that they were looked for."""
    contact = contact_in(request)
    vendors = vendors_of(contact)
    if len(words) < 2:
        return None, []
    found = search(Article.objects.visible_to(user_in(request)), words, limit)
    vendor = vendors[0] if len(vendors) == 1 else ""
    kept = note_search(contact=contact, words=words, place=place, found=found, vendor=vendor, at=database_now())
    return kept, found


@require_safe
@customers_only
def article(request: HttpRequest, number: str) -> HttpResponse:
    """Show an article, and note that it was read."""
    user, at = user_in(request), database_now()
    found = find_article(user, number)
    kept = search_of(request)
    if kept:
        note_opened(search=kept, article=found)
    reading = open_article(article=found, user=user, at=at)
    return render(request, "portal/help/article.html", HERE | shown(request, found, reading, at))


def shown(request: HttpRequest, found: Article, reading: ArticleReading | None, at: datetime) -> dict[str, Any]:
    """Return what the page of an article needs."""
    version = found.current
    files, kept = list(found.files.visible_to(user_in(request))), search_of(request)
    body = text_of(version, "body") if version else ""
    is_chinese = in_english() and version is not None and not version.body_en
    return {
        "article": found,
        "version": version,
        "body": html_of(body, {one.name: address_of(one) for one in files}),
        "is_only_chinese": is_chinese,
        "chapters": chapters_of(version) if version else [],
        "is_ours": bool(version and version.video.startswith("/")),
        "documents": [one for one in files if address_of(one) not in body and not one.content_type.startswith("video")],
        "reading": reading,
        "related": related(user_in(request), found),
        # What a question would be about that it does not answer.
        "about": kept.words if kept else version.title if version else "",
        "opinion": reading.words if reading else "",
        "search": kept,
        "now": at,
    }


@require_safe
@customers_only
def paths(request: HttpRequest) -> HttpResponse:
    """List the learning paths, by scenario and by role. Source: K14"""
    user, vendors = user_in(request), vendors_of(contact_in(request))
    return render(request, "portal/help/paths.html", HERE | {"paths": paths_for(user, vendors)})


@require_safe
@customers_only
def path(request: HttpRequest, code: str) -> HttpResponse:
    """Show one learning path and how far its reader is."""
    user, vendors = user_in(request), vendors_of(contact_in(request))
    found = path_for(user, vendors, code)
    if found is None:
        raise Http404
    return render(request, "portal/help/path.html", HERE | {"path": found})


def find_article(user: User, number: str) -> Article:
    """Return an article. Raises Http404 for one that this reader may not see as for one that never was."""
    found = Article.objects.visible_to(user).shown().filter(number=number).first()
    if found is None:
        raise Http404
    return found


def search_of(request: HttpRequest) -> Search | None:
    """Return the reader's own search that a request comes from, if it says one."""
    said = request.GET.get("from", "") or request.POST.get("search", "")
    key = int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else 0
    return contact_in(request).searches.filter(pk=key).first() if key else None


@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a file of an article to whoever may read it; another's is as absent as one that never was."""
    user = request.user
    row = ArticleFile.objects.visible_to(user).filter(pk=pk).first() if isinstance(user, User) else None
    path = path_of(row.sha256) if row else None
    if row is None or path is None or not path.is_file():
        raise Http404
    return sent(request, row, path)
