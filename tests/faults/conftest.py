"""One rig a test, over that test's own database."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Rig, rig


@pytest.fixture
def running(child_environment: dict[str, str]) -> Iterator[Rig]:
    """Return a rig that is stopped when the test ends, however it ends."""
    # Not pytest's own folder: on macOS its name is too long for a socket.
    with (
        tempfile.TemporaryDirectory(prefix="sy-", dir="/tmp") as folder,
        rig(Path(folder), child_environment["DATABASE_URL"]) as built,
    ):
        yield built
