"""How another program calls by a key: set where it is issued, changed without a new key, kept when it is rotated."""

import pytest
from django.test import Client

from plans.actions.keys import Holder, adjust_key, issue_key, rotate_key
from plans.models import ApiKey, User
from plans.refusals import RefusedError
from sla.clock import database_now

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
