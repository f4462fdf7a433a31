"""Who may ask for which update, in which stages it goes, and what private customers may take. Source: K11"""

from datetime import UTC, date, datetime, timedelta

import pytest

from plans.actions.contracts import own
from plans.actions.updates import requests
from plans.actions.updates.packages import Released, release, take, take_down
from plans.actions.updates.requests import Wanted, ask
from plans.actions.updates.running import Running, describe
from plans.actions.updates.windows import Span
from plans.models import AccountNotice, ContractChange, PackageTaking, Product, UpdateRequest, UpdateStep, User
from plans.refusals import RefusedError
from plans.updates.reading import governed, packages_for
from tests.hours import beijing
from tests.plans.updates.ops import admin_of, contract_with, laid_out, owned_of, running

pytestmark = pytest.mark.django_db
State = UpdateRequest.State
AT = "2026-03-02 10:00"


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create(username="operator", name="林运维", role="manager")


def asked(contract, at: str = AT, **wanted) -> UpdateRequest:
    contact = admin_of(contract) if not contract.customer.contacts.exists() else contract.customer.contacts.get()
    return ask(
        wanted=Wanted(owned_of(contract), **wanted), contact=contact, actor=contact.user, at=beijing(at)
    )  # fmt: skip


def span(wall: str, hours: int = 6) -> Span:
    return Span(beijing(wall), beijing(wall) + timedelta(hours=hours))


def kinds() -> list[str]:
    rows = AccountNotice.objects.filter(kind__startswith="update_").exclude(kind="update_window").order_by("pk")
    return [row.kind.removeprefix("update_") for row in rows]


def test_single_tenant_asks_and_is_updated_step_by_step__K11(operator):
    contract = contract_with(running(tenancy="single", customised=False, version="8.0"))
    request = asked(contract, version="8.2", wanted_on=date(2026, 3, 7))
    assert (request.policy, request.state) == ("galaxy-single-tenant", State.REQUESTED)
    who = {"request": request, "actor": operator}
    requests.schedule(**who, span=span("2026-03-07 22:00"), at=beijing("2026-03-02 11:00"))
    requests.schedule(**who, span=span("2026-03-08 22:00"), at=beijing("2026-03-03 11:00"))
    requests.begin(**who, at=beijing("2026-03-08 22:00"))
    done = requests.finish(**who, version="", at=beijing("2026-03-09 02:00"))
    assert (done.state, done.done_version, done.sequence) == (State.DONE, "8.2", 1)
    assert owned_of(contract).version == "8.2"
    change = ContractChange.objects.filter(contract=contract).latest("number")
    assert change.reason == f"更新申请 {request.number} 已完成"
    assert kinds() == ["requested", "received", "scheduled", "moved", "begun", "done"]
    assert [step.kind for step in request.steps.order_by("pk")] == [
        "requested", "scheduled", "scheduled", "begun", "finished",
    ]  # fmt: skip


def test_customised_single_tenant_goes_through_the_security_audit__K11(operator):
    contract = contract_with(running(tenancy="single", customised=True))
    request = asked(contract)
    who = {"request": request, "actor": operator}
    for state in (State.REQUESTED, State.AUDITING):
        with pytest.raises(RefusedError) as refused:
            requests.schedule(**who, span=span("2026-03-09 22:00"), at=beijing("2026-03-02 11:00"))
        assert (refused.value.code, refused.value.clause[:10]) == ("audit_first", "§3.4.1(1)③")
        if state == State.REQUESTED:
            requests.begin_audit(**who, at=beijing("2026-03-02 12:00"))
    with pytest.raises(RefusedError) as empty:
        requests.clear(**who, findings=" ", at=beijing("2026-03-03 10:00"))
    assert empty.value.code == "findings_missing"
    requests.clear(**who, findings="二开接口已复核，无高危项", at=beijing("2026-03-03 10:00"))
    row = requests.schedule(**who, span=span("2026-03-09 22:00"), at=beijing("2026-03-03 11:00"))
    assert row.state == State.SCHEDULED


