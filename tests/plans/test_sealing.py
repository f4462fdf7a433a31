"""Other people's secrets: nothing that lies in the database can be signed with."""

from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import CommandError, call_command
from django.db import connection

from plans.actions.keys import Holder, adjust_key, issue_key, rotate_key
from plans.actions.sealing import columns, open_up, reseal
from plans.checks import check_sealed
from plans.models import ApiKey
from plans.models.sealed import Sealed, opened
from plans.sealing import UnopenedError, seal, unseal
from sla.clock import database_now
from tickets.actions import sites, webhooks
from tickets.channels import outside
from tickets.channels.webhook import Call
from tickets.models import Site, WebhookEndpoint

OLD, NEW = "o" * 40, "n" * 40
ROBOT = "https://qyapi.weixin.example/cgi-bin/webhook/send?key=693a91f6-7xxx"
PLACE = "plans.apikey.signing_secret"


def lies(model: type, name: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {model._meta.db_table} WHERE {name} <> '' ORDER BY id")
        return [text for (text,) in cursor.fetchall()]


def key(secret: str = "hush-hush", name: str = "switchboard") -> ApiKey:
    issued, _secret = issue_key(
        name=name, scopes=["intake:hotline"], at=database_now(), holder=Holder(signing_secret=secret)
    )
    return ApiKey.objects.get(pk=issued.pk)


@pytest.mark.django_db
def test_a_copy_of_the_database_holds_nothing_to_sign_or_write_with(settings: Any) -> None:
    settings.WEBHOOK_LOOPBACK = False
    kept = key()
    robot = webhooks.add(name="group", url=ROBOT, kind="dingtalk", secret="SECrobot")
    program = webhooks.renew_secret(endpoint=webhooks.add(name="crm", url="https://crm.example/in"), at=database_now())
    site = sites.renew_secret(site=sites.add_site(row=Site(code="erp", name="ERP", vendor="yonyou")))
    whole = [text for column in columns() for text in lies(column.model, column.field.attname)]
    assert len(whole) == 8
    for secret in ("hush-hush", ROBOT, "693a91f6", "SECrobot", program.secret, program.old_secret, site.secret):
        assert not any(secret in text for text in whole)
    assert ApiKey.objects.get(pk=kept.pk).signing_secret == "hush-hush"
    again = WebhookEndpoint.objects.get(pk=robot.pk)
    assert (again.url, again.secret, again.shown_url) == (ROBOT, "SECrobot", "https://qyapi.weixin.example/…7xxx")
    assert Site.objects.get(pk=site.pk).previous_secret == site.previous_secret != site.secret


@pytest.mark.django_db
def test_what_is_sealed_differs_each_time_stays_when_nobody_changes_it_and_opens_in_its_column_alone() -> None:
    first, second = key(), key(name="another")
    before = lies(ApiKey, "signing_secret")
    assert before[0] != before[1]
    first.name = "renamed"
    first.save()
    assert lies(ApiKey, "signing_secret") == before
    with pytest.raises(UnopenedError):
        unseal(before[0], "tickets.site.secret")
    successor, _secret = rotate_key(key=second, at=database_now())
    assert ApiKey.objects.get(pk=successor.pk).signing_secret == "hush-hush"


@pytest.mark.django_db
def test_a_dump_for_loading_holds_no_secret_and_is_loaded_as_it_was() -> None:
    kept = key()
    dump = serializers.serialize("json", [kept])
    assert "hush-hush" not in dump
    next(serializers.deserialize("json", dump)).save()
    assert ApiKey.objects.get(pk=kept.pk).signing_secret == "hush-hush"


@pytest.mark.django_db
def test_a_lost_key_is_named_breaks_nothing_else_and_the_secret_can_be_entered_again(settings: Any) -> None:
    settings.SEALING_KEYS = [OLD]
    kept, seal_in_vain = key(), seal(ROBOT, "tickets.webhookendpoint.url")
    settings.SEALING_KEYS = [NEW]
    kept = ApiKey.objects.get(pk=kept.pk)
    with pytest.raises(UnopenedError, match=r"plans\.apikey\.signing_secret .*[0-9a-f]{8}"):
        assert kept.signing_secret
    assert opened(kept, "signing_secret") is None
    robot = WebhookEndpoint(name="group", kind="wecom", url=Sealed(seal_in_vain))
    assert (robot.shown_url.startswith("（"), outside.attempt(Call(robot, "m", b"{}", database_now())).outcome) == (
        True,
        "failed",
    )
    assert [found.id for found in check_sealed(None, ["default"])] == ["plans.W001"]
    adjust_key(key=kept, options={"zone": "UTC"})
    adjust_key(key=kept, options={}, signing_secret="fresh")
    assert ApiKey.objects.get(pk=kept.pk).signing_secret == "fresh"
    assert check_sealed(None, ["default"]) == []


@pytest.mark.django_db
def test_reseal_moves_what_older_keys_sealed_and_plain_text_to_the_key_of_now(settings: Any) -> None:
    settings.SEALING_KEYS = [OLD]
    key()
    open_up(column=next(column for column in columns() if column.field.place == PLACE))
    assert lies(ApiKey, "signing_secret") == ["hush-hush"]
    assert ApiKey.objects.get().signing_secret == "hush-hush"
    key("second", "another")
    settings.SEALING_KEYS = [NEW, OLD]
    assert [found.id for found in check_sealed(None, ["default"])] == ["plans.W002"]
    call_command("reseal", stdout=(said := StringIO()))
    assert f"{PLACE}：新加密 2，无需改动 0，打不开 0。" in said.getvalue()
    settings.SEALING_KEYS = [NEW]
    assert [row.signing_secret for row in ApiKey.objects.order_by("pk")] == ["hush-hush", "second"]
    settings.SEALING_KEYS = [OLD]
    with pytest.raises(SystemExit):
        call_command("reseal", stdout=StringIO(), stderr=StringIO())


@pytest.mark.django_db
def test_the_migration_seals_what_lay_there_and_lays_it_open_on_the_way_back() -> None:
    key()
    column = next(column for column in columns(apps, "plans") if column.field.place == PLACE)
    open_up(column=column)
    assert reseal(column=column) == {"sealed": 1}
    assert lies(ApiKey, "signing_secret")[0].startswith("sealed:1:")
    assert reseal(column=column) == {"already": 1}


def test_without_a_key_nothing_is_sealed(settings: Any) -> None:
    settings.SEALING_KEYS = []
    with pytest.raises(UnopenedError, match="SECRET_KEY"):
        seal("hush-hush", PLACE)


@pytest.mark.django_db
def test_a_command_without_a_key_says_so_and_leaves_what_is_plain(settings: Any) -> None:
    key()
    open_up(column=next(column for column in columns() if column.field.place == PLACE))
    settings.SEALING_KEYS = []
    with pytest.raises(CommandError, match="SECRET_KEY"):
        call_command("reseal", stdout=StringIO())
    assert lies(ApiKey, "signing_secret") == ["hush-hush"]


@pytest.mark.parametrize("kept", ["sealed:1:", "sealed:1:00000000:%%%", "sealed:1:zz:AAAA"])
def test_what_nobody_sealed_does_not_open(kept: str) -> None:
    with pytest.raises(UnopenedError):
        unseal(kept, PLACE)


def test_what_was_changed_in_the_database_does_not_open() -> None:
    kept = seal("hush-hush", PLACE)
    with pytest.raises(UnopenedError):
        unseal(kept[:-6] + ("A" if kept[-6] != "A" else "B") + kept[-5:], PLACE)
