"""The mailboxes that customers write to: where each is fetched, how that went last, and changing it."""

import re
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from plans.models import Product, Team, Vendor
from plans.wording import name_of
from sla.refusals import ActionRefusedError
from tickets.actions.mail import Settings, keep_mailbox
from tickets.console.guard import Reader
from tickets.console.rules.guard import readers_only, writers_only
from tickets.console.rules.nav import rules_page
from tickets.models import Mailbox

SUBJECT = "mailboxes"
# What reading a mailbox ended with, by what it says, and what that means to whoever keeps it.
TROUBLES = (
    (r"No secret", gettext_lazy("写明的地方没有密码，请检查环境变量或文件。")),
    (r"ConnectionRefused", gettext_lazy("服务器拒绝连接，请检查地址和端口。")),
    (r"gaierror", gettext_lazy("找不到服务器，请检查地址。")),
    (r"No answer|[Tt]imed? ?out", gettext_lazy("服务器没有应答，会自动再试。")),
    (r"SSL|CERTIFICATE", gettext_lazy("加密连接没有建立，请检查加密方式、端口和证书。")),
    (r"AUTH|LOGIN|[Cc]redential|[Pp]assword", gettext_lazy("登录名或密码不对。")),
    (r"ValueError: NO", gettext_lazy("打不开这个文件夹，请检查名称。")),
    (r"", gettext_lazy("没有取成，会自动再试。")),
)


class MailboxForm(forms.Form):
    """How a mailbox is reached."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    address = forms.EmailField(label=pgettext_lazy("field", "地址"), help_text=gettext_lazy("客户写信的地址。"))
    vendor = forms.ChoiceField(label=gettext_lazy("厂商"))
    product = forms.ModelChoiceField(
        Product.objects.order_by("vendor", "code"), label=gettext_lazy("产品"), required=False,
        empty_label=gettext_lazy("按合同判断"),
        help_text=gettext_lazy("来信都归这个产品；留空则按写信人的合同判断。"),
    )  # fmt: skip
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), label=gettext_lazy("团队"), required=False,
        empty_label=gettext_lazy("按合同判断"),
        help_text=gettext_lazy("来信开的工单归谁，没有对上工单的来信由谁看；留空则按合同，由这个厂商的所有团队看。"),
    )  # fmt: skip
    host = forms.CharField(
        label=gettext_lazy("收信服务器"), max_length=200, required=False,
        help_text=gettext_lazy("IMAP；留空表示不去取信，只由管道或接口交来。"),
    )  # fmt: skip
    port = forms.IntegerField(label=gettext_lazy("端口"), min_value=1, max_value=65535, initial=993)
    security = forms.ChoiceField(label=gettext_lazy("加密"), choices=Mailbox.Security.choices)
    username = forms.CharField(label=gettext_lazy("登录名"), max_length=200, required=False)
    password = forms.CharField(
        label=gettext_lazy("密码所在"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "env:MAILBOX_SUPPORT"}),
        help_text=gettext_lazy(
            "密码不存在系统里：写 env:MAILBOX_名称（环境变量）或 file:名称（/run/secrets 下的文件）。"
        ),
    )  # fmt: skip
    folder = forms.CharField(label=gettext_lazy("文件夹"), max_length=120, initial="INBOX")
    trusted_server = forms.CharField(
        label=gettext_lazy("可信的验证方"), max_length=120, required=False,
        help_text=gettext_lazy("收信服务器在 Authentication-Results 里的名字；留空则一律显示为未经验证。"),
    )  # fmt: skip
    takes_plus = forms.BooleanField(
        label=gettext_lazy("支持加号地址"), required=False,
        help_text=gettext_lazy("回信地址会带上工单标记，对方改了主题也能归入原工单。"),
    )  # fmt: skip
    is_active = forms.BooleanField(label=gettext_lazy("启用"), required=False, initial=True)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **more})
        self.fields["vendor"].choices = [(row.code, name_of(row)) for row in Vendor.objects.all()]  # type: ignore[attr-defined]
        for name in ("product", "team"):
            self.fields[name].label_from_instance = name_of  # type: ignore[attr-defined]


def trouble_of(error: str) -> str:
    """Return what went wrong with a mailbox in words for people, nothing where nothing did."""
    return next(str(words) for said, words in TROUBLES if re.search(said, error)) if error else ""


@require_safe
@readers_only
def mailbox_list(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show every mailbox, and how reading it went last."""
    rows = Mailbox.objects.select_related("product", "team")
    context = {"boxes": [(row, trouble_of(row.error)) for row in rows]}
    return rules_page(request, reader, (SUBJECT, "console/rules/mailboxes.html"), context)


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def mailbox_page(request: HttpRequest, reader: Reader, pk: int = 0) -> HttpResponse:
    """Lay a mailbox down or change one; its password is kept elsewhere."""
    box = get_object_or_404(Mailbox, pk=pk) if pk else None
    initial = {name: getattr(box, name) for name in MailboxForm.base_fields} if box else None
    form = MailboxForm(request.POST or None, initial=initial)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            keep_mailbox(mailbox=box, settings=Settings(**form.cleaned_data), actor=reader.user)
            messages.success(request, _("邮箱已保存。"))
            return redirect("console:rules:mailboxes")
        except ActionRefusedError as refused:
            refusal = refused
    status = HTTPStatus.OK if request.method != "POST" else HTTPStatus.UNPROCESSABLE_ENTITY
    trouble = trouble_of(box.error) if box else ""
    context = {"form": form, "box": box, "refusal": refusal, "trouble": trouble}
    return rules_page(request, reader, (SUBJECT, "console/rules/mailbox.html"), context, status)


urlpatterns = [
    path("mailboxes/", mailbox_list, name="mailboxes"),
    path("mailboxes/new/", mailbox_page, name="mailbox_new"),
    path("mailboxes/<int:pk>/", mailbox_page, name="mailbox"),
]
