"""The programs that make up the product on one machine, and the environment each runs in."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

from config.launch import ports, postgres, processes, supervisor, valkey
from config.launch.environment import ROOT
from config.launch.supervisor import Program, Running

# Threads share one heap and give back what they freed: a few megabytes less in each process. Others ignore it.
FRUGAL = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
Enlist = Callable[[Program], subprocess.Popen[bytes]]
# Django's checks load every page and form. One worker runs them, which writes letters and needs their addresses anyway.
UNCHECKED = {"CELERY_SKIP_CHECKS": "true"}


def start_servers(var: Path, sockets: Path, undo: contextlib.ExitStack) -> tuple[list[Running], dict[str, str]]:
    """Start the servers that the environment does not name; return them, and the addresses of all."""
    addresses = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL") if os.environ.get(name)}
    started: list[Running] = []

    def enlist(program: Program) -> subprocess.Popen[bytes]:
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


def stages(var: Path, port: int) -> list[list[Program]]:
    """Return the product's own programs in the order in which they are stopped."""
    web = ["-m", "uvicorn", "config.asgi:application", "--host", ports.LOOPBACK, "--port", str(port)]
    quiet_web = ["--no-access-log", "--log-level", "warning", "--lifespan", "off", "--timeout-graceful-shutdown", "3"]
    return [
        [program(var, "web", [*web, *quiet_web])],
        [program(var, "beat", ["-m", "config.beat"])],
        [worker(var, "clock", UNCHECKED), worker(var, "out", {}), patient_worker(var, "jobs")],
        [program(var, "watchdog", ["manage.py", "watchdog"])],
    ]


def program(
    var: Path, kind: str, words: list[str], *, patience: float = 10.0, before: Sequence[str] = (),
    more: Mapping[str, str] = MappingProxyType({}),
) -> Program:  # fmt: skip
    """Return a child that runs Python on `words` as one kind of process, its output in a log of its own.

    `before` is a command that runs it, `more` is added to its environment.
    """
    # REMAP_SIGTERM lets a worker end softly: what it has begun it may finish, what it holds goes back.
    own = {"SHOUYUE_PROCESS": kind, "SHOUYUE_VAR": str(var), "PYTHONUNBUFFERED": "1", "REMAP_SIGTERM": "SIGQUIT"}
    environment = {**FRUGAL, **os.environ, **own, **more}
    command = [*before, sys.executable, *words]
    start = partial(processes.spawn, command, log=var / f"log/{kind}.log", environment=environment, cwd=ROOT)
    return Program(kind, start, patience=patience)


def worker(var: Path, queue: str, more: Mapping[str, str]) -> Program:
    """Return a Celery worker of one queue; asked to end, it finishes the task at hand."""
    words = ["-m", "config.launch.work", queue, "prefork" if shared_memory() else "threads"]
    return program(var, queue, words, patience=25, more=more)


def patient_worker(var: Path, queue: str) -> Program:
    """Return a worker for long work: one process without children, that leaves the processors to all others."""
    words = ["-m", "config.launch.work", queue, "solo"]
    nice = ["nice", "-n", "10"] if shutil.which("nice") else []
    return program(var, queue, words, patience=25, before=nice, more=UNCHECKED)


def shared_memory() -> bool:
    """Return whether processes can share memory here; some containers and chroots have no /dev/shm."""
    return not processes.LINUX or os.access("/dev/shm", os.W_OK)
