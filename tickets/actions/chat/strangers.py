"""What somebody is told whom nobody knows and who asks for people: by which clause, and the ways there are."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from plans.models import Item
from plans.wording import clause_of, list_of
from sla.refusals import ActionRefusedError


def unknown_person(vendor: str) -> ActionRefusedError:
    """Return the refusal: people serve whom a contract names, by the clause of the vendor's chat. Source: K03, Y06"""
    chat, hotline = _item(vendor, "im"), _item(vendor, "hotline")
    numbers = _("、").join(list_of(hotline, "entrances")) if hotline else ""
    return ActionRefusedError(
        "unknown_person",
        _("还不知道您是哪家客户的联系人，人工服务和工单都按服务合同提供。"),
        promise=chat.promise if chat else "",
        clause=clause_of(chat) if chat else "",
        ways_on=[
            _("在产品内登录，或到 %(url)s 登录后打开云客服。") % {"url": f"{settings.PUBLIC_URL}{reverse('sign_in')}"},
            _("还没有账号的，请联系客户成功经理登记为联系人。"),
            *([_("拨打热线：%(numbers)s。") % {"numbers": numbers}] if numbers else []),
            _("继续问智能客服，全天在线。"),
        ],
    )


def _item(vendor: str, service: str) -> Item | None:
    items = Item.objects.filter(service=service, plan__vendor=vendor, plan__is_current=True)
    return items.select_related("plan").order_by("plan__rank", "pk").first()