@pytest.mark.parametrize(("owned", "wall", "code", "said"), [
    (("stellar",), AT, "comes_by_itself", "下一次是 2026年3月3日 23:00"),
    (("cosmic", "public_cloud", "", "stable"), AT, "comes_by_itself", "下一次是 2026年5月16日 22:00"),
    (("galaxy", "private_cloud"), AT, "own_plan", "系统管理员自行制定"),
    (("eas-cloud", "public_cloud"), AT, "no_policy", "没有写"),
    (("galaxy",), "2025-12-31 10:00", "outside_term", "2026-01-01"),
    (("galaxy",), "2028-01-01 10:00", "outside_term", "2027-12-31"),
])  # fmt: skip
def test_request_that_the_plan_has_no_room_for_is_refused_with_the_way_on__K11(owned, wall, code, said):
    product, deployment, tenancy, pace = (*owned, *("public_cloud", "", "")[len(owned) - 1 :])
    contract = contract_with(running(product, deployment, tenancy, pace=pace))
    laid_out("2026-01-01 00:05")
    with pytest.raises(RefusedError) as refused:
        asked(contract, wall)
    assert (refused.value.code, refused.value.promise) == (code, "K11")
    assert said in refused.value.message
    assert refused.value.clause
    assert refused.value.ways_on
    assert not UpdateRequest.objects.exists()


def test_one_request_at_a_time_for_a_product__K11(operator):
    contract = contract_with(running(tenancy="multi"))
    first = asked(contract)
    with pytest.raises(RefusedError) as refused:
        asked(contract)
    assert (refused.value.code, first.number in refused.value.message) == ("open_already", True)
    requests.withdraw(request=first, reason="", actor=operator, at=beijing(AT))
    assert asked(contract).state == State.REQUESTED


@pytest.mark.parametrize(("day", "is_refused"), [("2026-03-04", True), ("2026-03-05", False), ("2026-03-02", True)])
def test_notice_days_are_kept_and_the_refusal_names_the_earliest_date__K11(operator, day, is_refused):
    contract = contract_with(running(tenancy="single", customised=False))
    if is_refused:
        with pytest.raises(RefusedError) as refused:
            asked(contract, wanted_on=date.fromisoformat(day))
        assert (refused.value.code, "2026-03-05" in refused.value.message) == ("short_notice", True)
    else:
        assert asked(contract, wanted_on=date.fromisoformat(day)).wanted_on == date(2026, 3, 5)


def test_our_side_alone_may_take_less_notice_with_a_reason_that_is_kept(operator):
    request = asked(contract_with(running(tenancy="single", customised=False)))
    who = {"request": request, "actor": operator, "at": beijing("2026-03-02 11:00")}
    with pytest.raises(RefusedError):
        requests.schedule(**who, span=span("2026-03-03 22:00"))
    row = requests.schedule(**who, span=span("2026-03-03 22:00"), short_notice="安全漏洞紧急修复")
    assert row.short_notice_reason == "安全漏洞紧急修复"
    assert row.steps.latest("pk").reason == "安全漏洞紧急修复"


@pytest.mark.parametrize(("when", "code"), [
    (span("2026-03-01 22:00"), "past"),
    (span("2027-12-31 22:00", 100), "wrong_span"),
    (span("2028-01-02 22:00"), "outside_term"),
    (Span(datetime(9999, 12, 31, 22, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)), "too_far"),
    (Span(beijing("2026-03-09 22:00"), beijing("2026-03-09 22:00")), "wrong_span"),
])  # fmt: skip
def test_time_that_cannot_be_is_refused_and_changes_nothing(operator, when, code):
    request = asked(contract_with(running(tenancy="multi")))
    with pytest.raises(RefusedError) as refused:
        requests.schedule(request=request, span=when, actor=operator, at=beijing("2026-03-02 11:00"))
    assert refused.value.code == code
    assert request.steps.count() == 1


