"""A third vendor's plan is data alone: it loads, is signed, covers, times, and goes up to a newer edition."""

from datetime import date
from pathlib import Path

import pytest

from plans.actions.contracts import Agreed, Owned, sign
from plans.actions.upgrading import upgrade_plan
from plans.catalogue.differing import Verdict
from plans.catalogue.versions import upgrade_of
from plans.coverage import cover
from plans.loading import load
from plans.models import Contract, Customer, Plan, Product, User, Vendor
from plans.refusals import RefusedError
from tests.hours import beijing
from tests.plans.conftest import contact_of

LANHAI = Path(__file__).parents[1] / "payloads" / "plans" / "lanhai.yaml"
AT = beijing("2026-09-28 09:30")
# A later edition that promises two hours, by a policy of its own: signed contracts keep theirs.
FASTER = (
    ("code: lanhai-ticket\n", "code: lanhai-ticket-2027\n"),
    ("policy: lanhai-ticket\n", "policy: lanhai-ticket-2027\n"),
    ("amount: 14400", "amount: 7200"),
    ("四个工作小时", "两个工作小时"),
    ("four working hours", "two working hours"),
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lanhai() -> None:
    load([LANHAI])


def signed(plan: str = "lanhai-pro", number: str = "C-L-1", **agreed) -> Contract:
    customer, _made = Customer.objects.get_or_create(code="tide", defaults={"name": "潮汐贸易", "name_en": "Tide"})
    return sign(
        customer=customer, plan=Plan.objects.current().get(code=plan), number=number,
        starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31),
        agreed=Agreed(products=(Owned(Product.objects.get(code="lanhai-erp")),), **agreed),
    )  # fmt: skip


def asked(contract: Contract, category: str = "fault"):
    contact = contact_of(contract.customer)
    product = Product.objects.get(code="lanhai-erp")
    return cover(contact, contract, "ticket", product, "public_cloud", category, "portal", AT)


def edition(folder: Path, *changes: tuple[str, str]) -> Plan:
    """Load a later edition of the document and return its professional plan."""
    text = LANHAI.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path = folder / "lanhai.yaml"
    path.write_text(text)
    load([path])
    return Plan.objects.current().get(code="lanhai-pro")


@pytest.mark.usefixtures("lanhai")
def test_third_vendor_s_plan_is_signed_and_covers_without_touching_code__K19():
    contract = signed()
    assert Vendor.objects.get(code="lanhai").name_en == "Lanhai Software"
    covered, refused = asked(contract), asked(contract, "customisation")
    assert (covered.outcome, covered.promise, covered.policy.code) == ("covered", "L01", "lanhai-ticket")
    assert (refused.outcome, refused.clause) == ("not_covered", "§2.3 客户自行开发的功能不在服务范围内。")
    assert refused.ways_on[0] == "联系实施顾问另行报价"
    held = sorted(contract.entitlements.values_list("item__promise", "item__service"))
    assert ("L03", "community") in held  # from the plan that it includes
    assert ("L04", "on_site_visit") in held  # a service that only this vendor has


@pytest.mark.usefixtures("lanhai")
def test_pick_brings_what_it_needs_along__K19():
    contract = signed("lanhai-pick", picks=("L04",))
    assert sorted(contract.entitlements.values_list("item__promise", flat=True)) == ["L04", "L05", "L06"]


def test_pick_for_another_plan_s_customers_is_refused_with_its_clause__K16():
    gold = Plan.objects.current().get(code="kingdee-gold")
    customer = Customer.objects.create(code="tide", name="潮汐贸易", name_en="Tide")
    term = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
    with pytest.raises(RefusedError) as refused:
        sign(customer=customer, plan=gold, number="C-1", agreed=Agreed(picks=("K16",)), **term)
    assert (refused.value.code, refused.value.promise) == ("for_another_plan", "K16")
    advanced = Plan.objects.current().get(code="kingdee-advanced")
    sign(customer=customer, plan=advanced, number="C-2", **term)
    contract = sign(customer=customer, plan=gold, number="C-3", agreed=Agreed(picks=("K16",)), **term)
    assert "K16" in contract.entitlements.values_list("item__promise", flat=True)


@pytest.mark.usefixtures("lanhai")
def test_signed_contract_keeps_its_edition_until_it_is_upgraded__C41(tmp_path, cast):
    contract = signed()
    newer = edition(tmp_path, *FASTER)
    assert (newer.version, asked(contract).policy.code) == (2, "lanhai-ticket")
    assert asked(contract).clause == "§2.1 四个工作小时内由工程师回复。"
    upgrade = upgrade_of(contract)
    assert upgrade
    assert upgrade.plan == newer
    [change] = upgrade.changes
    assert (change.verdict, change.item.promise) == (Verdict.CHANGED, "L01")
    assert [field.name for field in change.fields] == ["clause", "clause_en", "policy"]
    upgrade_plan(contract=contract, plan=newer, reason="客户同意新版", actor=cast.manager, at=AT)
    assert (asked(contract).policy.code, asked(contract).clause) == (
        "lanhai-ticket-2027",
        "§2.1 两个工作小时内由工程师回复。",
    )
    assert upgrade_of(Contract.objects.get(pk=contract.pk)) is None


