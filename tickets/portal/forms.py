"""The portal's forms. They ask one thing a line and keep what was typed."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.actions.asking import Words
from tickets.channels.base import File
from tickets.channels.form import BODY, LIMITS, SUBJECT
from tickets.choices import Held, inquiry_for
from tickets.customisation_form import Question, fault_of, questions_of, read_answers
from tickets.models import Category, Priority

# Marks what is wrong with the answers about customisation, which is said beside them.
CUSTOMISATION = "customisation"


class FilesInput(forms.FileInput):
    """A field of several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        return files.getlist(name) if hasattr(files, "getlist") else []


class FilesField(forms.Field):
    """Files within the limits that hold for every channel; their bytes are read."""

    widget = FilesInput

    def clean(self, value: Sequence[UploadedFile]) -> list[File]:
        """Return the files. Raises ValidationError naming the limit that they pass."""
        if len(value) > LIMITS.files:
            raise ValidationError(_("最多 %(limit)s 个附件。") % {"limit": LIMITS.files})
        if any((one.size or 0) > LIMITS.each for one in value):
            raise ValidationError(_("单个附件最多 %(limit)s MB。") % {"limit": LIMITS.each >> 20})
        if sum(one.size or 0 for one in value) > LIMITS.together:
            raise ValidationError(_("附件合计最多 %(limit)s MB。") % {"limit": LIMITS.together >> 20})
        return [File(one.name or "", one.content_type or "", one.read()) for one in value]


def short(limit: int) -> forms.CharField:
    """Return a field for a word or two that nobody has to fill."""
    return forms.CharField(max_length=limit, required=False)


class FilesForm(forms.Form):
    """A form with files, refused whole when more came than the server would read."""

    attachments = FilesField(required=False)
    sending = forms.CharField(max_length=64, required=False)

    def __init__(self, *args: Any, is_cut: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_cut = is_cut

    def clean_attachments(self) -> list[File]:
        if self.is_cut:
            raise ValidationError(_("附件合计最多 %(limit)s MB。") % {"limit": LIMITS.together >> 20})
        return self.cleaned_data["attachments"]


class AnswerForm(FilesForm):
    """What a customer adds to a ticket."""

    body = forms.CharField(max_length=BODY, required=False, widget=forms.Textarea)

    def clean(self) -> dict[str, Any]:
        """Want words or a file. Raises ValidationError."""
        said = super().clean() or {}
        if not said.get("body") and not said.get("attachments") and not self.errors:
            self.add_error("body", _("请写一句话，或附上文件。"))
        return said


class NewForm(FilesForm):
    """A new question."""

    product = forms.CharField(error_messages={"required": gettext_lazy("请选一个产品。")})
    category = forms.ChoiceField(
        choices=Category.choices,
        error_messages={
            "required": gettext_lazy("请选最接近的一类，选错了我们会改。"),
            "invalid_choice": gettext_lazy("请选最接近的一类，选错了我们会改。"),
        },
    )
    subject = forms.CharField(
        max_length=SUBJECT, error_messages={"required": gettext_lazy("请写一句话，让处理人一眼知道是什么事。")}
    )
    body = forms.CharField(
        max_length=BODY,
        widget=forms.Textarea,
        error_messages={"required": gettext_lazy("请写下经过：做了什么、看到什么、希望怎样。")},
    )
    priority = forms.ChoiceField(choices=Priority.choices, required=False)
    module = short(80)
    tenant = short(64)
    version = short(40)
    environment = short(80)
    error_code = short(80)

    def __init__(self, *args: Any, held: Sequence[Held], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = {one.code: one for one in held}
        self.answers = read_answers(self.data)
        self.inquiry = inquiry_for(held, self.data.get("product", ""))

    @property
    def questions(self) -> list[Question]:
        """Return what is asked about customisation, with what was answered."""
        return questions_of(self.inquiry, self.answers)

    def clean_product(self) -> Held:
        """Return the product as it is held. Raises ValidationError for one that is not."""
        found = self.held.get(self.cleaned_data["product"])
        if found is None:
            raise ValidationError(_("请选一个产品。"))
        return found

    def clean(self) -> dict[str, Any]:
        """Want every question about customisation answered, where one is asked. Raises ValidationError. Source: K02"""
        said = super().clean() or {}
        is_asked = self.inquiry and said.get("category") == Category.CUSTOMISATION
        fault = fault_of(self.inquiry, self.answers) if self.inquiry and is_asked else ""
        if fault:
            self.add_error(None, ValidationError(fault, CUSTOMISATION))
        return said

    @property
    def other_errors(self) -> list[str]:
        """Return what is wrong with the form as a whole."""
        faults = self.non_field_errors().as_data()
        return [str(message) for one in faults if one.code != CUSTOMISATION for message in one.messages]

    @property
    def customisation_fault(self) -> str:
        """Return what is wrong with the answers about customisation, to be said beside them."""
        faults = [one for one in self.non_field_errors().as_data() if one.code == CUSTOMISATION]
        return str(faults[0].messages[0]) if faults else ""

    def words(self) -> Words:
        """Return what was typed."""
        said = self.cleaned_data
        typed = {name: said[name] for name in ("module", "tenant", "version", "environment", "error_code")}
        return Words(
            category=said["category"],
            subject=said["subject"],
            body=said["body"],
            priority=said["priority"] or Priority.NORMAL,
            answers=self.answers if said["category"] == Category.CUSTOMISATION else {},
            **typed,
        )
