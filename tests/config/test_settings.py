"""Settings are strict about their environment, so they are tried in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from environs import Env

from config import keeping, signing

ROOT = Path(__file__).resolve().parents[2]


def tried(expression: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Evaluate an expression over the settings in a new process and return what came of it."""
    kept = {"PATH": os.environ["PATH"], "SHOUYUE_VAR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    code = f"import json; from config import settings; print(json.dumps({expression}))"
    return subprocess.run(
        [sys.executable, "-c", code], env={**kept, **environment}, capture_output=True, text=True, check=False
    )


def told(expression: str, tmp_path: Path, **environment: str) -> object:
    answer = tried(expression, tmp_path, **environment)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"SHOUYUE_PROCESS": "wbe"}, "SHOUYUE_PROCESS"),
        ({"SHOUYUE_PROCESS": "web"}, "SECRET_KEY"),
        ({"PUBLIC_URL": "desk.example"}, "PUBLIC_URL"),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL"),
        ({"REDIS_URL": "amqp://x"}, "REDIS_URL"),
        ({"EMAIL_URL": "http://x"}, "EMAIL_URL"),
        ({"DEBUG": "perhaps"}, "DEBUG"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
    ],
)
def test_a_wrong_environment_is_named_and_refused(tmp_path: Path, environment: dict[str, str], named: str) -> None:
    answer = tried("1", tmp_path, **environment)
    assert (answer.returncode, named in answer.stderr) == (1, True)


@pytest.mark.parametrize("said", ["-1", "7", "29", "36501", "1.5", "for ever", ""])
def test_days_of_keeping_are_a_month_at_least_or_for_ever(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    assert keeping.days(Env())["raw"] == 180
    monkeypatch.setenv("KEEP_RAW_DAYS", said)
    with pytest.raises(ImproperlyConfigured, match="KEEP_RAW_DAYS"):
        keeping.days(Env())
    monkeypatch.setenv("KEEP_RAW_DAYS", "0")
    assert keeping.days(Env())["raw"] == 0


def test_secrets_are_sealed_apart_where_that_is_wished_and_whatever_sealed_them_opens_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, names = tmp_path / "secret_key", ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "SECRETS_KEY")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    assert signing.keys(Env(), kept, may_lack=True).sealing == []
    kept.write_text("made")
    assert signing.keys(Env(), kept, may_lack=False) == ("made", [], ["made"])
    for name, said in zip(names, ("now", "before,older", "x" * 32), strict=True):
        monkeypatch.setenv(name, said)
    every = ["x" * 32, "now", "before", "older", "made"]
    assert signing.keys(Env(), kept, may_lack=False) == ("now", ["before", "older"], every)
    monkeypatch.setenv("SECRETS_KEY", "short")
    with pytest.raises(ImproperlyConfigured, match="SECRETS_KEY"):
        signing.keys(Env(), kept, may_lack=False)


def test_a_command_beside_a_running_product_finds_its_servers(tmp_path: Path) -> None:
    servers = {"DATABASE_URL": "postgresql://x@/desk?host=/tmp/short", "REDIS_URL": "unix:///tmp/short/v.sock"}
    (tmp_path / "servers.json").write_text(json.dumps(servers))
    found = told("[settings.DATABASES['default']['HOST'], settings.CELERY_BROKER_URL]", tmp_path)
    assert found == ["/tmp/short", "redis+socket:///tmp/short/v.sock?virtual_host=0"]


def test_the_environment_comes_before_what_runs(tmp_path: Path) -> None:
    (tmp_path / "servers.json").write_text(json.dumps({"DATABASE_URL": "postgresql:///old"}))
    assert told("settings.DATABASES['default']['NAME']", tmp_path, DATABASE_URL="postgresql:///new") == "new"


@pytest.mark.parametrize(
    ("process", "limited", "pooled"),
    [("web", True, True), ("clock", True, False), ("watchdog", True, False), ("command", False, False)],
)
def test_a_page_and_a_tick_have_time_limits_and_a_command_has_none(
    tmp_path: Path, process: str, limited: bool, pooled: bool
) -> None:
    options = told("settings.DATABASES['default']['OPTIONS']", tmp_path, SHOUYUE_PROCESS=process, SECRET_KEY="k")
    assert isinstance(options, dict)
    assert ("statement_timeout=15000" in options.get("options", ""), "pool" in options) == (limited, pooled)


@pytest.mark.django_db
def test_the_database_holds_the_limits() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        assert cursor.fetchone() == ("15s", "3s")


def test_a_page_that_wakes_a_worker_waits_a_second_at_most(tmp_path: Path) -> None:
    expression = "[settings.CELERY_BROKER_TRANSPORT_OPTIONS['socket_timeout'], settings.CELERY_TASK_PUBLISH_RETRY]"
    assert told(expression, tmp_path, SHOUYUE_PROCESS="web", SECRET_KEY="k") == [1, False]


def test_only_https_makes_cookies_for_https_alone(tmp_path: Path) -> None:
    secure = "settings.SESSION_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS > 0"
    expression = f"[{secure}, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME]"
    assert told(expression, tmp_path, PUBLIC_URL="https://desk.example") == [
        True, True, True, "__Host-shouyue_session", "__Host-csrftoken",
    ]  # fmt: skip
    assert told(expression, tmp_path, PUBLIC_URL="http://127.0.0.1:8000") == [
        False, False, False, "shouyue_session", "csrftoken",
    ]  # fmt: skip


def test_no_host_but_the_configured_ones_is_served() -> None:
    assert "*" not in settings.ALLOWED_HOSTS


def test_scripts_and_styles_come_from_our_own_files_alone() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert (directives["script-src"], directives["style-src"]) == (["'self'"], ["'self'"])


def test_each_tick_goes_to_the_queue_of_its_kind_and_says_which_beat_sent_it() -> None:
    schedule = settings.CELERY_BEAT_SCHEDULE
    assert {name: entry["options"]["queue"] for name, entry in schedule.items()} == {
        "sweep": "clock",
        "deliver": "out",
        "call": "out",
        "remind": "out",
        "poll": "out",
        "work": "jobs",
        "redrive": "out",
    }
    assert set(schedule["sweep"]["kwargs"]["beat"]()) == {"host", "sent_at"}


def test_no_result_is_kept_and_only_json_is_read() -> None:
    assert settings.CELERY_RESULT_BACKEND is None
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
