"""Clusters to copy from, each made once and kept in `.venv`: copying is faster than initdb and the migrations."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from config.launch import postgres, processes

ROOT = Path(__file__).resolve().parent.parent
KEEP = Path(sys.prefix)
DAY = 24 * 3600
# Names the database, in the cluster of a run, that stands as the migrations leave it.
MIGRATED = "SHOUYUE_TEST_MIGRATED"


def new_cluster(server: postgres.Postgres, folder: Path) -> bool:
    """Make a cluster in `folder`; return whether it has a database on which the migrations have been run."""
    if server.owner or not os.access(KEEP, os.W_OK):
        # Files of somebody else, or nowhere to keep them.
        postgres.initialise(server, folder)
        return False
    remove_old()
    shutil.copytree(migrated(server), folder, symlinks=True)
    folder.chmod(0o700)
    return True


def migrated(server: postgres.Postgres) -> Path:
    """Return an untouched cluster of these migrations, made by the first run that wants it."""
    return kept(f"migrated-{identity(server)}-{schema_digest()}", lambda folder: _migrate(server, folder))


def _migrate(server: postgres.Postgres, folder: Path) -> None:
    """Make a cluster and run the migrations on its database; raise LaunchError with what they said."""
    shutil.copytree(kept(f"initdb-{identity(server)}", lambda new: postgres.initialise(server, new)), folder)
    folder.chmod(0o700)
    postgres.create_database(server, folder)
    with tempfile.TemporaryDirectory(prefix="sy-", dir="/tmp") as sockets:
        log = Path(sockets) / "postgres.log"
        child = postgres.start(server, folder, Path(sockets), log, postgres.THROWAWAY)
        try:
            postgres.await_ready(child, folder)
            address = postgres.url(Path(sockets), postgres.DATABASE)
            environment = {**os.environ, "DATABASE_URL": address, "SHOUYUE_PROCESS": "command"}
            command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--settings", "config.settings"]
            told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
        finally:
            processes.stop(child, signal.SIGINT, patience=60)
    if told.returncode:
        raise processes.LaunchError(f"migrate: {told.stdout}{told.stderr}")


def identity(server: postgres.Postgres) -> str:
    """Return what tells the programs and the user apart whose cluster it is."""
    return f"{server.major}-{postgres.digest(server.programs)}-{os.geteuid()}"


def schema_digest() -> str:
    """Return what changes when a migration does, or what runs them."""
    files = [file for app in ("config", "plans", "sla", "tickets") for file in (ROOT / app).rglob("migrations/*.py")]
    found = hashlib.sha256()
    for file in sorted([*files, *(ROOT / "config/requirements").glob("*.txt")]):
        found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:16]


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return the cluster of this name, made now if there is none; of runs at the same time one makes it."""
    place = KEEP / name
    with only_one(name):
        if not place.exists():
            made = Path(tempfile.mkdtemp(dir=KEEP, prefix=f"{name.partition('-')[0]}-"))
            try:
                make(made / "cluster")
                (made / "cluster").rename(place)
            finally:
                shutil.rmtree(made, ignore_errors=True)
        os.utime(place)
    return place


@contextlib.contextmanager
def only_one(name: str) -> Iterator[None]:
    """Hold a lock of this name among all runs that share `.venv`."""
    with (KEEP / f"{name.partition('-')[0]}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove_old() -> None:
    """Remove migrated clusters that no run has wanted for a day: migrations have changed since."""
    for place in KEEP.glob("migrated-*"):
        with contextlib.suppress(OSError):
            if time.time() - place.stat().st_mtime > DAY:
                shutil.rmtree(place, ignore_errors=True)
