"""Turn the addresses of outside servers (database, broker, mail) into settings."""

from email.utils import parseaddr
from importlib import import_module
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject
from environs import Env

# Loaded where a database is named: the beat has none, and would carry the driver's megabytes.
psycopg: Any = SimpleLazyObject(lambda: import_module("psycopg"))

LIBPQ_TO_DJANGO = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
SMTP_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def database(url: str) -> dict[str, Any]:
    """Return Django's database settings for a libpq URL; what is not a Django key goes to OPTIONS.

    Raises ImproperlyConfigured when the URL is not PostgreSQL's.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(f"DATABASE_URL must begin with postgresql://, not {url.split(':')[0]!r}")
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}") from error
    named = {LIBPQ_TO_DJANGO[key]: str(part) for key, part in parts.items() if key in LIBPQ_TO_DJANGO}
    options = {key: part for key, part in parts.items() if key not in LIBPQ_TO_DJANGO}
    return {"ENGINE": "django.db.backends.postgresql", "NAME": "shouyue", **named, "OPTIONS": options}


def broker(redis_url: str) -> str:
    """Return Celery's address of the same Redis: it spells a unix socket in its own way."""
    scheme, _, rest = redis_url.partition("://")
    if scheme in {"redis", "rediss"}:
        return redis_url
    if scheme != "unix":
        raise ImproperlyConfigured(f"REDIS_URL must begin with redis://, rediss:// or unix://, not {scheme!r}")
    path, _, query = rest.partition("?")
    number = parse_qs(query).get("db", ["0"])[0]
    return f"redis+socket://{path}?virtual_host={number}"


def public(url: str) -> SplitResult:
    """Return where people reach the product. Raises ImproperlyConfigured for anything but a host, with a port or none.

    It stands at the root of its host: links would lead past anything behind that.
    """
    parts = urlsplit(url)
    is_odd = parts.path or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not parts.hostname or is_odd or not _has_port(parts):
        raise ImproperlyConfigured(f"PUBLIC_URL must be http://host or https://host, with a port or none, not {url!r}")
    return parts


def endpoint(name: str, url: str) -> str:
    """Return the address of another program, blank where there is none. Raises ImproperlyConfigured for an odd one."""
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname or not _has_port(parts)):
        raise ImproperlyConfigured(f"{name} must be http://… or https://…, not {parts.scheme!r}")
    return url


def sender(env: Env, name: str, usual: str) -> str:
    """Return an address that mail names. Raises ImproperlyConfigured for what is none."""
    said = env.str(name, usual)
    found = parseaddr(said)[1]
    if found.count("@") != 1 or found.startswith("@") or found.endswith("@") or not said.isprintable():
        raise ImproperlyConfigured(f"{name} must be an address such as 守约 <support@desk.example>, not {said!r}")
    return said


def _has_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def mail(url: str) -> dict[str, Any]:
    """Return Django's EMAIL_* settings for smtp://, smtp+tls:// (STARTTLS) or smtps://."""
    parts = urlsplit(url)
    if parts.scheme not in SMTP_PORTS or not parts.hostname or not _has_port(parts):
        raise ImproperlyConfigured("EMAIL_URL must look like smtp://host:port, smtp+tls://… or smtps://…")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or SMTP_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }
