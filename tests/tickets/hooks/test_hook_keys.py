"""How another program calls by a key: set where it is issued, changed without a new key, kept when it is rotated."""

import re

import pytest
from django.test import Client
from django.utils import translation

from plans.actions.keys import Holder, adjust_key, issue_key, rotate_key
from plans.models import ApiKey, User
from plans.refusals import RefusedError
from sla.clock import database_now
from tickets.channels.registry import HOOKS
from tickets.channels.setting_up import FOR_ALL, SETTING_UP

pytestmark = pytest.mark.django_db
MENU = {"menu": {"6": {"vendor": "yonsuite", "tenant": "YS"}}}


@pytest.fixture
def key():
    holder = Holder(signing_secret="s-1", options=MENU)
    return issue_key(name="热线", scopes=["intake:hotline"], at=database_now(), holder=holder)[0]


def test_a_rotated_key_is_called_as_the_one_before__Y08(key):
    new, _secret = rotate_key(key=key, at=database_now())
    assert (new.signing_secret, new.options, new.series) == ("s-1", MENU, key.series)


def test_options_change_and_a_blank_secret_leaves_the_old_one__Y08(key):
    adjust_key(key=key, options={"zone": "UTC"})
    assert (key.signing_secret, key.options) == ("s-1", {"zone": "UTC"})
    adjust_key(key=key, options=MENU, signing_secret="s-2")
    assert ApiKey.objects.get().signing_secret == "s-2"
    with pytest.raises(RefusedError):
        adjust_key(key=key, options=["menu"])  # type: ignore[arg-type]


def test_the_back_office_changes_how_a_key_is_called_and_never_shows_its_secret__Y08(key):
    admin = User.objects.create_superuser("root", email="root@shouyue.example", password="x")
    client = Client()
    client.force_login(admin)
    url = f"/admin/plans/apikey/{key.pk}/change/"
    page = client.get(url).content.decode()
    assert "s-1" not in page
    answer = client.post(url, {"signing_secret": "", "options": '{"zone": "Asia/Tokyo"}', "name": "gone"})
    assert answer.status_code == 302, answer.content.decode()
    key.refresh_from_db()
    assert (key.name, key.signing_secret, key.options) == ("热线", "s-1", {"zone": "Asia/Tokyo"})
    assert client.post(url, {"options": "[1]"}).status_code == 200
    assert all(f"/hooks/{name}/KEY" in page for name in ("twilio", "tencent", "huawei-cec"))
    assert "/hooks/discourse/" not in page


def test_the_page_that_shows_a_key_once_has_the_addresses_and_options_of_its_programs__Y04(client: Client):
    client.force_login(User.objects.create_superuser("root", email="root@shouyue.example", password="x"))
    said = {"name": "论坛", "scopes": ["intake:community"], "options": "{}"}
    page = client.post("/admin/plans/apikey/add/", said).content.decode()
    secret = re.search(r"syk_[\w-]+", page)
    assert secret
    assert f"/hooks/discourse/{secret[0]}" in page
    assert "api_username" in page


def test_what_an_administrator_reads_of_each_program_is_there_in_both_languages():
    assert set(SETTING_UP) == set(HOOKS)
    for told in SETTING_UP.values():
        words = [told.name, told.secret, told.where, *told.options.values(), *FOR_ALL.values()]
        with translation.override("en"):
            assert not re.search(r"[一-鿿]", " ".join(map(str, words)))
