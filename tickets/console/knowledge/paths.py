"""Learning paths as those who lay them out see them."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from plans.models import Vendor
from plans.wording import name_of, text_of
from sla.refusals import ActionRefusedError
from tickets.actions.knowledge.paths import Step, put_path
from tickets.console.accounts.fields import REQUIRED, Named
from tickets.console.guard import Reader, agents_only
from tickets.console.knowledge.nav import knowledge_page
from tickets.models import Article, LearningPath
from tickets.models.knowledge import PUBLISHERS

# Lines offered beyond the steps that there are.
MORE, MOST = 3, 40


class Titled(Named):
    """An article, by its title; one that was taken down says so, and keeps its step."""

    def label_from_instance(self, obj: Article) -> str:
        said = [obj.number, text_of(obj.current, "title") if obj.current else ""]
        if obj.state != Article.State.PUBLISHED:
            said.append(f"· {obj.get_state_display()}")
        return " ".join(part for part in said if part)


class PathForm(forms.Form):
    """What a path is called, and whom it is for."""

    use_required_attribute = False

    vendor = forms.ChoiceField(label=_("厂商"))
    kind = forms.ChoiceField(label=_("路径类型"), choices=LearningPath.Kind.choices)
    code = forms.SlugField(
        label=_("代码"), max_length=64, error_messages=REQUIRED, help_text=_("网址里的名字，小写字母、数字和连字符。")
    )
    position = forms.IntegerField(label=_("顺序"), min_value=0, max_value=1000, initial=0)
    name = forms.CharField(label=_("名称"), max_length=80, error_messages=REQUIRED)
    name_en = forms.CharField(label=_("英文名称"), max_length=120, error_messages=REQUIRED)
    what = forms.CharField(label=_("说明"), max_length=300, error_messages=REQUIRED)
    what_en = forms.CharField(label=_("英文说明"), max_length=400, error_messages=REQUIRED)
    is_open = forms.BooleanField(label=_("对客户开放"), required=False, initial=True)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["vendor"].choices = [(one.code, name_of(one)) for one in Vendor.objects.all()]  # type: ignore[attr-defined]


class StepForm(forms.Form):
    """One article of a path; an empty line counts for nothing."""

    article = Titled(
        Article.objects.exclude(current=None).select_related("current"),
        label=_("文章"),
        required=False,
        empty_label=_("不选"),
    )
    is_required = forms.BooleanField(label=_("必学"), required=False, initial=True)


@require_safe
@agents_only
def listing(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List the paths, with how many follow each and how many of its steps were learned."""
    learned = Count("steps__article__readings", filter=Q(steps__article__readings__finished_at__isnull=False))
    vendors = Article.objects.visible_to(reader.user).values("vendor")
    seen = LearningPath.objects.filter(vendor__in=vendors)
    rows = seen.annotate(count=Count("steps", distinct=True), learned=learned)
    return knowledge_page(request, reader, ("paths", "console/knowledge/paths.html"), {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def path_page(request: HttpRequest, reader: Reader, pk: int | None = None) -> HttpResponse:
    """Lay a path out anew, or change one."""
    if reader.user.role not in PUBLISHERS:
        raise PermissionDenied
    row = LearningPath.objects.filter(pk=pk).first() if pk else LearningPath()
    if row is None:
        raise Http404
    lines = forms.formset_factory(StepForm, extra=MORE, max_num=MOST, absolute_max=MOST)
    if request.method != "POST":
        return _page(request, reader, row, PathForm(initial=_first(row)), lines(initial=_steps(row)))
    form, steps = PathForm(request.POST), lines(request.POST)
    if not (form.is_valid() and steps.is_valid()):
        return _page(request, reader, row, form, steps)
    for name, value in form.cleaned_data.items():
        setattr(row, name, value)
    try:
        put_path(path=row, steps=_chosen(steps), actor=reader.user)
    except ActionRefusedError as refusal:
        return _page(request, reader, row, form, steps, refusal=refusal)
    messages.success(request, gettext("学习路径存好了。"))
    return redirect("console:knowledge:paths")


def _chosen(steps: Any) -> list[Step]:
    said = [line.cleaned_data for line in steps if line.cleaned_data.get("article")]
    return [(one["article"], one["is_required"]) for one in said]


def _first(row: LearningPath) -> dict[str, Any]:
    names = PathForm.base_fields
    return {name: getattr(row, name) for name in names} if row.pk else {}


def _steps(row: LearningPath) -> list[dict[str, Any]]:
    found = row.steps.all() if row.pk else []
    return [{"article": step.article_id, "is_required": step.is_required} for step in found]


def _page(
    request: HttpRequest, reader: Reader, row: LearningPath, form: PathForm, lines: Any,
    *, refusal: ActionRefusedError | None = None,
) -> HttpResponse:  # fmt: skip
    """Return the form; it comes again with what was typed where something is wrong."""
    wrong = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"row": row, "form": form, "lines": lines, "refusal": refusal}
    status = HTTPStatus.CONFLICT if refusal else wrong
    return knowledge_page(request, reader, ("paths", "console/knowledge/path.html"), context, status)


urlpatterns = [
    path("paths/", listing, name="paths"),
    path("paths/new/", path_page, name="path_new"),
    path("paths/<int:pk>/", path_page, name="path"),
]
