"""Children that the nursery forks for us: they share what it has loaded. Standard library only, and Linux."""

import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from config.launch import processes

PR_SET_CHILD_SUBREAPER = 36
# A fork takes milliseconds; a nursery that says nothing for so long is not asked again.
ANSWERS_WITHIN = 5.0


class Forked:
    """A child of ours that another process made: the counterpart of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raise subprocess.TimeoutExpired when it runs on for `timeout` seconds."""
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            time.sleep(0.02)
        return code

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)


def adopt_orphans() -> None:
    """Become the parent of all that descend from us and lose theirs; without Linux nothing happens."""
    if processes.LINUX:
        processes.LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def bury_orphans(ours: Iterable[processes.Child]) -> None:
    """Collect the ended orphans that came to us; our own children are left to whoever asks for their exit codes."""
    known = {child.pid for child in ours}
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT if processes.LINUX else 0
    with contextlib.suppress(ChildProcessError):
        while options and (ended := os.waitid(os.P_ALL, 0, options)) and ended.si_pid not in known:
            os.waitpid(ended.si_pid, 0)


def fork(nursery: Path, words: list[str], *, log: Path, niceness: int, environment: Mapping[str, str]) -> Forked:
    """Have a loaded Python run `words`, as `python WORDS` would, as a child of ours; raise OSError when it cannot be.

    The environment is added to the nursery's own.
    """
    wish = {"words": words, "log": str(log), "niceness": niceness, "environment": dict(environment)}
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(ANSWERS_WITHIN)
        line.connect(str(nursery))
        line.sendall(json.dumps(wish).encode())
        line.shutdown(socket.SHUT_WR)
        answer = line.recv(64)
    if not answer:
        raise ConnectionResetError("the nursery ended")
    return Forked(int(answer))
