"""Run the whole product, as `make run` does, in a folder of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.launch import ports, processes

ROOT = Path(__file__).resolve().parent.parent
# What the tests' own servers put there; the product is to start its own.
OURS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PUBLIC_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")


@dataclass(frozen=True)
class Product:
    """A product that runs."""

    runner: subprocess.Popen[bytes]
    var: Path
    ready_after: float

    @property
    def run_json(self) -> dict[str, Any]:
        return json.loads((self.var / "run.json").read_text())

    @property
    def url(self) -> str:
        return str(self.run_json["url"])


def environment(var: Path) -> dict[str, str]:
    """Return an environment without a trace of the tests' servers."""
    kept = {name: word for name, word in os.environ.items() if name not in OURS and not name.startswith("SHOUYUE_")}
    return {**kept, "SHOUYUE_VAR": str(var), "PORT": str(ports.free_port())}


def runner(var: Path) -> subprocess.Popen[bytes]:
    """Start the runner over a folder and return it at once; its words go to `runner.log` there."""
    var.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "config.launch.run"]
    return processes.spawn(command, log=var / "runner.log", environment=environment(var), cwd=ROOT)


def await_run_json(child: subprocess.Popen[bytes], var: Path, patience: float) -> None:
    """Return when the runner says that all is ready; raise with its own words when it does not come to that."""
    try:
        processes.wait_until((var / "run.json").exists, child, "the product", patience)
    except processes.LaunchError as error:
        raise processes.LaunchError(f"{error}\n{(var / 'runner.log').read_text()}") from error


@contextmanager
def product(var: Path, patience: float = 240.0) -> Iterator[Product]:
    """Run the product over a folder until the block ends, and stop it as Ctrl-C does."""
    began = time.monotonic()
    child = runner(var)
    try:
        await_run_json(child, var, patience)
        yield Product(child, var, time.monotonic() - began)
    finally:
        processes.stop(child, patience=60)


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it (Linux only); one that ends meanwhile has none."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def pss(pid: int) -> float:
    """Return a process's share of memory in megabytes: what it has alone, and its part of what is shared.

    One that has ended meanwhile, such as a server's short-lived helper, has none.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def command_line(pid: int) -> str:
    """Return a process's name and the words that it was started with; nothing for one that has ended."""
    if not alive(pid):
        return ""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return Path(f"/proc/{pid}/comm").read_text() + words


def alive(pid: int) -> bool:
    """Return whether a process is there and not merely waiting to be collected."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "zombie" not in status.read_text()
