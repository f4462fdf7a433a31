"""What can decide a question, by code: each gate, and each way to say yes."""

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

RULES: dict[str, LazyText] = {
    "no_contract": _("没有合同"),
    "term": pgettext_lazy("rule", "服务期"),
    "product": _("产品不在合同内"),
    "deployment": _("部署方式不适用"),
    "not_in_plan": _("计划没有这项服务"),
    "certified": _("联系人未认证"),
    "customisation": pgettext_lazy("rule", "二次开发"),
    "third_party": pgettext_lazy("rule", "第三方产品"),
    "category": _("类别不在服务范围"),
    "scope": _("不适用于这个产品"),
    "used_up": _("额度用完"),
    "entrance": _("入口不受理，转工单"),
    "not_urgent": _("热线收到非紧急问题"),
    "branch": _("由属地分公司服务"),
    "carve_out": _("只是字段或显示调整"),
    "none_of_them": _("不属于任何一种二次开发"),
    "included": _("在服务范围内"),
    "insisted": _("服务人员坚持处理"),
    "override": _("服务人员改判"),
}


def rule_name(code: str) -> str:
    """Return what a rule is called; its code where it has no name any more."""
    return str(RULES.get(code, code))
