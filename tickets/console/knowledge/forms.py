"""What an article is written with."""

import re
from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.models import Product, Vendor
from plans.wording import name_of
from tickets.actions.knowledge.writing import LONGEST_BODY, LONGEST_TITLE, Shelf, Words
from tickets.console.accounts.fields import REQUIRED, Named
from tickets.models import Article, ArticleVersion, Directory, Topic

CHAPTER = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})\s+([^|]{1,80}?)(?:\s*\|\s*(.{1,120}))?")
PLACE = ("vendor", "kind", "directory", "module", "products", "topics")
# Another vendor has other directories and products: they are fetched, what was typed stays.
TURN = {
    "hx-post": "", "hx-trigger": "change", "hx-vals": '{"turn": "1"}', "hx-select": "#shelf", "hx-target": "#shelf",
    "hx-swap": "outerHTML",
}  # fmt: skip
SAID = ("title", "title_en", "body", "body_en", "video", "seconds")


class Several(forms.ModelMultipleChoiceField):
    """Some rows, by name."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class ArticleForm(forms.Form):
    """An article as its author writes it; `seen` is the stamp of the version it was written over.

    What customers see at once is fixed on an article they read: its vendor for all, its place for who may not publish.
    """

    use_required_attribute = False

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    vendor = forms.ChoiceField(label=_("厂商"), error_messages=REQUIRED, widget=forms.Select(attrs=TURN))
    kind = forms.ChoiceField(label=_("文章类型"), choices=Article.Kind.choices)
    directory = Named(Directory.objects.none(), label=_("目录"), required=False, empty_label=_("不放进目录"))
    module = forms.CharField(
        label=_("模块"), max_length=80, required=False, help_text=_("竖线后面是英文名，如 总账 | General ledger。")
    )
    products = Several(
        Product.objects.none(), label=_("产品"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("一个都不选，就是该厂商的全部产品。"),
    )  # fmt: skip
    topics = Several(Topic.objects.none(), label=_("专题"), required=False, widget=forms.CheckboxSelectMultiple)
    title = forms.CharField(label=_("标题"), max_length=LONGEST_TITLE, error_messages=REQUIRED)
    title_en = forms.CharField(label=_("英文标题"), max_length=160, required=False)
    body = forms.CharField(
        label=_("正文"), max_length=LONGEST_BODY, error_messages=REQUIRED, widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("用 Markdown 写：标题、列表、加粗、表格都可以；图片在文章页上传之后，照那里的写法引用。"),
    )  # fmt: skip
    body_en = forms.CharField(
        label=_("英文正文"), max_length=LONGEST_BODY, required=False, widget=forms.Textarea(attrs={"rows": 10})
    )
    video = forms.CharField(
        label=_("视频地址"), max_length=400, required=False,
        help_text=_("以 https:// 开头，或在文章页上传视频后填它的地址。"),
    )  # fmt: skip
    seconds = forms.IntegerField(label=_("时长（秒）"), min_value=0, max_value=86_400, required=False)
    chapters = forms.CharField(
        label=_("视频章节"), max_length=8000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("一行一章：开始时间、标题，竖线后面是英文标题，如 1:30 生成结转凭证 | Make the voucher。"),
    )  # fmt: skip
    change = forms.CharField(label=_("改了什么"), max_length=200, required=False, help_text=_("同事在版本记录里看到。"))

    def __init__(self, *args: Any, vendor: str = "", fixed: Collection[str] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(one.code, name_of(one)) for one in Vendor.objects.all()]
        self.fields["vendor"].choices = choices  # type: ignore[attr-defined]
        for name in fixed:
            self.fields[name].disabled = True
        # A video may stand without a word.
        self.fields["body"].required = self["kind"].value() != Article.Kind.VIDEO
        said = "" if "vendor" in fixed else self.data.get("vendor", "")
        chosen = said or vendor or self.initial.get("vendor") or (choices[0][0] if choices else "")
        self.initial["vendor"] = chosen
        for name, rows in (("directory", Directory), ("products", Product), ("topics", Topic)):
            self.fields[name].queryset = rows.objects.filter(vendor=chosen)  # type: ignore[attr-defined]

    def clean_chapters(self) -> list[dict[str, Any]]:
        """Return the chapters. Raises ValidationError naming the first line that is none."""
        found = []
        for number, line in enumerate(self.cleaned_data["chapters"].splitlines(), start=1):
            said = CHAPTER.fullmatch(line.strip()) if line.strip() else None
            if line.strip() and said is None:
                raise forms.ValidationError(_("第 %(number)d 行不是“时间 标题”。"), params={"number": number})
            if said:
                at = int(said[1] or 0) * 3600 + int(said[2]) * 60 + int(said[3])
                found.append({"at": at, "title": said[4].strip(), "title_en": (said[5] or "").strip()})
        return found

    def words(self) -> Words:
        """Return what the version says."""
        said = self.cleaned_data
        return Words(
            **{name: said[name] for name in SAID if name != "seconds"},
            seconds=said["seconds"] or 0, chapters=said["chapters"], change=said["change"],
        )  # fmt: skip

    def shelf(self) -> Shelf:
        """Return where the article stands."""
        said = self.cleaned_data
        return Shelf(
            vendor=said["vendor"], kind=said["kind"], module=said["module"], directory=said["directory"],
            products=list(said["products"]), topics=list(said["topics"]),
        )  # fmt: skip


def fixed_of(article: Article | None, *, may_publish: bool) -> Collection[str]:
    """Return the fields that cannot be changed: of an article that came out, what customers would see at once."""
    if article is None or article.current_id is None:
        return ()
    return ("vendor",) if may_publish else PLACE


def first_of(article: Article, version: ArticleVersion) -> dict[str, Any]:
    """Return what the form shows of an article that is to be changed."""
    return {
        **{name: getattr(version, name) for name in SAID},
        "seen": version.stamp,
        "chapters": "\n".join(_line(one) for one in version.chapters),
        "vendor": article.vendor,
        "kind": article.kind,
        "module": article.module,
        "directory": article.directory_id,
        "products": [one.pk for one in article.products.all()],
        "topics": [one.pk for one in article.topics.all()],
    }


def _line(chapter: dict[str, Any]) -> str:
    minutes, seconds = divmod(int(chapter["at"]), 60)
    english = f" | {chapter['title_en']}" if chapter.get("title_en") else ""
    return f"{minutes}:{seconds:02d} {chapter['title']}{english}"
