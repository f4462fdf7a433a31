"""提交问题 for a customer: what it is about, what their plan answers, and the ticket with the record. Source: Y07"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.coverage import Decision, Inquiry, inquiry_under
from plans.models import Product
from plans.wording import name_of
from sla.refusals import ActionRefusedError
from tickets.actions import chat as actions
from tickets.actions.chat.ticketing import SUBJECT
from tickets.console.chat.card import Card
from tickets.console.chat.finding import find_chat, question_of
from tickets.console.chat.slips import Slip
from tickets.console.guard import Reader, agents_only
from tickets.console.rail import rail
from tickets.console.views import shown
from tickets.customisation_form import Question, fault_of, questions_of, read_answers
from tickets.models import Category, Chat, Priority

LONGEST = 10_000


class ProductField(forms.ModelChoiceField):
    """A product by its code, in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class SubmitForm(forms.Form):
    """What a ticket from a conversation is about; it begins with what the customer asked."""

    subject = forms.CharField(
        label=gettext_lazy("主题"),
        max_length=SUBJECT,
        error_messages={
            "required": gettext_lazy("请写下主题。"),
            "max_length": gettext_lazy("请写短些，最多 200 个字。"),
        },
    )
    category = forms.ChoiceField(label=gettext_lazy("问题类别"), choices=Category)
    priority = forms.ChoiceField(label=gettext_lazy("优先级"), choices=Priority)
    product = ProductField(
        Product.objects.none(), label=gettext_lazy("产品"), required=False, to_field_name="code", empty_label="—"
    )
    body = forms.CharField(
        label=gettext_lazy("补充说明"), max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, said: Mapping[str, Any] | None, chat: Chat, reader: Reader) -> None:
        super().__init__(said, initial=_beginning(chat))
        self.chat = chat
        products = Product.objects.filter(vendor=chat.vendor)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]
        contract = Card(chat, reader).contract
        self.inquiry: Inquiry | None = inquiry_under(contract.number) if contract else None
        self.answers = read_answers(said or {})

    @property
    def questions(self) -> list[Question]:
        """Return what the plan asks about customisation, with what was answered. Source: K02"""
        return questions_of(self.inquiry, self.answers)

    @property
    def customisation_fault(self) -> str:
        """Return what is wrong with the answers, where it is about customisation."""
        is_about = self.is_bound and self["category"].value() == Category.CUSTOMISATION
        return fault_of(self.inquiry, self.answers) if is_about and self.inquiry else ""

    def asked(self) -> actions.Asked:
        """Return what the form says, as far as it is filled in."""
        code, category = str(self["product"].value() or ""), str(self["category"].value() or "")
        priority = str(self["priority"].value() or "")
        is_custom = category == Category.CUSTOMISATION
        return actions.Asked(
            subject=str(self["subject"].value() or ""),
            category=category if category in Category.values else Category.HOW_TO,
            priority=priority if priority in Priority.values else Priority.NORMAL,
            product=self.fields["product"].queryset.filter(code=code).first() if code else None,  # type: ignore[attr-defined]
            body=str(self["body"].value() or ""),
            answers=self.answers if is_custom else {},
        )


def _beginning(chat: Chat) -> dict[str, Any]:
    return {
        "subject": question_of(chat)[:SUBJECT],
        "category": Category.HOW_TO,
        "priority": Priority.NORMAL,
        "product": chat.product.code if chat.product else "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def submit_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show the form and what the plan would answer; posted, open the ticket. A refusal keeps what was typed."""
    chat = find_chat(code, reader)
    said = request.POST if request.method == "POST" else None
    form = SubmitForm(said, chat, reader)
    look = said is None or "look" in said or bool(request.headers.get("HX-Request"))
    if look or not form.is_valid() or form.customisation_fault:
        status = HTTPStatus.OK if look else HTTPStatus.UNPROCESSABLE_ENTITY
        return _page(request, reader, form, status)
    try:
        ticket = actions.open_ticket_from(chat=chat, asked=form.asked(), actor=reader.user, at=reader.at)
    except ActionRefusedError as refusal:
        return _page(request, reader, form, HTTPStatus.UNPROCESSABLE_ENTITY, refusal)
    messages.success(request, _("已提交为工单 %(number)s，会话可以继续。") % {"number": ticket.number})
    return redirect("console:chats:chat", code)


def _page(
    request: HttpRequest,
    reader: Reader,
    form: SubmitForm,
    status: int,
    refusal: ActionRefusedError | None = None,
) -> HttpResponse:
    chat = form.chat
    context = {"chat": chat, "form": form, "refusal": refusal, "now": reader.at, **_foretold(form, reader)}
    if request.headers.get("HX-Request"):
        return shown(request, "console/chat/_foretold.html", context)
    frame = {**rail(reader, None), "in_chats": True, "slip": Slip(chat, reader)}
    return shown(request, "console/chat/ticket.html", {**frame, **context}, status)


def _foretold(form: SubmitForm, reader: Reader) -> dict[str, Decision | ActionRefusedError | None]:
    """Return what the plan would answer as the form stands, or why nobody can say."""
    if form.customisation_fault:
        return {"decision": None}
    try:
        return {"decision": actions.foretold(chat=form.chat, asked=form.asked(), at=reader.at)}
    except ActionRefusedError as refusal:
        return {"decision": None, "unsaid": refusal}
