"""The call form: whose call it was, what was asked, and what came of it. Source: Y08, Y18, K09"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.coverage import Inquiry, inquiry_under
from plans.models import Contact, Product
from plans.models.people import Role
from plans.wording import name_of
from tickets.actions.calls.noting import BODY, SUBJECT, ByHand, Noted
from tickets.actions.calls.placing import agreement_of
from tickets.console.accounts.guard import accounts_of
from tickets.console.guard import Reader
from tickets.customisation_form import Question, fault_of, questions_of, read_answers
from tickets.models import Call, Category, Priority, Ticket
from tickets.senders import contacts_by_number

TICKET, EXISTING, NOTE = "ticket", "existing", "note"
OUTCOMES = (
    (TICKET, gettext_lazy("开一张新工单")),
    (EXISTING, gettext_lazy("记到已有的工单上")),
    (NOTE, gettext_lazy("只登记通话")),
)
# Contacts that one search shows.
MOST_FOUND = 8


class ProductField(forms.ModelChoiceField):
    """A product by its code, in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class CallForm(forms.Form):
    """What is written down of a call. Bound to a call that the switchboard told of, or to none."""

    contact = forms.IntegerField(required=False, min_value=1)
    number = forms.CharField(label=gettext_lazy("客户号码"), max_length=40, required=False)
    direction = forms.ChoiceField(choices=Call.Direction, required=False)
    question = forms.CharField(
        label=gettext_lazy("客户问什么"),
        max_length=SUBJECT,
        error_messages={
            "required": gettext_lazy("请写下客户问的是什么。"),
            "max_length": gettext_lazy("请写短些，最多 200 个字。"),
        },
    )
    result = forms.CharField(
        label=gettext_lazy("怎么答复的"), max_length=BODY, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    category = forms.ChoiceField(label=gettext_lazy("问题类别"), choices=Category, initial=Category.HOW_TO)
    priority = forms.ChoiceField(label=gettext_lazy("紧急程度"), choices=Priority, initial=Priority.URGENT)
    product = ProductField(
        Product.objects.none(), label=gettext_lazy("产品"), required=False, to_field_name="code", empty_label="—"
    )
    outcome = forms.ChoiceField(label=gettext_lazy("怎么办"), choices=OUTCOMES, initial=TICKET)
    into = forms.CharField(max_length=20, required=False)
    other = forms.CharField(label=gettext_lazy("其他工单号"), max_length=20, required=False)
    was_reached = forms.BooleanField(label=gettext_lazy("已和客户通上话"), required=False)
    token = forms.CharField(max_length=64, required=False)
    seen = forms.CharField(max_length=40, required=False)

    def __init__(self, said: Mapping[str, Any] | None, reader: Reader, call: Call | None = None) -> None:
        super().__init__(said, initial=_beginning(call))
        self.reader, self.call = reader, call
        # Somebody is only being looked for: what is not filled in yet is no fault.
        self.is_looking = said is not None and "find" in said
        vendor = call.vendor if call else ""
        products = Product.objects.filter(vendor=vendor) if vendor else Product.objects.all()
        self.fields["product"].queryset = products.order_by("vendor", "code")  # type: ignore[attr-defined]
        self.answers = read_answers(self.data) if self.is_bound else {}

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_looking:
            self._errors = ErrorDict()

    @property
    def vendor(self) -> str:
        """Return about whose products it is: the product's that was said, else the call's; blank while nobody knows."""
        product = Product.objects.filter(code=str(self["product"].value() or "")).first()
        return product.vendor if product else self.call.vendor if self.call else ""

    @property
    def chosen(self) -> Contact | None:
        """Return who is chosen now, of those whom the reader may see."""
        said = str(self["contact"].value() or "")
        return contacts_for(self.reader).filter(pk=said).first() if said.isdecimal() and len(said) < 19 else None

    @property
    def inquiry(self) -> Inquiry | None:
        """Return what the plan of whoever is chosen asks about customisation. Source: K02"""
        contact = self.chosen
        agreement = agreement_of(contact.customer, self.vendor, self.reader.at) if contact else None
        return inquiry_under(agreement.contract.number) if agreement else None

    @property
    def questions(self) -> list[Question]:
        return questions_of(self.inquiry, self.answers)

    @property
    def customisation_fault(self) -> str:
        """Return what is wrong with the answers about customisation, where it is about that."""
        inquiry = self.inquiry if self.is_bound and self.data.get("category") == Category.CUSTOMISATION else None
        return fault_of(inquiry, self.answers) if inquiry else ""

    def clean(self) -> dict[str, Any]:
        """Take contact and ticket as rows. Adds errors for who or what the reader does not see."""
        said = super().clean() or {}
        said["contact"] = self.chosen
        if self.data.get("contact") and not said["contact"]:
            self.add_error("contact", _("没有这位联系人。"))
        said["ticket"] = self._ticket(said) if said.get("outcome") == EXISTING else None
        if said.get("outcome") == TICKET and not said["contact"]:
            self.add_error("contact", _("工单要有联系人：请先选定来电的是谁。"))
        return said

    def _ticket(self, said: dict[str, Any]) -> Ticket | None:
        number = (said.get("other") or said.get("into") or "").strip().upper()
        found = Ticket.objects.visible_to(self.reader.user).filter(number=number).first() if number else None
        if found is None:
            self.add_error("into", _("没有工单 %s。") % number if number else _("请选一张工单，或填写工单号。"))
        return found

    def noted(self) -> Noted:
        """Return what the valid form says."""
        said = self.cleaned_data
        names = ("question", "result", "contact", "product", "category", "priority", "ticket", "was_reached")
        is_custom = said["category"] == Category.CUSTOMISATION
        answers = self.answers if is_custom else {}
        seen = said["seen"] if "seen" in self.data else None
        opens = said["outcome"] == TICKET
        return Noted(**{name: said[name] for name in names}, answers=answers, opens=opens, seen=seen)

    def by_hand(self, vendor: str) -> ByHand:
        """Return the call itself where no switchboard told of it."""
        said = self.cleaned_data
        number = said["number"] or (said["contact"].phone if said["contact"] else "")
        return ByHand(said["token"], number, said["direction"] or Call.Direction.IN, vendor)

    def draft(self) -> Noted:
        """Return what an unfinished form says, as far as it does."""
        said = {name: self[name].value() for name in ("category", "priority")}
        code = str(self["product"].value() or "")
        return Noted(
            question="…",
            contact=self.chosen,
            product=Product.objects.filter(code=code).first() if code else None,
            category=said["category"] if said["category"] in Category.values else Category.HOW_TO,
            priority=said["priority"] if said["priority"] in Priority.values else Priority.NORMAL,
            answers=self.answers,
        )


def _beginning(call: Call | None) -> dict[str, Any]:
    token = {"token": secrets.token_urlsafe(12), "direction": Call.Direction.IN}
    if call is None:
        return token
    noted = {"outcome": NOTE} if call.noted_at or call.ticket_id else {}
    product = {"product": call.product.code} if call.product else {}
    return token | noted | product | {"contact": call.contact_id, "question": call.question, "result": call.result}


def contacts_for(reader: Reader) -> QuerySet[Contact]:
    """Return the active contacts whom a reader may see: a partner those of their accounts."""
    found = Contact.objects.active().select_related("customer")
    if reader.user.role != Role.PARTNER:
        return found
    return found.filter(customer__in=accounts_of(reader.user).values("customer"))


def contacts_found(words: str, reader: Reader) -> list[Contact]:
    """Return the first contacts whose name, number, mail or company holds these words."""
    words = words.replace("\x00", "").strip()[:80]
    if not words:
        return []
    digits = "".join(sign for sign in words if sign.isdecimal())
    holds = Q(name__icontains=words) | Q(name_en__icontains=words) | Q(email__icontains=words)
    theirs = Q(customer__name__icontains=words) | Q(customer__name_en__icontains=words)
    called = Q(phone__contains=digits) | Q(pk__in=contacts_by_number(digits)) if len(digits) >= 4 else Q(pk=None)
    return list(contacts_for(reader).filter(holds | theirs | called).order_by("name", "pk")[:MOST_FOUND])


@dataclass(frozen=True)
class Choice:
    """One contact to choose in the form."""

    contact: Contact
    is_chosen: bool

    @property
    def id(self) -> int:
        return self.contact.pk


def choices(rows: list[Contact], chosen: Contact | None) -> list[Choice]:
    """Return contacts to choose from, the chosen one in front."""
    others = [row for row in rows if chosen is None or row.pk != chosen.pk]
    first = [Choice(chosen, True)] if chosen else []
    return [*first, *(Choice(row, False) for row in others)]
