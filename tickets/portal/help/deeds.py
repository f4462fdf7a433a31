"""What readers of the help centre do: learn, watch, judge, say that they were answered."""

from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sla.clock import database_now
from sla.refusals import ActionRefusedError
from tickets.actions.knowledge import reading
from tickets.actions.knowledge.searching import note_solved
from tickets.models import Article
from tickets.portal.guard import customers_only, user_in
from tickets.portal.help.pages import HERE, find_article, search_of, shown


@require_POST
@customers_only
def finish(request: HttpRequest, number: str) -> HttpResponse:
    """Note an article as learned, or as to be learned again."""
    user, at = user_in(request), database_now()
    found = find_article(user, number)
    if request.POST.get("again"):
        reading.take_up_again(article=found, user=user, at=at)
    else:
        reading.finish(article=found, user=user, at=at)
        messages.success(request, _("记下了，这一篇学完了。"))
    return redirect(_back(request, found))


def _back(request: HttpRequest, found: Article) -> str:
    """Return where a reader goes on: along the path they are on, else where they were."""
    code = request.POST.get("path", "").replace("\0", "")
    on_it = found.steps.filter(path__code=code, path__is_open=True).select_related("path").first() if code else None
    return f"/portal/help/paths/{on_it.path.code}/" if on_it else f"/portal/help/{found.number}/"


@require_POST
@customers_only
def watch(request: HttpRequest, number: str) -> HttpResponse:
    """Note where a video is being watched; what is no number of seconds is left aside."""
    user, said = user_in(request), request.POST.get("second", "")
    found = find_article(user, number)
    if said.isascii() and said.isdecimal() and len(said) < 7:
        reading.watch(article=found, user=user, second=int(said), at=database_now())
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@require_POST
@customers_only
def judge(request: HttpRequest, number: str) -> HttpResponse:
    """Keep whether an article helped."""
    user, at = user_in(request), database_now()
    found = find_article(user, number)
    verdict, words = request.POST.get("verdict", ""), request.POST.get("words", "")
    try:
        reading.judge(article=found, user=user, verdict=verdict, words=words, at=at)
    except ActionRefusedError as refusal:
        return _again(request, found, refusal.message, at)
    kept = search_of(request)
    if kept and verdict == "helpful":
        note_solved(search=kept, article=found, at=at)
    messages.success(request, _("谢谢，作者会看到。"))
    return redirect(f"/portal/help/{found.number}/#verdict")


def _again(request: HttpRequest, found: Article, wrong: str, at: datetime) -> HttpResponse:
    row = found.readings.filter(user=user_in(request)).first()
    context = HERE | shown(request, found, row, at) | {"wrong": wrong, "opinion": request.POST.get("words", "")}
    return render(request, "portal/help/article.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
@customers_only
def solved(request: HttpRequest) -> HttpResponse:
    """Keep that a search answered its question: no ticket is needed."""
    kept = search_of(request)
    if kept:
        note_solved(search=kept, article=None, at=database_now())
    messages.success(request, _("太好了，不用提交工单了。"))
    return redirect("portal:help:home")
