"""Articles as those who write them see them: all states, versions, use, and what readers said."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.wording import text_of
from sla.refusals import ActionRefusedError
from tickets.actions.knowledge import writing
from tickets.actions.knowledge.filing import LARGEST, add_file
from tickets.console.guard import Reader, agents_only
from tickets.console.knowledge.forms import ArticleForm, first_of
from tickets.console.knowledge.nav import knowledge_page
from tickets.knowledge.figures import use_of
from tickets.knowledge.files import address_of
from tickets.knowledge.finding import asked, search
from tickets.knowledge.writing import html_of
from tickets.models import Article, ArticleVersion

PAGE, MOST_FOUND, MOST_WORDS = 40, 60, 20
DEEDS = {"publish": writing.publish, "withdraw": writing.withdraw}


@require_safe
@agents_only
def listing(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List articles of a state, or those that say what was asked."""
    words, state = asked(request.GET.get("q", "")), request.GET.get("state", "")
    rows = Article.objects.visible_to(reader.user)
    if state in Article.State.values:
        rows = rows.filter(state=state)
    numbered = rows.filter(number=words.upper())
    found = [one.article for one in search(rows, words, MOST_FOUND)] if words else rows.shown()
    page = Paginator(list(numbered.shown()) or found, PAGE).get_page(request.GET.get("page", "1"))
    lines = [{"article": one, "version": one.current or _draft(one), "use": use_of(one)} for one in page]
    context = {"lines": lines, "pages": page, "query": words, "state": state, "states": Article.State.choices}
    return knowledge_page(request, reader, ("list", "console/knowledge/list.html"), context)


def _draft(article: Article) -> ArticleVersion | None:
    return article.versions.filter(published_at=None).first()


def find_article(number: str) -> Article:
    """Return an article. Raises Http404 where there is none of this number."""
    found = Article.objects.shown().filter(number=number).first()
    if found is None:
        raise Http404
    return found


@require_safe
@agents_only
def article_page(request: HttpRequest, reader: Reader, number: str) -> HttpResponse:
    """Show an article, in the version asked for, with its other versions and what became of it."""
    return _page(request, reader, find_article(number))


def _page(
    request: HttpRequest, reader: Reader, article: Article, refusal: ActionRefusedError | None = None
) -> HttpResponse:
    versions = list(article.versions.all())
    asked_for = request.GET.get("version", "")
    current = next((one for one in versions if str(one.number) == asked_for), versions[0] if versions else None)
    files = list(article.files.all())
    named = {one.name: address_of(one) for one in files}
    context = {
        "article": article,
        "versions": versions,
        "version": current,
        "draft": next((one for one in versions if one.published_at is None), None),
        "body": html_of(text_of(current, "body"), named) if current else "",
        "files": [{"row": one, "url": address_of(one)} for one in files],
        "use": use_of(article),
        "opinions": article.readings.exclude(words="").order_by("-verdict_at")[:MOST_WORDS],
        "refusal": refusal,
    }
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    return knowledge_page(request, reader, ("list", "console/knowledge/article.html"), context, status)


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def write_page(request: HttpRequest, reader: Reader, number: str = "") -> HttpResponse:
    """Write a new article, or a new draft of one; what was typed stays whatever happens."""
    article = find_article(number) if number else None
    last = article.versions.first() if article else None
    if request.method != "POST":
        first: dict[str, Any] = first_of(article, last) if article and last else {"title": request.GET.get("title", "")}
        vendor = article.vendor if article else request.GET.get("vendor", "")
        return _form(request, reader, ArticleForm(initial=first, vendor=vendor), article)
    form = ArticleForm(request.POST)
    if not form.is_valid():
        return _form(request, reader, form, article, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        kept = _kept(form, article, reader)
    except ActionRefusedError as refusal:
        return _form(request, reader, form, article, refusal=refusal, status=HTTPStatus.CONFLICT)
    messages.success(request, _("草稿存好了，发布之后客户才看得到。"))
    return redirect("console:knowledge:article", kept.number)


def _kept(form: ArticleForm, article: Article | None, reader: Reader) -> Article:
    shelf, words = form.shelf(), form.words()
    if article is None:
        return writing.create(shelf=shelf, words=words, actor=reader.user, at=reader.at)
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
    article, deed = find_article(number), request.POST.get("deed", "")
    try:
        if deed in DEEDS:
            DEEDS[deed](article=article, actor=reader.user, at=reader.at)
        elif deed == "discard" and writing.discard(article=article, actor=reader.user).pk is None:
            return redirect("console:knowledge:list")
    except ActionRefusedError as refusal:
        return _page(request, reader, article, refusal)
    return redirect("console:knowledge:article", number)


@require_POST
@agents_only
def upload(request: HttpRequest, reader: Reader, number: str) -> HttpResponse:
    """Add a file to an article."""
    article, file = find_article(number), request.FILES.get("file")
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


urlpatterns = [
    path("", listing, name="list"),
    path("new/", write_page, name="new"),
    path("preview/", preview, name="preview"),
    path("articles/<slug:number>/", article_page, name="article"),
    path("articles/<slug:number>/write/", write_page, name="write"),
    path("articles/<slug:number>/decide/", decide, name="decide"),
    path("articles/<slug:number>/files/", upload, name="upload"),
]
