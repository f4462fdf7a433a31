import psycopg
import pytest
from django.core import management
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from environs import Env

import manage
from config import addresses


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql:///shouyue", {"NAME": "shouyue"}),
        ("postgres://ann:p%40ss@db:5433/desk", {"NAME": "desk", "USER": "ann", "PASSWORD": "p@ss", "HOST": "db"}),
        ("postgresql://ann@/desk?host=/tmp/short", {"NAME": "desk", "HOST": "/tmp/short", "OPTIONS": {}}),
        ("postgresql://db/desk?sslmode=require", {"OPTIONS": {"sslmode": "require"}}),
    ],
)
def test_database_url_is_read_as_libpq_reads_it(url: str, expected: dict[str, object]) -> None:
    assert addresses.database(url).items() >= expected.items()


@pytest.mark.parametrize("url", ["sqlite:///db", "mysql://db/x", "postgresql://db/x?nonsense=1"])
def test_another_database_is_refused_at_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        addresses.database(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://127.0.0.1:6379/3", "redis://127.0.0.1:6379/3"),
        ("unix:///tmp/short/valkey.sock?db=2", "redis+socket:///tmp/short/valkey.sock?virtual_host=2"),
        ("unix:///tmp/short/valkey.sock", "redis+socket:///tmp/short/valkey.sock?virtual_host=0"),
    ],
)
def test_celery_gets_the_same_redis_in_its_own_spelling(url: str, expected: str) -> None:
    assert addresses.broker(url) == expected


def test_another_broker_is_refused_at_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
        addresses.broker("amqp://localhost")


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://127.0.0.1:2525", 2525, False, False),
        ("smtp+tls://ann:p%40ss@mail.example", 587, True, False),
        ("smtps://mail.example", 465, False, True),
    ],
)
def test_mail_url_says_how_the_line_is_encrypted(url: str, port: int, tls: bool, ssl: bool) -> None:
    found = addresses.mail(url)
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (port, tls, ssl)


def test_mail_password_may_hold_any_sign() -> None:
    assert addresses.mail("smtps://ann:p%40ss@mail.example")["EMAIL_HOST_PASSWORD"] == "p@ss"


@pytest.mark.parametrize("url", ["mail.example", "smtp://", "http://mail.example", "smtp://mail:many"])
def test_a_mail_url_of_another_kind_is_refused_at_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        addresses.mail(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://desk.example", "https://[::1]:8443"])
def test_the_product_is_reached_at_a_host(url: str) -> None:
    assert addresses.public(url).geturl() == url


@pytest.mark.parametrize(
    "url", ["desk.example", "ftp://desk.example", "https://", "https://desk.example/help", "https://desk.example?a=1",
            "https://ann@desk.example", "https://desk.example:99999", "https://desk.example:x"],
)  # fmt: skip
def test_a_place_that_links_could_not_lead_to_is_refused_at_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL"):
        addresses.public(url)


@pytest.mark.parametrize("url", ["models.example/v1", "ftp://models.example", "https://", "http://models:v1/"])
def test_a_model_that_cannot_be_called_is_refused_at_start(url: str) -> None:
    assert (addresses.endpoint("BOT_URL", ""), addresses.endpoint("BOT_URL", "http://[::1]:1/v1")[:4]) == ("", "http")
    with pytest.raises(ImproperlyConfigured, match="BOT_URL"):
        addresses.endpoint("BOT_URL", url)


@pytest.mark.parametrize("said", ["守约", "", "守约 <support>", "a@b@c", "a@b.example\r\nBcc: x@y.example"])
def test_mail_from_nobody_is_refused_at_start(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    assert addresses.sender(Env(), "MAIL_FROM", "守约 <support@desk.example>") == "守约 <support@desk.example>"
    monkeypatch.setenv("MAIL_FROM", said)
    with pytest.raises(ImproperlyConfigured, match="MAIL_FROM"):
        addresses.sender(Env(), "MAIL_FROM", "x@y.example")


@pytest.mark.parametrize(
    ("cause", "shown"), [(psycopg.OperationalError, SystemExit), (psycopg.errors.LockNotAvailable, OperationalError)]
)
def test_a_command_without_a_database_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, cause: type[Exception], shown: type[BaseException]
) -> None:
    def fail(argv: list[str]) -> None:
        raise OperationalError("no such file") from cause()

    monkeypatch.setattr(management, "execute_from_command_line", fail)
    with pytest.raises(shown, match="no such file"):
        manage.main()
