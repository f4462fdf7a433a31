"""Words that are sent often: their list and form, and how the desk finds them; and articles to quote from."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.models.people import Language
from sla.refusals import ActionRefusedError
from tickets.actions.chat import canned as actions
from tickets.bot import Question
from tickets.bot.from_articles import quote
from tickets.console.chat.finding import find_chat, leads, vendors_of
from tickets.console.chat.slips import person_of, vendor_name
from tickets.console.guard import Reader, agents_only
from tickets.console.live import vendors
from tickets.console.rail import rail
from tickets.console.views import shown
from tickets.knowledge.finding import asked, search
from tickets.models import CannedAnswer, Chat
from tickets.models.knowledge import Article
from tickets.showing.wording import name_of

MOST_ARTICLES = 6


class CannedForm(forms.ModelForm):
    """A canned answer as it is typed."""

    is_shared = forms.BooleanField(label=gettext_lazy("大家共用"), required=False)

    class Meta:
        model = CannedAnswer
        fields = ("vendor", "shortcut", "title", "body", "body_en")
        widgets = {"body": forms.Textarea(attrs={"rows": 4}), "body_en": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, reader: Reader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = vendors_of(reader) or vendors()
        self.fields["vendor"] = forms.ChoiceField(
            label=_("厂商"), choices=[(vendor, vendor_name(vendor)) for vendor in mine]
        )
        self.fields["shortcut"] = forms.CharField(label=_("短名"), max_length=40)
        if self.instance.pk:
            self.initial["is_shared"] = self.instance.owner_id is None
        if not leads(reader):
            del self.fields["is_shared"]

    def words(self) -> actions.Words:
        """Return what the valid form says."""
        return actions.Words(**{"is_shared": False} | self.cleaned_data)

    def _post_clean(self) -> None:
        """Leave the row alone: the action checks and saves it."""


def readable(reader: Reader) -> QuerySet[CannedAnswer]:
    """Return the canned answers that a reader may use: everybody's of their vendors, and their own."""
    return CannedAnswer.objects.filter(
        Q(owner=None, vendor__in=vendors_of(reader) or vendors()) | Q(owner=reader.user)
    ).select_related("owner")


@require_safe
@agents_only
def canned_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List the canned answers that the reader may use."""
    words = asked(request.GET.get("q", ""))
    rows = readable(reader)
    if words:
        rows = rows.filter(Q(shortcut__icontains=words) | Q(title__icontains=words) | Q(body__icontains=words))
    answers = [
        {"row": row, "vendor": vendor_name(row.vendor), "may_edit": _may_edit(row, reader), "is_own": bool(row.owner)}
        for row in rows
    ]
    return _shown(request, reader, "console/chat/canned.html", {"answers": answers, "q": words})


def _may_edit(row: CannedAnswer, reader: Reader) -> bool:
    return row.owner_id == reader.user.pk or (row.owner_id is None and leads(reader))


def _shown(
    request: HttpRequest, reader: Reader, template: str, context: dict[str, Any], status: int = HTTPStatus.OK
) -> HttpResponse:
    frame = {**rail(reader, None), "in_chats": True, "now": reader.at}
    return shown(request, template, {**frame, **context}, status)


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def canned_form(request: HttpRequest, reader: Reader, pk: int | None = None) -> HttpResponse:
    """Show the form of a canned answer, new or one's own; posted, keep it. A refusal keeps what was typed."""
    answer = _find(reader, pk) if pk else None
    form = CannedForm(request.POST or None, instance=answer, reader=reader)
    refusal = None
    if form.is_valid():
        try:
            actions.keep(words=form.words(), actor=reader.user, answer=answer)
        except ActionRefusedError as said:
            refusal = said
        else:
            messages.success(request, _("已保存。"))
            return redirect("console:chats:canned")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    context = {"form": form, "answer": answer, "refusal": refusal}
    return _shown(request, reader, "console/chat/canned_form.html", context, status)


def _find(reader: Reader, pk: int) -> CannedAnswer:
    found = readable(reader).filter(pk=pk).first()
    if found is None or not _may_edit(found, reader):
        raise Http404
    return found


@require_POST
@agents_only
def canned_drop(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Delete a canned answer that the reader may change."""
    actions.drop(answer=_find(reader, pk), actor=reader.user)
    messages.success(request, _("已删除。"))
    return redirect("console:chats:canned")


@require_safe
@agents_only
def canned_found(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Return the canned answers for a conversation, in its language, with the names of both sides filled in."""
    chat = find_chat(request.GET.get("chat", ""), reader)
    rows = readable(reader).filter(vendor=chat.vendor).order_by("owner", "shortcut")
    answers = [
        {"shortcut": row.shortcut, "title": row.title, "body": filled(_body(row, chat), chat, reader)} for row in rows
    ]
    response = JsonResponse({"answers": answers})
    response["Cache-Control"] = "private, no-store"
    return response


def _body(row: CannedAnswer, chat: Chat) -> str:
    return row.body_en if chat.language == Language.ENGLISH and row.body_en else row.body


def filled(body: str, chat: Chat, reader: Reader) -> str:
    """Return words with the names put in for `{customer}`, `{agent}` and `{chat}`."""
    said = {"{customer}": person_of(chat), "{agent}": name_of(reader.user), "{chat}": chat.code}
    for name, value in said.items():
        body = body.replace(name, value)
    return body


@require_safe
@agents_only
def articles_part(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show the articles that say what was asked, of those that this customer may read, each ready to be quoted."""
    chat = find_chat(code, reader)
    words = asked(request.GET.get("q", ""))
    found = search(Article.objects.published().filter(vendor=chat.vendor), words, MOST_ARTICLES)
    rows = [{"found": one, "quote": quoted(one.article, chat)} for one in found]
    return shown(request, "console/chat/_articles.html", {"rows": rows, "q": words})


def quoted(article: Article, chat: Chat) -> str:
    """Return an article as it is quoted to a customer, in their language: its title, and where they read it."""
    question = Question("", chat.vendor, language=chat.language, contact=chat.contact)
    with override(chat.language):
        told = quote(article, question)
        return f"{_('《%(title)s》') % {'title': told.title}} {told.url or told.number} "
