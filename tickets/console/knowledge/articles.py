"""Articles as those who write them see them: all states, versions, use, and what readers said."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sla.refusals import ActionRefusedError
from tickets.actions.knowledge import writing
from tickets.actions.knowledge.filing import LARGEST, add_file, drop_file
from tickets.actions.knowledge.gaps import Missed, begin_article
from tickets.actions.knowledge.writing import files_ahead
from tickets.console.guard import Reader, agents_only
from tickets.console.knowledge.forms import ArticleForm, first_of, fixed_of
from tickets.console.knowledge.nav import knowledge_page
from tickets.knowledge.figures import use_of
from tickets.knowledge.files import address_of
from tickets.knowledge.finding import asked, search
from tickets.knowledge.videos import chapters_of
from tickets.knowledge.writing import html_of
from tickets.models import Article, ArticleVersion
from tickets.models.knowledge import PUBLISHERS, WRITERS, ArticleQuerySet
from tickets.showing.wording import in_english

PAGE, MOST_FOUND, MOST_WORDS = 40, 60, 20


@require_safe
@agents_only
def listing(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List articles of a state, or those that say what was asked."""
    words, state = asked(request.GET.get("q", "")), request.GET.get("state", "")
    rows = Article.objects.visible_to(reader.user)
    if state in Article.State.values:
        rows = rows.filter(state=state)
    page = Paginator(_found(rows, words) if words else rows.shown(), PAGE).get_page(request.GET.get("page", "1"))
    context = {"lines": _lines(list(page)), "pages": page, "query": words, "state": state}
    states = Article.State.choices if reader.user.role in WRITERS else []
    return knowledge_page(request, reader, ("list", "console/knowledge/list.html"), context | {"states": states})


def _found(rows: ArticleQuerySet, words: str) -> list[Article]:
    """Return the article of a number, or those that say something: by what came out, and drafts by their titles."""
    numbered = list(rows.filter(number=words.upper()).shown())
    if numbered:
        return numbered
    out = [one.article for one in search(rows, words, MOST_FOUND)]
    titled = Q(title__icontains=words) | Q(title_en__icontains=words)
    drafts = ArticleVersion.objects.filter(titled, published_at=None).values("article")
    return out + list(rows.filter(pk__in=drafts).exclude(pk__in=[one.pk for one in out]).shown()[:MOST_FOUND])


def _lines(articles: list[Article]) -> list[dict[str, Any]]:
    uses = use_of(articles)
    drafts = {one.article_id: one for one in ArticleVersion.objects.filter(article__in=articles, published_at=None)}
    return [
        {"article": one, "version": one.current or drafts.get(one.pk), "draft": drafts.get(one.pk), "use": uses[one.pk]}
        for one in articles
    ]


def find_article(reader: Reader, number: str) -> Article:
    """Return an article. Raises Http404 for one that the reader may not see as for one that never was."""
    found = Article.objects.visible_to(reader.user).shown().filter(number=number).first()
    if found is None:
        raise Http404
    return found


@require_safe
@agents_only
def article_page(request: HttpRequest, reader: Reader, number: str) -> HttpResponse:
    """Show an article, in the version asked for, with its other versions and what became of it."""
    return _page(request, reader, find_article(reader, number))


def _page(
    request: HttpRequest, reader: Reader, article: Article, refusal: ActionRefusedError | None = None
) -> HttpResponse:
    is_ours = reader.user.role in WRITERS
    versions = [one for one in article.versions.all() if is_ours or one.published_at]
    asked_for = request.GET.get("version", "")
    shown = next((one for one in versions if str(one.number) == asked_for), versions[0] if versions else None)
    files = list(article.files.visible_to(reader.user))
    named = {one.name: address_of(one) for one in files}
    ahead = set(files_ahead(article).values_list("pk", flat=True))
    opinions = article.readings.exclude(words="").select_related("verdict_on").order_by("-verdict_at")
    context = {
        "article": article,
        "versions": versions,
        "version": shown,
        "last": versions[0] if versions else None,
        "draft": next((one for one in versions if one.published_at is None), None),
        "texts": _texts(shown, named) if shown else [],
        "chapters": chapters_of(shown) if shown else [],
        "files": [{"row": one, "url": address_of(one), "is_ahead": one.pk in ahead} for one in files],
        "is_file_ahead": bool(ahead) and article.state == Article.State.PUBLISHED,
        "use": use_of([article])[article.pk],
        "opinions": opinions[:MOST_WORDS] if is_ours else [],
        "refusal": refusal,
    }
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    return knowledge_page(request, reader, ("list", "console/knowledge/article.html"), context, status)


