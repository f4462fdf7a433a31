"""Forms of what is handed over, for either side, and the files that come with them."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from plans.actions.deliverables import Papers
from plans.deliverables.files import KeptFile, keep_all, too_large
from plans.models import Contact, Contract, Deliverable, Engagement, Entitlement
from tickets.engagement_forms import figure, short, words
from tickets.showing.wording import name_of
from tickets.uploads import was_cut

# What people deliver before anybody can sign for it.
DONE = (Engagement.State.DELIVERED, Engagement.State.RECORDED, Engagement.State.CLOSED)


class Person(forms.ModelChoiceField):
    """One of the customer's people by name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{name_of(obj)} · {obj.email}" if obj.email else name_of(obj)


class Service(forms.ModelChoiceField):
    """An engagement by its number and topic."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.number} {obj.topic}"


class PapersForm(forms.Form):
    """The files of a round, and a word along with them; the files are read apart."""

    is_generated = forms.BooleanField(label=_("附上由交付记录生成的报告（PDF）"), required=False)
    person_days = figure(_("实际人天"), help_text=_("确认后从合同的时间余额扣减；不填就按交付记录。"))
    remark = words(_("附言"), 4000, required=False)

    def papers(self, files: list[KeptFile]) -> Papers:
        """Return what was typed, with files."""
        said = self.cleaned_data
        return Papers(files, said["remark"], said["person_days"] or None)


class HandOverForm(PapersForm):
    """What is handed over, out of which service, and to whom."""

    title = short(_("标题"), 160, required=True, error_messages={"required": _("请写标题。")})
    title_en = short(_("英文标题"), 160, help_text=_("客户有人读英文时填写。"))
    kind = forms.ChoiceField(label=_("类别"), choices=Deliverable.Kind.choices)
    engagement = Service(Engagement.objects.none(), label=_("出自哪次服务"), required=False, empty_label="—")
    addressee = Person(
        Contact.objects.none(), label=_("签字人"), required=False, empty_label=_("客户管理员"),
        help_text=_("除了客户管理员和服务的申请人，还请谁签字。"),
    )  # fmt: skip
    field_order = ("title", "title_en", "kind", "engagement", "addressee", "person_days", "remark")

    def __init__(self, *args: Any, entitlement: Entitlement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        contract: Contract = entitlement.contract
        rows = contract.engagements.filter(item=entitlement.item_id, state__in=DONE)
        fields["engagement"].queryset = rows.order_by("-pk")
        fields["addressee"].queryset = Contact.objects.active().filter(customer=contract.customer_id)


class SignForm(forms.Form):
    """A name typed as a signature, under the files whose digest the page showed."""

    name = short(_("键入姓名作为签名"), 80, required=True, error_messages={"required": _("请键入您的姓名作为签名。")})
    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    has_read = forms.BooleanField(
        label=_("我已查看文件，确认内容与实际服务相符"), error_messages={"required": _("请先查看文件，再勾选。")}
    )


class ObjectionForm(forms.Form):
    """What is to be changed."""

    words = words(_("书面修改意见"))


def uploaded(request: HttpRequest) -> list[tuple[str, bytes]]:
    """Return the files of a request by name and content. Raises RefusedError where it brought more than is taken."""
    files = request.FILES.getlist("files")
    if was_cut(request):
        raise too_large()
    return [(file.name or "", file.read()) for file in files]


def kept(request: HttpRequest) -> list[KeptFile]:
    """Check and keep the files of a request, and return them. Raises RefusedError for what is not handed over."""
    return keep_all(uploaded(request))