def test_declined_with_a_reason_and_ended_for_good(operator):
    request = asked(contract_with(running(tenancy="multi")))
    with pytest.raises(RefusedError):
        requests.decline(request=request, reason=" ", actor=operator, at=beijing(AT))
    row = requests.decline(request=request, reason="月末结账期间不升级", actor=operator, at=beijing(AT))
    assert (row.state, row.reason) == (State.DECLINED, "月末结账期间不升级")
    for act in (requests.begin, requests.begin_audit):
        with pytest.raises(RefusedError) as refused:
            act(request=row, actor=operator, at=beijing(AT))
        assert refused.value.code == "wrong_state"
    assert kinds()[-1] == "declined"


def test_product_that_nobody_described_may_be_asked_for_by_the_strictest_way_until_it_is__K11(operator):
    contract = contract_with(running("galaxy"))
    [before] = governed(contract, beijing(AT))
    assert before.is_unsure
    request = asked(contract)
    assert request.policy == "galaxy-single-tenant-customised"
    describe(
        owned=owned_of(contract), running=Running("multi"), reason="客户确认", actor=operator, at=beijing(AT)
    )  # fmt: skip
    row = requests.schedule(request=request, span=span("2026-03-20 22:00"), actor=operator, at=beijing(AT))
    assert row.state == State.SCHEDULED, "shared by tenants, it needs no audit"
    [after] = governed(contract, beijing(AT))
    assert [policy.code for policy in after.policies] == ["galaxy-multi-tenant"]
    change = ContractChange.objects.filter(contract=contract).latest("number")
    assert change.changed["product/galaxy/public_cloud/"][1]["tenancy"] == "multi"


def patch(**more) -> Released:
    said = {
        "product": Product.objects.get(code="galaxy"), "kind": "patch", "name": "星空 PT-8.2.1",
        "name_en": "Galaxy PT-8.2.1",
        "version": "8.2.1", "released_on": date(2026, 3, 1), "link": "https://updates.example/pt.zip",
        "sha256": "AB" * 32, "size": 5_000_000,
    } | more  # fmt: skip
    return Released(**said)


def test_private_customers_are_told_of_packages_and_taking_one_is_recorded__K11(operator):
    private = contract_with(running("galaxy", "private_cloud"), code="own")
    public = contract_with(running("galaxy", tenancy="multi"), code="shared")
    package = release(released=patch(), actor=operator, at=beijing(AT))
    told = AccountNotice.objects.filter(kind="update_package").values_list("contract__number", flat=True)
    assert list(told) == [private.number]
    assert package.sha256 == "ab" * 32
    assert packages_for(private, beijing(AT)) == [package]
    taking = take(package=package, contract=private, user=operator, at=beijing(AT))
    assert (taking.user_display, taking.at) == (str(operator), beijing(AT))
    for contract, wall in ((public, AT), (private, "2028-01-01 10:00")):
        with pytest.raises(RefusedError) as refused:
            take(package=package, contract=contract, user=operator, at=beijing(wall))
        assert refused.value.code == "not_given"
    take_down(package=package, reason="回滚", at=beijing(AT))
    assert packages_for(private, beijing(AT)) == []
    assert PackageTaking.objects.count() == 1


@pytest.mark.parametrize(("wrong", "code"), [
    ({"sha256": "xyz"}, "wrong_sha256"), ({"link": ""}, "no_way"), ({"link": "javascript:alert(1)"}, "wrong_link"),
])  # fmt: skip
def test_package_that_nobody_could_have_or_check_is_refused(operator, wrong, code):
    with pytest.raises(RefusedError) as refused:
        release(released=patch(**wrong), actor=operator, at=beijing(AT))
    assert refused.value.code == code


def test_renewed_and_added_products_keep_how_they_run(operator):
    contract = contract_with(running("cosmic", pace="agile"))
    own(contract=contract, products=[running("cosmic", pace="", version="7")], actor=operator, at=beijing(AT))
    row = owned_of(contract)
    assert (row.pace, row.version) == ("agile", "7"), "bringing the version up to date forgets nothing"
    assert UpdateStep.objects.count() == 0
