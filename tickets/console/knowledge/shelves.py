"""Directories and topics as those who write see them: laid out, renamed, and taken away once nothing stands there."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.models import Vendor
from plans.wording import name_of
from sla.refusals import ActionRefusedError
from tickets.actions.knowledge.shelving import CODE, put_directory, put_topic, remove
from tickets.console.accounts.fields import REQUIRED, Named
from tickets.console.guard import Reader, agents_only
from tickets.console.knowledge.nav import knowledge_page
from tickets.models import Article, Directory, Topic
from tickets.models.knowledge import WRITERS

Row = Directory | Topic
KINDS: dict[str, type[Directory] | type[Topic]] = {"directories": Directory, "topics": Topic}


class TopicForm(forms.Form):
    """What a topic is called; its code is fixed once files may name it."""

    use_required_attribute = False

    code = forms.RegexField(
        CODE, label=_("代码"), max_length=63, help_text=_("文件里用的名字，小写字母、数字和连字符；以后不改。"),
        error_messages={**REQUIRED, "invalid": _("代码只能用小写字母、数字和连字符。")},
    )  # fmt: skip
    name = forms.CharField(label=_("名称"), max_length=80, error_messages=REQUIRED)
    name_en = forms.CharField(label=_("英文名称"), max_length=80, error_messages=REQUIRED)

    def __init__(self, *args: Any, row: Row, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["code"].disabled = row.pk is not None


class DirectoryForm(TopicForm):
    """What a directory is called, and where it stands."""

    parent = Named(
        Directory.objects.none(), label=_("上级目录"), required=False, empty_label=_("没有：放在最上面"),
        error_messages={"invalid_choice": _("目录最多两级：请选一个没有上级的目录。")},
    )  # fmt: skip
    position = forms.IntegerField(
        label=_("顺序"), min_value=0, max_value=1000, initial=0, error_messages=REQUIRED, help_text=_("数字小的在前。")
    )

    def __init__(self, *args: Any, row: Directory, **more: Any) -> None:
        super().__init__(*args, row=row, **more)
        tops = Directory.objects.filter(vendor=row.vendor, parent=None).exclude(pk=row.pk)
        self.fields["parent"].queryset = tops  # type: ignore[attr-defined]


@require_safe
@agents_only
def listing(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List each vendor's directories as the help centre shows them, and its topics."""
    return _listing(request, reader)


def _listing(request: HttpRequest, reader: Reader, refusal: ActionRefusedError | None = None) -> HttpResponse:
    _writers_only(reader)
    below = Count("children", distinct=True)
    directories = list(_counted(Directory.objects.annotate(below=below)))
    topics = list(_counted(Topic.objects.all()))
    vendors = [
        {"row": vendor, "directories": _in_order(vendor, directories), "topics": _of(vendor, topics)}
        for vendor in Vendor.objects.all()
    ]
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    context = {"vendors": vendors, "refusal": refusal}
    return knowledge_page(request, reader, ("shelves", "console/knowledge/shelves.html"), context, status)


def _counted(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return places with how many articles stand there, and how many of them customers read."""
    seen = Count("articles", filter=Q(articles__state=Article.State.PUBLISHED), distinct=True)
    return rows.annotate(count=Count("articles", distinct=True), seen=seen)


def _of(vendor: Vendor, rows: list[Any]) -> list[Any]:
    return [row for row in rows if row.vendor == vendor.code]


def _in_order(vendor: Vendor, rows: list[Directory]) -> list[Directory]:
    """Return directories each followed by those below it."""
    ours = _of(vendor, rows)
    tops = [row for row in ours if row.parent_id is None]
    return [one for top in tops for one in (top, *(row for row in ours if row.parent_id == top.pk))]


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def place_page(request: HttpRequest, reader: Reader, kind: str, pk: int | None = None) -> HttpResponse:
    """Lay out a directory or a topic, or change one."""
    _writers_only(reader)
    row = _row(kind, pk) if pk else _new(request, kind)
    form = _form(row, request.POST if request.method == "POST" else None)
    if not (form.is_bound and form.is_valid()):
        return _page(request, reader, row, form)
    for name, value in form.cleaned_data.items():
        setattr(row, name, value)
    try:
        _put(row, reader)
    except ActionRefusedError as refusal:
        return _page(request, reader, row, form, refusal)
    messages.success(request, gettext("已保存：%(name)s") % {"name": name_of(row)})
    return redirect("console:knowledge:shelves")


def _writers_only(reader: Reader) -> None:
    if reader.user.role not in WRITERS:
        raise PermissionDenied


def _row(kind: str, pk: int) -> Row:
    row: Row | None = KINDS[kind].objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _new(request: HttpRequest, kind: str) -> Row:
    """Return a place of the vendor that the page is asked for, its last one so far. Raises Http404 for no vendor."""
    vendor = Vendor.objects.filter(code=request.GET.get("vendor", "").replace("\0", "")).first()
    if vendor is None:
        raise Http404
    return KINDS[kind](vendor=vendor.code)


def _form(row: Row, said: QueryDict | None) -> TopicForm:
    if isinstance(row, Topic):
        return TopicForm(said, row=row, initial=_first(row, "code", "name", "name_en"))
    first = _first(row, "code", "name", "name_en", "parent", "position")
    if not row.pk:
        last = Directory.objects.filter(vendor=row.vendor).aggregate(last=Max("position"))["last"]
        first = {"position": (last or 0) + 1}
    return DirectoryForm(said, row=row, initial=first)


def _first(row: Row, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _put(row: Row, reader: Reader) -> None:
    if isinstance(row, Directory):
        put_directory(directory=row, actor=reader.user)
    else:
        put_topic(topic=row, actor=reader.user)


def _page(
    request: HttpRequest, reader: Reader, row: Row, form: TopicForm, refusal: ActionRefusedError | None = None
) -> HttpResponse:
    """Return the form; it comes again with what was typed where something is wrong."""
    wrong = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    vendor = Vendor.objects.get(code=row.vendor)
    context = {"row": row, "form": form, "refusal": refusal, "is_topic": isinstance(row, Topic), "vendor": vendor}
    status = HTTPStatus.CONFLICT if refusal else wrong
    return knowledge_page(request, reader, ("shelves", "console/knowledge/shelf.html"), context, status)


@require_POST
@agents_only
def remove_place(request: HttpRequest, reader: Reader, kind: str, pk: int) -> HttpResponse:
    """Take a directory or a topic away; one that is gone already is gone."""
    _writers_only(reader)
    row = KINDS[kind].objects.filter(pk=pk).first()
    try:
        if row:
            remove(place=row, actor=reader.user)
            messages.success(request, gettext("已移除：%(name)s") % {"name": name_of(row)})
    except ActionRefusedError as refusal:
        return _listing(request, reader, refusal)
    return redirect("console:knowledge:shelves")


urlpatterns = [
    path("shelves/", listing, name="shelves"),
    *(
        one
        for kind in KINDS
        for one in (
            path(f"shelves/{kind}/new/", place_page, {"kind": kind}, name=f"{kind}_new"),
            path(f"shelves/{kind}/<int:pk>/", place_page, {"kind": kind}, name=kind),
            path(f"shelves/{kind}/<int:pk>/remove/", remove_place, {"kind": kind}, name=f"{kind}_remove"),
        )
    ),
]