def _texts(version: ArticleVersion, files: dict[str, str]) -> list[dict[str, Any]]:
    """Return what a version says in each of its languages, the reader's own first."""
    said = [
        {"lang": "zh-hans", "title": version.title, "body": html_of(version.body, files)},
        {"lang": "en", "title": version.title_en, "body": html_of(version.body_en, files)},
    ]
    whole = [one for one in said if one["title"] or one["body"]]
    return whole[::-1] if in_english() else whole


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def write_page(request: HttpRequest, reader: Reader, number: str = "") -> HttpResponse:
    """Write a new article, or a new draft of one; what was typed stays whatever happens."""
    article = find_article(reader, number) if number else None
    if reader.user.role not in WRITERS:
        raise PermissionDenied
    fixed = fixed_of(article, may_publish=reader.user.role in PUBLISHERS)
    first = _first(request, reader, article)
    if request.method != "POST":
        return _form(request, reader, ArticleForm(initial=first, fixed=fixed), article)
    if request.POST.get("turn"):
        # Another vendor was chosen: its directories and products, with what was typed.
        typed: dict[str, Any] = request.POST.dict() | {"directory": None, "products": [], "topics": []}
        return _form(request, reader, ArticleForm(initial=first | typed, fixed=fixed), article)
    form = ArticleForm(request.POST, initial=first, fixed=fixed)
    if not form.is_valid():
        return _form(request, reader, form, article, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        kept = _kept(form, article, reader, _missed(request))
    except ActionRefusedError as refusal:
        return _form(request, reader, form, article, refusal=refusal, status=HTTPStatus.CONFLICT)
    messages.success(request, _("草稿存好了，发布之后客户才看得到。"))
    return redirect("console:knowledge:article", kept.number)


def _first(request: HttpRequest, reader: Reader, article: Article | None) -> dict[str, Any]:
    """Return what the form begins with: the last version, or what a link said of an article to be written."""
    last = article.versions.first() if article else None
    if article and last:
        return first_of(article, last)
    ours = reader.user.team.vendor if reader.user.team else ""
    return {"title": request.GET.get("title", ""), "vendor": request.GET.get("vendor") or ours}


def _missed(request: HttpRequest) -> Missed:
    """Return what was looked for in vain that a link says the new article is to answer."""
    said = {name: request.GET.get(name, "").replace("\x00", "") for name in ("vendor", "gap")}
    return Missed(said["vendor"][:20], said["gap"][:200])


def _kept(form: ArticleForm, article: Article | None, reader: Reader, missed: Missed) -> Article:
    shelf, words = form.shelf(), form.words()
    if article is None:
        written = writing.create(shelf=shelf, words=words, actor=reader.user, at=reader.at)
        if missed.words:
            begin_article(missed=missed, article=written, actor=reader.user)
        return written
    seen = form.cleaned_data["seen"]
    return writing.revise(article=article, shelf=shelf, words=words, actor=reader.user, seen=seen, at=reader.at)


def _form(
    request: HttpRequest, reader: Reader, form: ArticleForm, article: Article | None,
    *, refusal: ActionRefusedError | None = None, status: int = HTTPStatus.OK,
) -> HttpResponse:  # fmt: skip
    context = {"form": form, "article": article, "refusal": refusal}
    return knowledge_page(request, reader, ("list", "console/knowledge/write.html"), context, status)


@require_POST
@agents_only
def preview(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show Markdown as customers will see it."""
    bodies = [html_of(request.POST.get(name, "")[: writing.LONGEST_BODY]) for name in ("body", "body_en")]
    return render(request, "console/knowledge/_preview.html", {"bodies": [one for one in bodies if one]})


@require_POST
@agents_only
def decide(request: HttpRequest, reader: Reader, number: str) -> HttpResponse:
    """Publish an article, withdraw it, or throw its draft away; a refusal is told on its page."""
    article, deed, seen = find_article(reader, number), request.POST.get("deed", ""), request.POST.get("seen", "")
    try:
        if deed == "publish":
            writing.publish(article=article, actor=reader.user, at=reader.at, seen=seen)
        elif deed == "withdraw":
            writing.withdraw(article=article, actor=reader.user, at=reader.at)
        elif deed == "discard" and writing.discard(article=article, actor=reader.user, seen=seen).pk is None:
            return redirect("console:knowledge:list")
    except ActionRefusedError as refusal:
        return _page(request, reader, article, refusal)
    return redirect("console:knowledge:article", number)


@require_POST
@agents_only
def upload(request: HttpRequest, reader: Reader, number: str) -> HttpResponse:
    """Add a file to an article."""
    article, file = find_article(reader, number), request.FILES.get("file")
    try:
        writing.may_write(reader.user)
        content = file.read() if file and (file.size or 0) <= LARGEST else b""
        row = add_file(
            article=article, name=file.name or "" if file else "", content=content, by=str(reader.user), at=reader.at
        )
    except ActionRefusedError as refusal:
        return _page(request, reader, article, refusal)
    messages.success(request, _("文件已加上：%(name)s") % {"name": row.name})
    return redirect("console:knowledge:article", number)


@require_POST
@agents_only
def drop(request: HttpRequest, reader: Reader, number: str, pk: int) -> HttpResponse:
    """Take a file away from an article."""
    article = find_article(reader, number)
    file = article.files.filter(pk=pk).first()
    try:
        if file:
            drop_file(file=file, actor=reader.user)
    except ActionRefusedError as refusal:
        return _page(request, reader, article, refusal)
    return redirect("console:knowledge:article", number)


urlpatterns = [
    path("", listing, name="list"),
    path("new/", write_page, name="new"),
    path("preview/", preview, name="preview"),
    path("articles/<slug:number>/", article_page, name="article"),
    path("articles/<slug:number>/write/", write_page, name="write"),
    path("articles/<slug:number>/decide/", decide, name="decide"),
    path("articles/<slug:number>/files/", upload, name="upload"),
    path("articles/<slug:number>/files/<int:pk>/drop/", drop, name="drop"),
]
