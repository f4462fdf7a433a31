"""A real Chromium before a real server: where it is missing these tests skip with a word, in CI they fail."""

import os
import shutil
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django.utils.asyncio
import pytest
from playwright.sync_api import Browser, Error, expect, sync_playwright

from tests.e2e.browsing import PATIENCE, Visit, is_required, move_server_clock, reset_server_clock, visit
from tests.e2e.serving import streaming_server
from tests.remembering import remembered_world
from tests.world import World

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
]
expect.set_options(timeout=PATIENCE)
MISSING = "no Chromium here: install it, or name it in SHOUYUE_CHROMIUM"


def chromium() -> str | None:
    """Return where Chromium is: as told, else on the path."""
    named = os.environ.get("SHOUYUE_CHROMIUM")
    return named or next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def loop_of_the_driver() -> Iterator[None]:
    """Let this thread ask the database although the driver's event loop runs in it; a server's own loop may not."""
    mine, real = threading.get_ident(), django.utils.asyncio.get_running_loop

    def loop_of_others() -> AbstractEventLoop:
        if threading.get_ident() == mine:
            raise RuntimeError("only the driver's")
        return real()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(django.utils.asyncio, "get_running_loop", loop_of_others)
        yield


# One for each module: its event loop must not outlive the tests that use it.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a running Chromium."""
    program = chromium()
    if program is None:
        pytest.fail(MISSING) if is_required() else pytest.skip(MISSING)
    with sync_playwright() as driver, loop_of_the_driver():
        try:
            running = driver.chromium.launch(executable_path=program, args=ARGUMENTS)
        except Error as error:
            pytest.fail(f"Chromium at {program} does not start: {error}")
        yield running
        running.close()


@pytest.fixture
def world(transactional_db: None) -> World:
    """Return the shared world, committed: the server reads it from other connections."""
    return remembered_world()


@pytest.fixture
def server_clock(transactional_db: None) -> Iterator[Callable[[Any], None]]:
    """Return a function that moves the server's clock to a wall time of Beijing, for this test."""
    yield move_server_clock
    reset_server_clock()


@pytest.fixture
def product(world: World, server_clock: Callable[[Any], None]) -> Iterator[str]:
    """Return where the product answers as it does in life, streams and all; its clock says that people are there."""
    server_clock("2026-09-28 10:00")
    with streaming_server() as url:
        yield url


@pytest.fixture
def window(browser: Browser, live_server: Any) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a new window on the live server; any fault in any of them fails the test."""
    visits: list[Visit] = []

    def opened(**wishes: Any) -> Visit:
        visits.append(visit(browser, live_server.url, **wishes))
        return visits[-1]

    yield opened
    faults = [fault for each in visits for fault in each.faults]
    for each in visits:
        each.context.close()
    assert faults == []
