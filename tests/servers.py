"""Pytest plugin: a throwaway PostgreSQL and Valkey for one run, there before Django reads its settings.

Loaded with `-p`, so it acts at import. Workers of xdist inherit the addresses and start nothing.
`SHOUYUE_TEST_DATABASE_URL` and `SHOUYUE_TEST_REDIS_URL` name servers to use instead.
"""

import atexit
import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

from config.launch import postgres, processes, valkey
from tests import clusters

RUN = contextlib.ExitStack()
# Thousands of tests leave tables large and empty in turn, and what was gathered about them at such a moment has the
# planner read whole tables over and over: it once took a statement more than its 15 seconds.
PLANS_BY_INDEX = {"enable_seqscan": "off"}
# Not the machine's own temporary folder: on macOS its name is too long for a socket.
TEMPORARY = Path("/tmp")
PREFIX = "shouyue-test-"


def start_postgres(folder: Path) -> str:
    """Start the database and return its address; it is stopped when the run ends."""
    server = postgres.find()
    if server.owner:
        folder.chmod(0o711)
    cluster = folder / "cluster"
    if clusters.new_cluster(server, cluster):
        os.environ[clusters.MIGRATED] = postgres.DATABASE
    settings = postgres.THROWAWAY | PLANS_BY_INDEX
    child = postgres.start(server, cluster, folder / "sockets", folder / "postgres.log", settings)
    RUN.callback(processes.stop, child, signal.SIGQUIT)
    postgres.await_ready(child, cluster)
    return postgres.url(folder / "sockets", "postgres")


def start_valkey(folder: Path) -> str:
    """Start the broker and return its address; it is stopped when the run ends."""
    child = valkey.start(valkey.find(), folder / "valkey", folder, folder / "valkey.log", keep=False)
    RUN.callback(processes.stop, child)
    valkey.await_ready(child, folder)
    return valkey.url(folder)


def remove_leftovers() -> None:
    """Remove the folders of runs that were killed; their servers died with them."""
    for folder in TEMPORARY.glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def alive(pid: int) -> bool:
    """Return whether a process has this id, be it ours or another user's."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def start_servers() -> None:
    """Start what is not given and tell Django, through the environment, where it is."""
    remove_leftovers()
    folder = Path(tempfile.mkdtemp(dir=TEMPORARY, prefix=f"{PREFIX}{os.getpid()}-"))
    RUN.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ["SHOUYUE_PROCESS"] = "test"
    # A product that runs from the same checkout must not be found, still less written to.
    os.environ["SHOUYUE_VAR"] = str(folder / "var")
    (folder / "var/static").mkdir(parents=True)
    for name in ("PUBLIC_URL", "EMAIL_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG", clusters.MIGRATED):
        os.environ.pop(name, None)
    os.environ["DATABASE_URL"] = os.environ.get("SHOUYUE_TEST_DATABASE_URL") or start_postgres(folder)
    os.environ["REDIS_URL"] = os.environ.get("SHOUYUE_TEST_REDIS_URL") or start_valkey(folder)


def pytest_unconfigure() -> None:
    """Stop the servers when the run ends, however it ended."""
    RUN.close()


worker = os.environ.get("PYTEST_XDIST_WORKER")
os.environ["SHOUYUE_REDIS_PREFIX"] = f"test-{worker or 'main'}-{os.getpid()}:"
if worker is None:
    atexit.register(RUN.close)
    start_servers()
