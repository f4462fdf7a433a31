"""Fixtures that every test may use; what belongs to one area lies in that area's conftest."""

import gc
import logging
import os
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation

from config.launch.ports import free_port
from tests.clocks import USUAL, set_offset
from tests.clusters import MIGRATED
from tests.emptying import empty, laying, tables
from tests.remembering import OURS, remembered_world
from tests.world import World, plans

# What the SMTP server says when it ends is said after the test, among the dots.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class Mailbox:
    """What a real SMTP server on loopback was sent; `refuse` may answer an envelope with an SMTP error instead."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuse: Callable[[Any], str | None] = lambda envelope: None
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        refusal = self.refuse(envelope)
        if refusal is None:
            self.messages.append(message_from_bytes(envelope.content, policy=modern))
        return refusal or "250 OK"


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Leave no test the language in which another's last request was answered."""
    yield
    translation.deactivate()


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """Send this test's mail over real SMTP and return where it lands."""
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
    yield box
    server.stop()


@pytest.fixture
def child_environment(transactional_db: None) -> dict[str, str]:
    """Return the environment in which a real child process sees this test's database and broker."""
    where = settings.DATABASES["default"]
    name = connection.settings_dict["NAME"]
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{where['USER']}@/{name}?host={where['HOST']}",
        "SECRET_KEY": settings.SECRET_KEY,
        "SHOUYUE_PROCESS": "command",
    }


LONG = {"faults", "e2e", "long"}
# Objects of ours between two collections. Python's 700 had a third of the run's time spent on looking for garbage.
YOUNG = 50_000


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Shared out among processes, begin with the files that take long: nobody shall wait for one at the end."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: LONG.isdisjoint(marker.name for marker in item.iter_markers()))


def pytest_collection_finish() -> None:
    """Keep the collector off what is loaded by now, which no test throws away, and let it look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Return whether the database comes migrated, to be dropped with its server."""
    return MIGRATED in os.environ


@pytest.fixture(scope="session")
def copied_database(django_db_modify_db_settings: None, django_db_keepdb: bool, django_db_blocker: Any) -> None:
    """Copy the database that has been migrated: what is left to do for pytest-django is to look whether it is up."""
    if django_db_keepdb:
        name = connection.creation._get_test_db_name()
        with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{os.environ[MIGRATED]}"')


@pytest.fixture(scope="session")
def django_db_setup(copied_database: None, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load the plans once for the whole run; a test that wants an empty catalogue deletes it."""
    with django_db_blocker.unblock():
        if USUAL:
            set_offset(USUAL)
        plans()
        loaded = laying([table for table in tables() if table.partition("_")[0] in OURS])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty(loaded))
        yield


@pytest.fixture
def world(db: None) -> World:
    """Return the shared world."""
    return remembered_world()
