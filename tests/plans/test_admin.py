"""The administrator's screens: everything can be found, and every write goes through its action."""

import re
from decimal import Decimal

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.urls import reverse

from plans.actions import NewTarget, override
from plans.admin import ContractAdmin
from plans.keys import find
from plans.models import ApiKey, Contract, Customer, Plan, Product, Switch, User
from tests.hours import beijing

AT = beijing("2026-03-02 10:00")
OURS = [model for model in admin.site._registry if model._meta.app_label in ("plans", "sla")]


@pytest.fixture
def root(client, db):
    """Return a client signed in as the administrator."""
    client.force_login(User.objects.create_superuser("root", "root@shouyue.example", "x", role="admin"))
    return client


def page(model, name="changelist", *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_each_list_opens_and_can_be_searched(root, cast, model, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        assert root.get(page(model), {"q": "a"}).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_each_row_opens(root, cast, model):
    row = model._default_manager.first()
    if row is not None:
        assert root.get(page(model, "change", row.pk)).status_code == 200


def test_what_is_loaded_or_computed_cannot_be_edited(root, cast):
    for model in (Plan, Product):
        assert root.get(page(model, "add")).status_code == 403
        assert root.post(page(model, "change", model.objects.first().pk), {}).status_code == 403


def posted(contract, **changes):
    """Return a contract's form as a browser would send it back, with changes."""
    prefixes = ("owned_products", "account_team", "switches", "entitlements")
    counts = {f"{prefix}-{name}": "0" for prefix in prefixes for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return {"starts_on": "2026-01-01", "ends_on": "2026-12-31", "timezone": "Asia/Shanghai", **counts, **changes}


def test_contract_is_signed_with_its_entitlements(root, cast):
    plan = Plan.objects.current().get(code="kingdee-gold")
    sent = posted(None, number="C-9", customer=cast.kingdee.customer.pk, plan=plan.pk, picks="K06 K12")
    assert root.post(page(Contract, "add"), sent).status_code == 302
    entitled = Contract.objects.get(number="C-9").entitlements
    # An expert consultation is arranged by the technical manager, who comes along.
    assert sorted(entitled.values_list("item__promise", flat=True)) == ["K06", "K10", "K12", "K19"]


def test_refusal_is_told_over_what_was_entered_and_nothing_is_saved(root, cast):
    sent = posted(cast.kingdee, ends_on="2027-01-01", **{
        "switches-TOTAL_FORMS": "1", "switches-0-contract": cast.kingdee.pk, "switches-0-name": "hotline_calendar",
        "switches-0-value": "nowhere", "switches-0-reason": "补充协议",
    })  # fmt: skip
    told = root.post(page(Contract, "change", cast.kingdee.pk), sent).content.decode()
    assert "没有名为“nowhere”的服务时间" in told
    assert all(entered in told for entered in ('value="2027-01-01"', 'value="nowhere"', 'value="补充协议"'))
    assert Contract.objects.get(pk=cast.kingdee.pk).ends_on.year == 2026


def test_switch_notes_who_decided_and_when(root, cast):
    sent = posted(cast.kingdee, **{
        "switches-TOTAL_FORMS": "1", "switches-0-contract": cast.kingdee.pk, "switches-0-name": "hotline_calendar",
        "switches-0-value": "kingdee-7x8", "switches-0-reason": "补充协议",
    })  # fmt: skip
    root.post(page(Contract, "change", cast.kingdee.pk), sent)
    switch = Switch.objects.get()
    assert (switch.value, switch.decided_by.username) == ("kingdee-7x8", "root")
    assert switch.decided_at


def test_seat_and_product_pass_through_their_actions(root, cast):
    held = cast.yonsuite.account_team.get(seat="success_manager")
    owned = cast.yonsuite.owned_products.get()
    sent = posted(cast.yonsuite, **{
        "account_team-TOTAL_FORMS": "1", "account_team-INITIAL_FORMS": "1", "account_team-0-id": held.pk,
        "account_team-0-contract": cast.yonsuite.pk, "account_team-0-seat": "success_manager",
        "account_team-0-user": cast.manager.pk,
        "owned_products-TOTAL_FORMS": "2", "owned_products-INITIAL_FORMS": "1", "owned_products-0-id": owned.pk,
        "owned_products-0-contract": cast.yonsuite.pk, "owned_products-0-product": owned.product_id,
        "owned_products-0-deployment": "public_cloud", "owned_products-0-quantity": "9",
        "owned_products-1-contract": cast.yonsuite.pk, "owned_products-1-deployment": "public_cloud",
        "owned_products-1-product": Product.objects.get(code="yonsuite-hr").pk, "owned_products-1-quantity": "1",
    })  # fmt: skip
    assert root.post(page(Contract, "change", cast.yonsuite.pk), sent).status_code == 302
    assert cast.yonsuite.account_team.get(seat="success_manager").user == cast.manager
    held = cast.yonsuite.owned_products.order_by("product__code").values_list("product__code", "quantity")
    assert list(held) == [("yonsuite-finance", 9), ("yonsuite-hr", 1)]


def test_overrides_are_shown_with_who_and_why(cast, rf):
    override(
        contract=cast.yonsuite, target=NewTarget("first_response", Decimal(3600)), reason="大促", actor=None, at=AT
    )  # fmt: skip
    shown = ContractAdmin(Contract, admin.site).agreed(cast.yonsuite)
    assert all(word in shown for word in ("Y07", "首次响应 1 小时", "大促"))


def test_key_is_shown_once_and_works(root, cast):
    answer = root.post(page(ApiKey, "add"), {"name": "IM", "scopes": ["intake:im"]})
    secret = re.search(r"syk_[\w-]+", answer.content.decode())[0]
    assert "no-store" in answer["Cache-Control"]
    assert find(secret, AT).name == "IM"
    assert secret not in root.get(page(ApiKey)).content.decode()


def test_rotated_and_revoked_from_the_list(root, cast):
    root.post(page(ApiKey, "add"), {"name": "IM", "scopes": ["intake:im"]})
    key = ApiKey.objects.get()
    answer = root.post(page(ApiKey), {"action": "rotate", "_selected_action": [key.pk]})
    assert re.search(r"syk_[\w-]+", answer.content.decode())
    assert ApiKey.objects.filter(series=key.series).count() == 2
    root.post(page(ApiKey), {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.objects.get(pk=key.pk).revoked_at
    told = root.post(page(ApiKey), {"action": "rotate", "_selected_action": [key.pk]}, follow=True)
    assert "已停用" in told.content.decode()


def test_role_alone_decides_who_gets_into_the_back_office(root, cast):
    user = User.objects.create(username="buyer", role="customer")
    usual = {"language": "zh-hans", "timezone": "UTC", "alert_every": 0}
    sent = {"username": "buyer", "is_staff": "on", "is_superuser": "on", **usual}
    for role, flags in [("customer", (False, False)), ("manager", (True, False)), ("admin", (True, True))]:
        assert root.post(page(User, "change", user.pk), sent | {"role": role}).status_code == 302
        user.refresh_from_db()
        assert (user.is_staff, user.is_superuser) == flags


def test_customer_is_kept(root, db):
    sent = {"code": "n1", "name": "新客户", "country": "CN", "language": "zh-hans", "timezone": "Asia/Shanghai",
            "is_active": "on", "contacts-TOTAL_FORMS": "0", "contacts-INITIAL_FORMS": "0",
            "contracts-TOTAL_FORMS": "0", "contracts-INITIAL_FORMS": "0"}  # fmt: skip
    assert root.post(page(Customer, "add"), sent).status_code == 302
    assert Customer.objects.get(code="n1").name == "新客户"


def test_first_administrator_of_a_fresh_installation_gets_in(client, db):
    call_command("createsuperuser", interactive=False, username="first", email="first@shouyue.example", verbosity=0)
    first = User.objects.get(username="first")
    assert first.role == "admin"
    client.force_login(first)
    assert client.get("/admin/").status_code == 200
