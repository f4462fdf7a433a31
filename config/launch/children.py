"""The programs that make up the product on one machine, and the environment each runs in."""

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from config.launch import forked, ports, postgres, processes, supervisor, valkey
from config.launch.environment import ROOT
from config.launch.supervisor import Program, Running

# Threads share one heap and give back what they freed: a few megabytes less in each process. Others ignore it.
FRUGAL = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
Enlist = Callable[[Program], processes.Child]
# Django's checks load every page and form. The nursery runs them; where there is none, the worker that writes letters.
UNCHECKED = {"CELERY_SKIP_CHECKS": "true"}
CHECKED_BEFORE = UNCHECKED if processes.LINUX else {}


def start_servers(var: Path, sockets: Path, undo: contextlib.ExitStack) -> tuple[list[Running], dict[str, str]]:
    """Start the servers that the environment does not name; return them, and the addresses of all."""
    addresses = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL") if os.environ.get(name)}
    started: list[Running] = []

    def enlist(program: Program) -> processes.Child:
        one = supervisor.launch(program)
        undo.callback(supervisor.stop_all, [[one]])
        started.append(one)
        return one.child

    if "DATABASE_URL" not in addresses:
        addresses["DATABASE_URL"] = start_postgres(var, sockets / "postgres", enlist)
    if "REDIS_URL" not in addresses:
        addresses["REDIS_URL"] = start_valkey(var, sockets, enlist)
    if "EMAIL_URL" not in addresses:
        addresses |= start_mail_sink(var, enlist)
    return started, addresses


def start_postgres(var: Path, sockets: Path, enlist: Enlist) -> str:
    """Start the database over the cluster in `var`, made on first use; return its address."""
    server = postgres.find()
    if server.owner:
        # The server's user must reach its socket through this folder; the socket's own folder stays closed.
        sockets.parent.chmod(0o711)
    cluster = postgres.prepare(server, var / "postgres")
    start = partial(postgres.start, server, cluster, sockets, var / "log/postgres.log")
    child = enlist(Program("postgres", start, signal.SIGINT, patience=30))
    postgres.await_ready(child, cluster)
    return postgres.url(sockets, postgres.DATABASE)


def start_valkey(var: Path, sockets: Path, enlist: Enlist) -> str:
    """Start the broker over its queue in `var`; return its address."""
    start = partial(valkey.start, valkey.find(), var / "valkey", sockets, var / "log/valkey.log")
    valkey.await_ready(enlist(Program("valkey", start)), sockets)
    return valkey.url(sockets)


def start_mail_sink(var: Path, enlist: Enlist) -> dict[str, str]:
    """Start a mail server that keeps what it gets in `var/mail`; return its address and that folder."""
    port, folder = ports.free_port(), var / "mail"
    command = [sys.executable, "-m", "config.launch.mail_sink", str(port), str(folder)]
    start = partial(processes.spawn, command, log=var / "log/mail_sink.log", cwd=ROOT)
    enlist(Program("mail_sink", start))
    return {"EMAIL_URL": f"smtp://{ports.LOOPBACK}:{port}", "DEMO_MAIL": str(folder)}


@dataclass(frozen=True)
class Home:
    """Where the product's own processes live: the folder of their logs, and the nursery's socket."""

    var: Path
    nursery: Path


def nursery(home: Home) -> Program:
    """Return the process that loads the product for the others; it ends when it is told, and takes none along."""
    return spawned(home, "nursery", ["-m", "config.launch.nursery", str(home.nursery)])


def stages(home: Home, port: int) -> list[list[Program]]:
    """Return the product's own programs in the order in which they are stopped."""
    web = ["-m", "uvicorn", "config.asgi:application", "--host", ports.LOOPBACK, "--port", str(port)]
    quiet_web = ["--no-access-log", "--log-level", "warning", "--lifespan", "off", "--timeout-graceful-shutdown", "3"]
    return [
        [spawned(home, "web", [*web, *quiet_web])],
        [program(home, "beat", ["-m", "config.beat"])],
        [worker(home, "clock", UNCHECKED), worker(home, "out", CHECKED_BEFORE), patient_worker(home, "jobs")],
        [program(home, "watchdog", ["manage.py", "watchdog"])],
    ]


def spawned(home: Home, kind: str, words: list[str]) -> Program:
    """Return a child that loads everything itself."""
    return Program(kind, partial(spawn, home, kind, words, own_environment(home, kind)))


def program(
    home: Home, kind: str, words: list[str], *, patience: float = 10.0, niceness: int = 0,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Program:  # fmt: skip
    """Return a child that runs Python on `words` as one kind of process; `more` is added to its environment."""
    environment = {**own_environment(home, kind), **more}
    return Program(kind, partial(fork, home, kind, words, environment, niceness), patience=patience)


def own_environment(home: Home, kind: str) -> dict[str, str]:
    """Return what a process of this kind is told besides our own environment."""
    # REMAP_SIGTERM lets a worker end softly: what it has begun it may finish, what it holds goes back.
    fixed = {"PYTHONUNBUFFERED": "1", "REMAP_SIGTERM": "SIGQUIT"}
    return {"SHOUYUE_PROCESS": kind, "SHOUYUE_VAR": str(home.var), **fixed}


def fork(home: Home, kind: str, words: list[str], own: Mapping[str, str], niceness: int) -> processes.Child:
    """Start a process out of the nursery; while there is none, one that loads everything itself."""
    try:
        return forked.fork(home.nursery, words, log=log_of(home, kind), niceness=niceness, environment=own)
    except OSError:
        return spawn(home, kind, words, own, niceness)


def spawn(
    home: Home, kind: str, words: list[str], own: Mapping[str, str], niceness: int = 0
) -> processes.Child:  # fmt: skip
    """Start Python on `words`, its output in a log of its own."""
    nice = ["nice", "-n", str(niceness)] if niceness and shutil.which("nice") else []
    command = [*nice, sys.executable, *words]
    return processes.spawn(command, log=log_of(home, kind), environment={**FRUGAL, **os.environ, **own}, cwd=ROOT)


def log_of(home: Home, kind: str) -> Path:
    return home.var / f"log/{kind}.log"


def worker(home: Home, queue: str, more: Mapping[str, str]) -> Program:
    """Return a Celery worker of one queue; asked to end, it finishes the task at hand."""
    words = ["-m", "config.launch.work", queue, "prefork" if shared_memory() else "threads"]
    return program(home, queue, words, patience=25, more=more)


def patient_worker(home: Home, queue: str) -> Program:
    """Return a worker for long work: one process without children, that leaves the processors to all others."""
    words = ["-m", "config.launch.work", queue, "solo"]
    return program(home, queue, words, patience=25, niceness=10, more=UNCHECKED)


def shared_memory() -> bool:
    """Return whether processes can share memory here; some containers and chroots have no /dev/shm."""
    return not processes.LINUX or os.access("/dev/shm", os.W_OK)
