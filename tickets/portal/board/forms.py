"""The board's form: what somebody asks, where it belongs, and whether its ticket's answer may stand in public."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.models import Contact, Product, Vendor
from plans.wording import name_of
from tickets.actions.board.asking import Draft
from tickets.actions.board.standing import LONGEST_BODY, LONGEST_TITLE
from tickets.models import Post, Topic
from tickets.portal.help.shelves import vendors_of

ASKED = {"required": _("请写一句话，让别人一眼看懂是什么事。")}


class AskForm(forms.Form):
    """A new post."""

    kind = forms.ChoiceField(choices=Post.Kind.choices, error_messages={"required": _("请选提问、创意或讨论。")})
    vendor = forms.ChoiceField(required=False)
    product = forms.ChoiceField(required=False)
    topic = forms.ChoiceField(required=False)
    title = forms.CharField(max_length=LONGEST_TITLE, error_messages=ASKED)
    body = forms.CharField(
        max_length=LONGEST_BODY,
        widget=forms.Textarea,
        error_messages={"required": _("请写下经过：做了什么、看到什么。")},
    )
    allows_post_back = forms.BooleanField(required=False)

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vendors = vendors_of(contact)
        self.products = {str(one.pk): one for one in Product.objects.filter(vendor__in=self.vendors)}
        self.topics = {str(one.pk): one for one in Topic.objects.filter(vendor__in=self.vendors)}
        for name, rows in (("product", self.products), ("topic", self.topics)):
            self._choices(name, [("", ""), *((key, name_of(row)) for key, row in rows.items())])
        self._choices("vendor", [(one.code, name_of(one)) for one in Vendor.objects.filter(code__in=self.vendors)])

    def _choices(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def clean(self) -> dict[str, Any]:
        """Want a product and a topic of the board that it is for. Raises ValidationError."""
        said = super().clean() or {}
        places = [self.products.get(said.get("product", "")), self.topics.get(said.get("topic", ""))]
        named = {place.vendor for place in places if place}
        vendor = said.get("vendor") or next(iter(sorted(named) or self.vendors), "")
        if named - {vendor}:
            self.add_error("topic", _("所选的产品或专题不在这个社区里。"))
        said["vendor"] = vendor
        return said

    def draft(self) -> Draft:
        """Return what was asked. Call once the form is valid."""
        said = self.cleaned_data
        return Draft(
            vendor=said["vendor"], kind=said["kind"], title=said["title"], body=said["body"],
            topic=self.topics.get(said["topic"]), product=self.products.get(said["product"]),
            allows_post_back=said["allows_post_back"],
        )  # fmt: skip
