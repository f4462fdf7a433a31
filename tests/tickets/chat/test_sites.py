"""Sites that embed the chat: kept by administrators, each with a secret that is shown once."""

import re
from datetime import UTC, datetime

import pytest

from tests.back_office import page, signed_in
from tests.clocks import clock_at
from tests.tickets.chat.browser import HOST, Browser, signed, site
from tests.world import World
from tickets.actions.sites import ORIGIN, end_previous_secret, renew_secret
from tickets.models import Site

AT = datetime(2026, 9, 28, 2, 0, tzinfo=UTC)
FORM = {"code": "hr", "name": "人力", "vendor": "yonsuite", "channel": "in_product", "is_active": "on"}


def test_a_secret_is_shown_once_and_both_count_until_the_host_has_changed_over__Y05(world: World):
    admin = signed_in()
    made = admin.post(page(Site, "add"), FORM | {"origins": f"{HOST}\n{HOST}\n"})
    row = Site.objects.get()
    assert row.secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    for url in (page(Site, "change", row.pk), page(Site), f"{page(Site)}{row.pk}/embed/"):
        assert row.secret not in admin.get(url).content.decode()
    assert row.origins == [HOST]
    renewed = admin.post(page(Site), {"action": "renew", "_selected_action": [row.pk]})
    before, row = row.secret, Site.objects.get()
    assert row.secret in renewed.content.decode()
    with clock_at(AT):
        for secret in (before, row.secret):
            told = Browser(origin=HOST).enter(site="hr", identity=signed(AT, secret, aud="hr"))
            assert told.status_code == 201
        end_previous_secret(site=row)
        told = Browser(origin=HOST).enter(site="hr", identity=signed(AT, before, aud="hr"))
        assert told.json()["code"] == "identity_signature"


def test_what_the_page_of_examples_signs_is_what_is_taken__Y05(world: World):
    row = site()
    told = signed_in().get(f"{page(Site)}{row.pk}/embed/").content.decode()
    source = re.search(r"<h3>Python</h3>\s*<pre><code>(.*?)</code>", told, re.DOTALL)
    assert source
    names: dict[str, object] = {}
    exec(source[1].replace("&quot;", '"').replace("&#x27;", "'"), names)
    identity = names["identity"](row.secret, "erp", world.yonsuite.contact.email)  # type: ignore[operator]
    assert Browser(origin=HOST).enter(identity=identity).status_code == 201
    for code in ("identity_signature", "identity_expired", "identity_used"):
        assert f"<code>{code}</code>" in told


def test_a_change_keeps_code_and_secret_and_refuses_what_is_no_origin__Y05(world: World):
    row, admin = site(), signed_in()
    admin.post(page(Site, "change", row.pk), FORM | {"code": "other", "origins": "https://a.example"})
    row.refresh_from_db()
    assert (row.code, row.name, row.origins, row.channel) == ("erp", "人力", ["https://a.example"], "in_product")
    refused = admin.post(page(Site, "change", row.pk), FORM | {"origins": "https://a.example/path"})
    assert "不是来源" in refused.content.decode()
    assert renew_secret(site=row).previous_secret == "s" * 43


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "https://", "https://a.example/", "HTTPS://a.example", "ftp://a.example", "https://*.a.example"],
)
def test_what_no_browser_names_is_no_origin__Y05(origin: str):
    assert not ORIGIN.fullmatch(origin)


def test_in_product_entry_carries_where_it_was_opened_to_the_chat_and_its_ticket__K03(world: World):
    site(channel="in_product", product=world.yonsuite.product)
    browser = Browser(origin=HOST)
    with clock_at(AT):
        browser.enter(identity=signed(AT, sub=world.yonsuite.contact.email))
        browser.post("chat/", {"module": "总账", "tenant": "t-7", "page": "/gl/close"})
        browser.post("ticket/", {"subject": "结账报错", "category": "fault"})
    chat = world.yonsuite.contact.chats.get()
    assert (chat.channel, chat.product, chat.page) == ("in_product", world.yonsuite.product, "/gl/close")
    ticket = chat.ticket
    assert (ticket.channel, ticket.module, ticket.tenant) == ("in_product", "总账", "t-7")
