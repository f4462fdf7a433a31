import pytest
from django.core.exceptions import ImproperlyConfigured

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


@pytest.mark.parametrize("url", ["mail.example", "smtp://", "http://mail.example"])
def test_a_mail_url_of_another_kind_is_refused_at_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        addresses.mail(url)
