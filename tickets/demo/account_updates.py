"""The demo's products have been updated for three weeks: windows came and went, requests wait, packages lie ready."""

from datetime import datetime, timedelta
from hashlib import sha256

from plans.actions.news import withhold_news
from plans.actions.updates import following, packages, requests, windows
from plans.actions.updates.running import Running, describe
from plans.models import Contact, OwnedProduct, Product, UpdateWindow, User
from plans.updates.policies import Scope

BEFORE = timedelta(days=21)
WITHHELD = "demo history: older than the demo itself"
# How products run, by tenant, with what the account team was told.
RUNS = {
    "xinyue-galaxy": Running("multi", "", False),
    "yanzhou-galaxy": Running("single", "", True),
    "yichuan-cosmic": Running("", "agile", False),
    "helv-stellar": Running("multi", "", False),
}
PACKAGES = (
    ("eas-cloud", "package", "EAS Cloud 安装包", "EAS Cloud installation package", "8.6.2", 3_412_887_552, 18),
    ("eas-cloud", "patch", "EAS Cloud 标准补丁", "EAS Cloud patch", "8.6.2.317", 96_468_992, 4),
    ("k3-wise", "patch", "K/3 WISE 标准补丁", "K/3 WISE patch", "15.1.26", 214_958_080, 11),
    ("galaxy", "package", "星空私有云安装包", "Galaxy private cloud package", "9.0", 5_905_580_032, 30),
    ("galaxy", "licence", "星空最新版本许可", "Galaxy licence", "9.0", None, 30),
)  # fmt: skip


def take_place(*, now: datetime) -> None:
    """Let three weeks of updates have happened, and what lies ahead be told of."""
    operator = User.objects.filter(role="manager").order_by("pk").first()
    if operator is None:
        return
    _describe(operator, now - BEFORE)
    following.look_ahead(at=now - BEFORE)
    _release(operator, now)
    for window in UpdateWindow.objects.filter(ends_at__lt=now).order_by("starts_at"):
        _lived(window)
    _ask(operator, now)
    withhold_news(before=now - timedelta(hours=12), kinds="update_", reason=WITHHELD)
    _say_more(operator, now)
    following.due(at=now)


def _describe(operator: User, at: datetime) -> None:
    for owned in OwnedProduct.objects.filter(tenant__in=RUNS).select_related("contract", "product"):
        describe(owned=owned, running=RUNS[owned.tenant], reason="客户信息部确认", actor=operator, at=at)


def _lived(window: UpdateWindow) -> None:
    """Let a window of a rule have been told of, begun and ended on time."""
    if window.announce_at:
        windows.announce(window=window, actor=None, at=min(window.announce_at, window.starts_at - timedelta(hours=1)))
    windows.begin(window=window, actor=None, at=window.starts_at)
    windows.finish(window=window, actor=None, at=window.ends_at)


def _release(operator: User, now: datetime) -> None:
    for product, kind, name, name_en, version, size, days in PACKAGES:
        at = now - timedelta(days=days)
        link = f"https://updates.kingdee.example/{product}/{version}.zip" if kind != "licence" else ""
        released = packages.Released(
            product=Product.objects.get(code=product), kind=kind, name=name, name_en=name_en, version=version,
            released_on=at.date(), size=size, sha256=sha256(link.encode()).hexdigest() if size else "", link=link,
            how="" if link else "凭合同号向客户成功经理申领，与旧版本的功能模块和用户数等量。",
            how_en="" if link else "Ask your success manager, with the contract number; same modules and users.",
        )  # fmt: skip
        made = packages.release(released=released, actor=operator, at=at, tells=days < 7)
        for owned in made.product.owned.filter(deployment="private_cloud")[:1]:
            taker = _contact(owned)
            if taker and taker.user and kind == "patch":
                packages.take(package=made, contract=owned.contract, user=taker.user, at=at + timedelta(days=2))


def _contact(owned: OwnedProduct) -> Contact | None:
    rows = Contact.objects.active().filter(customer=owned.contract.customer_id).exclude(user=None)
    return rows.order_by("pk").first()


def _ask(operator: User, now: datetime) -> None:
    """Have one customer ask whose custom development is being audited, and another whose time is agreed."""
    for tenant, version in (("yanzhou-galaxy", "9.0"), ("xinyue-galaxy", "9.0 PT-151")):
        owned = OwnedProduct.objects.filter(tenant=tenant).select_related("product", "contract__plan").first()
        contact = _contact(owned) if owned else None
        if owned is None or contact is None or not owned.contract.starts_on <= now.date() <= owned.contract.ends_on:
            continue
        wanted = requests.Wanted(owned, version=version, wish="月末结账前更新，报表导出的问题需要修复。")
        made = requests.ask(wanted=wanted, contact=contact, actor=contact.user, at=now - timedelta(days=5))
        if tenant == "yanzhou-galaxy":
            requests.begin_audit(request=made, actor=operator, at=now - timedelta(days=3))
        else:
            span = windows.Span(_night(now, 12), _night(now, 12) + timedelta(hours=6))
            requests.schedule(request=made, span=span, actor=operator, at=now - timedelta(days=2))


def _night(now: datetime, days: int) -> datetime:
    """Return ten in the evening of Beijing so many days from now."""
    return (now + timedelta(days=days)).replace(hour=14, minute=0, second=0, microsecond=0)


def _say_more(operator: User, now: datetime) -> None:
    """Say what the next big windows bring, and set a maintenance by hand."""
    coming = UpdateWindow.objects.filter(starts_at__gt=now, policy="galaxy-multi-tenant").order_by("starts_at").first()
    if coming:
        words = windows.Words(
            coming.title, coming.title_en, "PT-151027", "修复应收核销尾差；报表导出支持按组织拆分。",
            "Fixes rounding in receivables; reports export by organisation.",
        )  # fmt: skip
        windows.edit(window=coming, words=words, actor=operator, at=now - timedelta(days=1))
    span = windows.Span(_night(now, 9), _night(now, 9) + timedelta(hours=4))
    planned = windows.Planned(
        "kingdee", "maintenance", Scope(("cosmic", "constellation"), ("public_cloud",)), "数据库扩容维护",
        "Database maintenance", span, notes="维护期间不能登录，未保存的单据请提前暂存。",
        notes_en="Nobody can sign in meanwhile; save what you are working on.", notice_days=10,
    )  # fmt: skip
    windows.add(planned=planned, actor=operator, at=now - timedelta(days=2))