@pytest.mark.usefixtures("lanhai")
def test_items_that_come_and_go_are_told_one_by_one(tmp_path):
    contract = signed()
    text = LANHAI.read_text()
    visit = text[text.index("      - promise: L04") : text.index("      - promise: L05")]
    edition(tmp_path, (visit, ""), ("- promise: L05\n        service: technical_manager", "- promise: L04\n        service: training\n        section: §4\n        name: 培训\n        name_en: Training\n        clause: 每年一次\n        clause_en: Once a year\n      - promise: L05\n        service: technical_manager"))  # fmt: skip  # noqa: E501
    upgrade = upgrade_of(contract)
    assert upgrade
    found = [(change.verdict, *sorted({change.item.promise, change.item.service})) for change in upgrade.changes]
    assert found == [("added", "L04", "training"), ("removed", "L04", "on_site_visit")]


@pytest.mark.usefixtures("lanhai")
def test_picks_go_up_with_the_plan_that_offers_them(tmp_path, cast):
    contract = signed("lanhai-pick", picks=("L04",))
    edition(tmp_path, ("每合同年两次", "每合同年三次"), ("quota: {amount: 2,", "quota: {amount: 3,"))
    upgrade = upgrade_of(contract)
    assert upgrade
    assert (upgrade.plan.code, upgrade.plan.version) == ("lanhai-pick", 1)
    assert [change.item.promise for change in upgrade.changes] == ["L04"]
    upgrade_plan(contract=contract, plan=upgrade.plan, reason="续费", actor=cast.manager, at=AT)
    assert contract.entitlements.get(item__promise="L04").item.quota["amount"] == 3


@pytest.mark.usefixtures("lanhai")
@pytest.mark.parametrize(
    ("asked_for", "reason", "code"),
    [
        (("lanhai-pro", 1), "不满意", "older_version"),
        (("lanhai-pro", 2), "再来", "same_version"),
        (("lanhai-basic", 1), "换", "other_plan"),
    ],
)
def test_upgrade_goes_one_way_and_says_why(tmp_path, cast, asked_for, reason, code):
    contract = signed()
    newer = edition(tmp_path, ("name: 专属顾问", "name: 专属服务顾问"))
    upgrade_plan(contract=contract, plan=newer, reason="新版", actor=cast.manager, at=AT)
    wanted = Plan.objects.get(code=asked_for[0], version=asked_for[1])
    with pytest.raises(RefusedError) as refused:
        upgrade_plan(contract=contract, plan=wanted, reason=reason, actor=cast.manager, at=AT)
    assert refused.value.code == code
    assert Contract.objects.get(pk=contract.pk).plan == newer


@pytest.mark.usefixtures("lanhai")
def test_contract_that_is_over_is_not_upgraded(tmp_path, cast):
    contract = signed()
    newer = edition(tmp_path, ("name: 专属顾问", "name: 首席顾问"))
    after = beijing("2027-01-01 00:00")
    with pytest.raises(RefusedError) as refused:
        upgrade_plan(contract=contract, plan=newer, reason="新版", actor=cast.manager, at=after)
    assert (refused.value.code, refused.value.ways_on) == ("term_over", ["续签一份合同，用现行版本。"])
    last = beijing("2026-12-31 23:59")
    assert upgrade_plan(contract=contract, plan=newer, reason="新版", actor=cast.manager, at=last).plan == newer


@pytest.mark.usefixtures("lanhai")
def test_upgrade_looked_at_before_another_edition_came_is_refused(tmp_path, cast):
    contract = signed()
    seen = edition(tmp_path, ("name: 专属顾问", "name: 专属服务顾问"))
    edition(tmp_path, ("name: 专属顾问", "name: 首席顾问"))
    with pytest.raises(RefusedError) as refused:
        upgrade_plan(contract=contract, plan=seen, reason="新版", actor=cast.manager, at=AT)
    assert refused.value.code == "not_sold_now"
    with pytest.raises(RefusedError) as refused:
        upgrade_plan(contract=contract, plan=Plan.objects.current().get(code="lanhai-pro"), reason=" ", actor=cast.manager, at=AT)  # fmt: skip  # noqa: E501
    assert refused.value.code == "reason_missing"
    assert User.objects.filter(pk=cast.manager.pk).exists()
