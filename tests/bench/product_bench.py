"""How long `make run` takes until it is ready, and how much memory the product then has."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests import running

KINDS = {
    "config.launch.run": "runner",
    "uvicorn": "web",
    "shouyue beat": "beat",
    "shouyue clock": "clock worker",
    "shouyue out": "out worker",
    "shouyue jobs": "jobs worker",
    "watchdog": "watchdog",
    "launch.nursery": "nursery",
    "mail_sink": "mail sink",
    "valkey-server": "Valkey",
    "postgres": "PostgreSQL",
}


def run() -> list[dict[str, Any]]:
    """Start the product twice over one folder and return times and sizes."""
    with tempfile.TemporaryDirectory(prefix="shouyue-bench-") as folder:
        with running.product(Path(folder)) as first:
            pass
        with running.product(Path(folder)) as later:
            # The pool's children grow with their first tasks.
            time.sleep(20)
            sizes = memory(later.runner.pid)
    return [*starts(first.ready_after, later.ready_after), *shares(sizes)]


def starts(first: float, later: float) -> list[dict[str, Any]]:
    """Return the rows of both starts, beside what Django's own start costs."""
    bare = bare_start()
    return [
        row("first start to /readyz (packages installed)", first, "s", ("manage.py check", bare), "≤ 60"),
        row("later start to /readyz", later, "s", ("manage.py check", bare), "≤ 10"),
    ]


def bare_start() -> float:
    """Return the seconds that one Django command takes."""
    began = time.monotonic()
    subprocess.run([sys.executable, "manage.py", "check"], cwd=running.ROOT, check=True, capture_output=True)
    return time.monotonic() - began


def memory(pid: int) -> dict[str, float]:
    """Return the megabytes of each kind of process under the runner."""
    sizes = dict.fromkeys([*KINDS.values(), "other"], 0.0)
    for one in running.family(pid):
        line = running.command_line(one)
        sizes[next((kind for mark, kind in KINDS.items() if mark in line), "other")] += running.pss(one)
    return sizes


def shares(sizes: dict[str, float]) -> list[dict[str, Any]]:
    """Return a row for each kind and one for the whole, beside a Django process that does nothing."""
    beside = ("idle Django process", idle_process())
    parts = [row(f"memory, {kind}", size, "MB", beside, None) for kind, size in sizes.items()]
    return [*parts, row("memory, whole product", sum(sizes.values()), "MB", beside, "≤ 600")]


def idle_process() -> float:
    """Return the memory of a process that has only set Django up."""
    code = "import django, sys; django.setup(); print(1, flush=True); sys.stdin.read()"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], cwd=running.ROOT, env=environment, **pipes) as child:
        assert child.stdout
        child.stdout.readline()
        size = running.pss(child.pid)
        child.communicate()
    return size


def row(name: str, value: float, unit: str, beside: tuple[str, float], target: str | None) -> dict[str, Any]:
    what, figure = beside
    ratio = value / figure
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "beside": what,
        "beside_value": figure,
        "ratio": ratio,
        "target": target,
    }
