"""The product's own processes over a test's database, to be killed at will. Everything it starts, it stops."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path

from config.launch import ports, processes, valkey
from tests.faults import rows

ROOT = Path(__file__).resolve().parent.parent.parent
Child = subprocess.Popen[bytes]


class Rig:
    """Processes by name. A name that is started again replaces the one before."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.children: dict[str, Child] = {}
        self.sockets = folder / "s"
        self.sockets.mkdir()
        port = ports.free_port()
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": valkey.url(self.sockets),
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "SECRET_KEY": "only-for-this-run",
            "SHOUYUE_VAR": str(folder),
            "SHOUYUE_REDIS_PREFIX": "rig:",
        }
        self._start("sink", [sys.executable, "-m", "config.launch.mail_sink", str(port), str(folder / "mail")])
        self.valkey()

    def _start(self, name: str, command: list[str], kind: str = "command") -> None:
        environment = {**self.environment, "SHOUYUE_PROCESS": kind}
        log = self.folder / f"{name}.log"
        self.children[name] = processes.spawn(command, log=log, environment=environment, cwd=ROOT)

    def valkey(self) -> None:
        """Start an empty broker."""
        child = valkey.start(valkey.find(), self.folder / "queue", self.sockets, self.folder / "valkey.log", keep=False)
        self.children["valkey"] = child
        valkey.await_ready(child, self.sockets)

    def worker(self, queue: str, name: str = "") -> None:
        """Start a Celery worker of one queue, as the product does."""
        node = name or queue
        self._start(node, [sys.executable, "-m", "config.launch.work", queue, "prefork"], queue)

    def beat(self, name: str = "beat") -> None:
        """Start a beat."""
        self._start(name, [sys.executable, "-m", "config.beat"], "beat")

    def watchdog(self) -> None:
        """Start the watchdog, with its sender."""
        self._start("watchdog", [sys.executable, "manage.py", "watchdog"], "watchdog")

    def kill(self, name: str) -> None:
        """Kill -9 a process and all that it forked."""
        child = self.children.pop(name)
        processes.end_session(child)
        child.wait()

    def stop(self) -> None:
        """Kill whatever is left."""
        for name in reversed(list(self.children)):
            self.kill(name)

    def sent(self) -> Counter[str]:
        """Return how often each Message-ID arrived at the mail server."""
        found: Counter[str] = Counter()
        for file in (self.folder / "mail").glob("*.eml"):
            found[str(message_from_bytes(file.read_bytes())["Message-ID"])] += 1
        return found

    def wait_for(self, ready: Callable[[], bool], patience: float = 60) -> None:
        """Wait until `ready()`; fail after `patience` seconds, or at once when a process ended by itself."""
        end = time.monotonic() + patience
        while not ready():
            for name, child in self.children.items():
                assert child.poll() is None, f"{name} ended: {(self.folder / f'{name}.log').read_text()[-2000:]}"
            assert time.monotonic() < end, f"not ready after {patience} s"
            time.sleep(0.2)

    def until_quiet(self, patience: float = 150) -> None:
        """Wait until no hop has anything left; letters gather no longer than until everything has fired."""
        self.wait_for(lambda: rows.left() == rows.gathering(), patience)
        rows.end_gathering()
        self.wait_for(lambda: rows.left() == 0, patience)

    def asked_to_end(self, name: str, patience: float) -> int | None:
        """Ask a process to end and return its exit code, or None when it does not within `patience` seconds."""
        child = self.children[name]
        child.send_signal(signal.SIGTERM)
        try:
            return child.wait(patience)
        except subprocess.TimeoutExpired:
            return None


@contextmanager
def rig(folder: Path, database_url: str) -> Iterator[Rig]:
    """Yield a rig with a mail server and a broker, and stop everything afterwards."""
    # A broker's socket needs a short path.
    built = Rig(folder, database_url)
    try:
        yield built
    finally:
        built.stop()
