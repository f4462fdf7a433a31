"""What plans said no to in the last weeks of the demo: each message is kept with what was asked."""

from contextlib import suppress
from datetime import datetime, timedelta

from plans.models import Contact, OwnedProduct
from sla.refusals import ActionRefusedError
from tickets.actions.asking import About, Words, ask
from tickets.models import Category

NO = dict.fromkeys(("carve_out", "1", "2", "3", "4", "5"), False)
ADVANCED, PREMIER = "kingdee-advanced", "yonsuite-premier"
FLOW = Words(
    Category.CUSTOMISATION, "自建审批流不触发", "我们新建的采购审批流提交后没有下一步。", answers={**NO, "3": True}
)  # fmt: skip
SCANNER = Words(Category.THIRD_PARTY, "第三方扫码枪读不出条码", "换了新扫码枪以后读不出。")
PRINTING = Words(Category.HOW_TO, "凭证怎么批量打印", "月底要打一千多张凭证。")
INTERFACE = Words(Category.CUSTOMISATION, "客开的接口报 500", "自己写的接口调用开放平台报错。")
# How many days ago, of which plan's customer, certified or not, and what was asked.
REFUSED = ((2, ADVANCED, True, FLOW), (5, ADVANCED, True, SCANNER), (9, ADVANCED, False, PRINTING),
           (12, PREMIER, True, INTERFACE))  # fmt: skip


def refuse(*, now: datetime) -> None:
    """Send what the plans say no to, as customers did."""
    for days, plan, is_certified, words in REFUSED:
        contacts = Contact.objects.filter(customer__contracts__plan__code=plan, is_certified=is_certified)
        contact = contacts.select_related("customer").order_by("pk").first()
        held = OwnedProduct.objects.select_related("contract__plan", "product").order_by("pk")
        owned = held.filter(contract__customer=contact.customer, contract__plan__code=plan).first() if contact else None
        if contact and owned:
            about = About(owned.contract, owned.product, owned.deployment)
            at = now - timedelta(days=days, minutes=17 * days)
            with suppress(ActionRefusedError):
                ask(contact=contact, about=about, words=words, files=(), token=f"demo-{days}", at=at)
