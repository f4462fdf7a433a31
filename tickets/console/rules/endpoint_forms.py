"""An address outside as it is typed: where it is, what it hears, and of whose tickets."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans.models import Customer, Team, Vendor
from plans.models.people import Language
from plans.models.sealed import opened
from plans.wording import name_of
from tickets.actions.webhooks import MOST_PER_MINUTE, Wanted
from tickets.models import WebhookEndpoint
from tickets.models.endpoints import EVENTS

Kind = WebhookEndpoint.Kind
MOST_CALLS = 6000
# How a robot comes by its address, and its secret.
ADDRESS_HELP = {
    Kind.WEBHOOK: gettext_lazy("接收方的地址，https:// 开头，公网上可以访问。"),
    Kind.WECOM: gettext_lazy("群设置里添加机器人后给出的地址，含 key。保存后不再完整显示。"),
    Kind.DINGTALK: gettext_lazy("群设置里添加自定义机器人后给出的地址，含 access_token。保存后不再完整显示。"),
    Kind.FEISHU: gettext_lazy("群设置里添加自定义机器人后给出的地址。保存后不再完整显示。"),
}
SECRET_HELP = {
    Kind.DINGTALK: gettext_lazy("安全设置选“加签”时给出的密钥，SEC 开头；没有选就留空。"),
    Kind.FEISHU: gettext_lazy("安全设置选“签名校验”时给出的密钥；没有选就留空。"),
}


class EndpointForm(forms.Form):
    """Everything of an endpoint; its kind is chosen before, its name is asked for once."""

    use_required_attribute = False

    name = forms.CharField(
        label=gettext_lazy("名称"), max_length=80, help_text=gettext_lazy("升级规则按这个名称找到它，以后不能改。")
    )
    url = forms.URLField(label=pgettext_lazy("field", "地址"), max_length=400, assume_scheme="https")
    secret = forms.CharField(
        label=pgettext_lazy("field", "签名密钥"), max_length=120, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    language = forms.ChoiceField(label=gettext_lazy("消息用哪种语言"), choices=Language.choices)
    per_minute = forms.IntegerField(label=gettext_lazy("每分钟最多"), min_value=1, required=False)
    subscriptions = forms.MultipleChoiceField(
        label=gettext_lazy("订阅"), choices=list(EVENTS.items()), required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("不选也可以：升级规则点了它的名，就会收到那一级。"),
    )  # fmt: skip
    vendor = forms.ChoiceField(label=gettext_lazy("只限厂商"), required=False)
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), label=gettext_lazy("只限团队"), required=False, empty_label=gettext_lazy("不限")
    )
    customer = forms.ModelChoiceField(
        Customer.objects.order_by("name"), label=gettext_lazy("只限客户"), required=False,
        empty_label=gettext_lazy("不限"),
    )  # fmt: skip

    def __init__(self, *args: Any, kind: str, is_new: bool, **more: Any) -> None:
        super().__init__(*args, **(more | {"label_suffix": ""}))
        self.fields["vendor"].choices = [("", _("不限")), *((one.code, name_of(one)) for one in Vendor.objects.all())]  # type: ignore[attr-defined]
        for name in ("team", "customer"):
            self.fields[name].label_from_instance = name_of  # type: ignore[attr-defined]
        self.fields["url"].help_text = ADDRESS_HELP[Kind(kind)]
        self._shape(Kind(kind), is_new=is_new)

    def _shape(self, kind: Kind, *, is_new: bool) -> None:
        """Leave out what this kind has not, and what cannot be changed."""
        is_robot = kind in WebhookEndpoint.ROBOTS
        self.fields["per_minute"].help_text = (
            _("平台最多允许 %d 条；到期的会并成一条。") % MOST_PER_MINUTE if is_robot else _("留空则不限。")
        )
        most = MOST_PER_MINUTE if is_robot else MOST_CALLS
        self.fields["per_minute"].validators.append(MaxValueValidator(most))
        if kind in SECRET_HELP:
            self.fields["secret"].help_text = SECRET_HELP[kind]
        else:
            del self.fields["secret"]
        if not is_robot:
            del self.fields["language"]
        if not is_new:
            del self.fields["name"]
            self.fields["url"].required = not is_robot

    def wanted(self) -> Wanted:
        """Return what the endpoint is to hear."""
        said = self.cleaned_data
        return Wanted(
            language=said.get("language") or Language.CHINESE,
            per_minute=said["per_minute"],
            subscriptions=tuple(said["subscriptions"]),
            vendor=said["vendor"],
            team=said["team"],
            customer=said["customer"],
        )


def typed(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return an endpoint as the form has it; a robot's address and any secret stay unsaid."""
    names = ("language", "per_minute", "subscriptions", "vendor", "team", "customer")
    plain = {name: getattr(endpoint, name) for name in names}
    return plain if endpoint.is_robot else plain | {"url": opened(endpoint, "url") or ""}
