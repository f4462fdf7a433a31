"""Every page of the back office: in both languages, at the same cost however many rows there are, for two roles."""

import re
from datetime import date

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.models import AccountTeamMember, Contract, Customer, OwnedProduct, Product, Role
from sla.models import Clock, Milestone, Policy
from tests.back_office import fill, page, signed_in
from tests.clocks import clock_at
from tests.world import person
from tickets.models import Delivery, InboundEvent, WebhookEndpoint

LISTED = sorted(admin.site._registry, key=lambda model: model._meta.label)
LANGUAGES = [code for code, _ in settings.LANGUAGES]
CHINESE = re.compile("[\u4e00-\u9fff]")


def cost(client, address):
    """Return the number of queries that a page takes once everything is warm."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(address)
    return len(queries)


def test_lists_cost_the_same_with_five_rows_and_with_thirty(world):
    client = signed_in()
    fill(world, 5, "a")
    few = {model.__name__: cost(client, page(model) + "?all=") for model in LISTED}
    fill(world, 25, "b")
    assert {model.__name__: cost(client, page(model) + "?all=") for model in LISTED} == few
    assert max(few.values()) <= 16


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_row_and_form_opens_and_speaks_the_readers_language(world, language):
    client = signed_in(language=language)
    fill(world, 1, "a")
    for model in LISTED:
        listing = client.get(page(model), {"q": "a"})
        assert listing.status_code == 200
        opts, shown = model._meta, client.get(page(model, "change", model._default_manager.last().pk))
        assert shown.status_code == 200, model
        labels = re.findall(r"<label[^>]*>([^<:]+)", shown.content.decode())
        assert [text for text in labels if bool(CHINESE.search(text)) != (language != "en")] == [], opts.label
        if admin.site._registry[model].has_add_permission(shown.wsgi_request):
            assert client.get(page(model, "add")).status_code == 200


def test_a_contracts_page_costs_the_same_with_many_products_and_colleagues(world):
    client, contract = signed_in(), world.kingdee.contract
    few = cost(client, page(Contract, "change", contract.pk))
    for n, product in enumerate(Product.objects.exclude(pk=world.kingdee.product.pk)[:6]):
        OwnedProduct.objects.create(contract=contract, product=product)
        AccountTeamMember.objects.create(contract=contract, seat="member", user=person(f"colleague{n}", "同事"))
    assert cost(client, page(Contract, "change", contract.pk)) == few


def test_a_customers_page_costs_the_same_with_many_contracts_and_contacts(world):
    client, customer = signed_in(), world.kingdee.customer
    few = cost(client, page(Customer, "change", customer.pk))
    for n in range(6):
        customer.contacts.create(name=f"联系人{n}")
        customer.contracts.create(
            plan=world.yonsuite.contract.plan, number=f"C-{n}", starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 1)
        )
    assert cost(client, page(Customer, "change", customer.pk)) == few


def test_a_milestone_is_found_by_its_ticket_and_says_how_it_stands_now(world):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    with clock_at("2026-09-28 19:30"):
        found = signed_in().get(page(Milestone), {"q": ticket.number, "standing": "late"}).content.decode()
    assert ticket.number in found
    assert ">已超时<" in found


def test_ticket_numbers_lead_to_the_console(world):
    fill(world, 1, "a")
    for model in (Delivery, InboundEvent):
        assert 'href="/console/tickets/T-' in signed_in().get(page(model)).content.decode()


def test_targets_and_ladders_are_said_in_words(world):
    policy = Policy.objects.current().get(code="kingdee-advanced-ticket")
    shown = signed_in().get(page(Policy, "change", policy.pk)).content.decode()
    for words in (
        "0.5 个工作日",
        "回复、电话",
        "用去时限的 75%",
        "告知处理人、客户团队、值班经理、值班人；提高优先级",
        "超时后 1 小时",
    ):
        assert words in shown
    assert "duty_manager" not in shown


def test_a_clocks_page_lists_its_facts_in_words(world):
    world.open_ticket()
    shown = signed_in(language="en").get(page(Clock, "change", Clock.objects.last().pk)).content.decode()
    assert "Opened" in shown


def test_a_manager_reads_everything_and_changes_nothing(world):
    fill(world, 1, "a")
    client = signed_in(Role.MANAGER)
    for model in LISTED:
        row = model._default_manager.last()
        assert client.get(page(model)).status_code == 200
        assert client.get(page(model, "change", row.pk)).status_code == 200
        assert client.post(page(model, "change", row.pk), {}).status_code == 403, model
        assert client.get(page(model, "add")).status_code == 403


@pytest.mark.parametrize("model", [Delivery])
def test_a_manager_is_offered_no_action(world, model):
    fill(world, 1, "a")
    assert 'name="action"' not in signed_in(Role.MANAGER).get(page(model)).content.decode()


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.CUSTOMER_ADMIN, Role.AGENT, Role.EXPERT, Role.PARTNER, Role.LEAD])
def test_nobody_else_gets_in(db, role):
    assert signed_in(role).get("/admin/", follow=True).status_code == 403


def test_the_back_office_has_no_sign_in_of_its_own(client, db):
    answer = client.get("/admin/plans/customer/", follow=True)
    assert answer.redirect_chain[-1][0] == "/sign-in/?next=%2Fadmin%2Fplans%2Fcustomer%2F"
    assert client.post("/admin/login/", {"username": "x", "password": "y"}).headers["Location"].startswith("/sign-in/")


def test_the_back_office_sends_nobody_to_another_site(client, db):
    onward = client.get("/admin/login/", {"next": "https://elsewhere.example/"}).headers["Location"]
    assert onward == "/sign-in/?next=%2Fadmin%2F"


def test_a_program_is_added_with_a_secret_that_is_shown_once(admin_client):
    sent = {"name": "值班大屏", "url": "https://1.1.1.1/hook"}
    shown = admin_client.post("/admin/tickets/webhookendpoint/add/", sent)
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    pages = ["/admin/tickets/webhookendpoint/", f"/admin/tickets/webhookendpoint/{endpoint.pk}/change/"]
    assert all(endpoint.secret not in admin_client.get(page).content.decode() for page in pages)
    renewed = admin_client.post(pages[0], {"action": "renew_secret", "_selected_action": [endpoint.pk]})
    old, endpoint.secret = endpoint.secret, WebhookEndpoint.objects.get().secret
    assert endpoint.secret != old
    assert endpoint.secret in renewed.content.decode()


def test_an_address_inside_a_network_is_refused_in_words(admin_client):
    sent = {"name": "内网", "url": "https://10.0.0.1/hook"}
    page = admin_client.post("/admin/tickets/webhookendpoint/add/", sent)
    assert page.status_code == 200
    assert "这个地址不能回调" in page.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_how_the_last_call_went_is_said_and_why_it_failed(admin_client, world):
    ticket = world.open_ticket()
    endpoint = WebhookEndpoint.objects.create(name="x", url="https://1.1.1.1/", secret="whsec_AAAA")
    page = f"/admin/tickets/webhookendpoint/{endpoint.pk}/change/"
    assert "还没有回调过" in admin_client.get(page).content.decode()
    row = ticket.deliveries.get()
    Delivery.objects.filter(pk=row.pk).update(channel="webhook", endpoint=endpoint, attempts=2, error="HTTP 500")
    assert f"{ticket.number}：试了 2 次没有送达，还会再试。HTTP 500" in admin_client.get(page).content.decode()
    Delivery.objects.filter(pk=row.pk).update(state="failed")
    assert f"{ticket.number}：没有送达，试了 2 次。HTTP 500" in admin_client.get(page).content.decode()
    Delivery.objects.filter(pk=row.pk).update(state="sent", sent_at=ticket.opened_at)
    listed = admin_client.get("/admin/tickets/webhookendpoint/").content.decode()
    assert "2026-09-28 09:00 送达" in listed


def test_a_program_is_switched_off_and_on_from_the_list(admin_client):
    endpoint = WebhookEndpoint.objects.create(name="x", url="https://1.1.1.1/", secret="whsec_AAAA")
    for action, is_active in (("switch_off", False), ("switch_on", True)):
        sent = {"action": action, "_selected_action": [endpoint.pk]}
        admin_client.post("/admin/tickets/webhookendpoint/", sent)
        endpoint.refresh_from_db()
        assert endpoint.is_active is is_active
