"""Start and stop child processes so that none outlives the one that started it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

PR_SET_PDEATHSIG = 1
LINUX = sys.platform.startswith("linux")
# Loaded before any fork: a child may not import or open anything between fork and exec.
LIBC = ctypes.CDLL(None, use_errno=True)


class LaunchError(Exception):
    """Raised when a server cannot be found or does not come up; the text is for the person at the terminal."""


class Child(Protocol):
    """What we use of a child, whoever forked it."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """Return what a child runs before exec, so that the kernel signals it when its parent is gone (Linux only)."""

    def ask_kernel() -> None:
        if LINUX:
            LIBC.prctl(PR_SET_PDEATHSIG, signal_number)

    return ask_kernel


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    before_exec: Callable[[], None] | None = None,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Return a started child in a session of its own: Ctrl-C reaches only the launcher.

    Raises subprocess.SubprocessError when `before_exec` fails in the child.
    """
    output = log.open("ab") if isinstance(log, Path) else log
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            start_new_session=True,
            preexec_fn=before_exec or die_with_parent(signal.SIGTERM),
            **options,
        )
    finally:
        if isinstance(log, Path) and output:
            output.close()


def stop(child: Child, signal_number: int = signal.SIGTERM, patience: float = 10.0) -> None:
    """Ask a child to end; after `patience` seconds end its whole session by force."""
    if child.poll() is None:
        child.send_signal(signal_number)
        settle(child, patience)


def settle(child: Child, patience: float) -> None:
    """Wait for a child that was asked to end; after `patience` seconds end its whole session by force."""
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        end_session(child)
        child.wait()


def end_session(child: Child) -> None:
    """Kill the child and whatever it forked: they share its session and so its process group."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def wait_until(ready: Callable[[], bool], child: Child, name: str, patience: float = 30.0) -> None:
    """Return when `ready()` is true; raise LaunchError when the child ends or `patience` seconds pass."""
    end = time.monotonic() + patience
    while not ready():
        if child.poll() is not None:
            raise LaunchError(f"{name} 启动后随即退出（{child.returncode}） / {name} ended at once")
        if time.monotonic() > end:
            raise LaunchError(f"{name} 在 {patience:.0f} 秒内没有就绪 / {name} was not ready in {patience:.0f} s")
        time.sleep(0.02)
