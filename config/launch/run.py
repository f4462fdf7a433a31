"""Run the whole product on this machine until Ctrl-C: servers, database, web, workers, beat, watchdog."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from config.launch import assets, children, forked, ports, processes, supervisor
from config.launch.environment import ROOT
from config.launch.processes import LaunchError

READY_WITHIN = 90.0


def say(text: str) -> None:
    print(text, flush=True)


@contextlib.contextmanager
def only_runner(var: Path) -> Iterator[None]:
    """Hold the lock of this checkout's product; raise LaunchError when another runner has it."""
    with (var / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchError("本目录的产品已在运行。 / The product of this folder is already running.") from None
        yield


def web_port() -> int:
    """Return PORT, which must be free; or, when it is unset, 8000 or the next free one."""
    wished = os.environ.get("PORT")
    if not wished:
        return ports.first_free(8000)
    if not wished.isdigit() or not ports.is_free(int(wished)):
        raise LaunchError(f"端口 {wished} 不可用。 / PORT {wished} cannot be used.")
    return int(wished)


def keep_secret_key(var: Path) -> None:
    """Make the signing key once; only its owner may read it."""
    path = var / "secret_key"
    if "SECRET_KEY" in os.environ or path.exists():
        return
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(64))


def turn_logs(folder: Path) -> None:
    """Begin new logs; those of the last run are kept beside them."""
    folder.mkdir(exist_ok=True)
    for log in folder.glob("*.log"):
        log.rename(log.with_suffix(".log.last"))


@contextlib.contextmanager
def socket_folder(var: Path) -> Iterator[Path]:
    """Yield a short folder for sockets that only we may enter; remove it, and one that a killed run left."""
    note = var / "sockets"
    if note.exists():
        shutil.rmtree(note.read_text(), ignore_errors=True)
    # Not the machine's own temporary folder: on macOS its name is too long for a socket.
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="shouyue-"))
    note.write_text(str(folder))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        note.unlink(missing_ok=True)


@contextlib.contextmanager
def written(path: Path, addresses: dict[str, str]) -> Iterator[None]:
    """Keep the addresses in a file while the servers run, for commands started beside them."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        json.dump(addresses, file, indent=2)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def prepare(var: Path, url: str, stopping: threading.Event) -> Path:
    """Bring database and static files up to date; return the file that becomes `run.json`."""
    assets.collect(var)
    unready = var / "run.json.unready"
    command = [sys.executable, "-m", "config.launch.prepare", url, str(unready)]
    child = processes.spawn(command, log=sys.stdout.buffer, cwd=ROOT)
    while child.poll() is None:
        if stopping.wait(0.05):
            processes.stop(child)
    if child.returncode != 0:
        raise LaunchError("数据库没有准备好，见上文。 / The database is not prepared, see above.")
    return unready


def open_nursery(home: children.Home, undo: contextlib.ExitStack) -> list[supervisor.Running]:
    """Start the process that loads the product for the others, where there can be one."""
    if not processes.LINUX:
        return []
    forked.adopt_orphans()
    one = supervisor.launch(children.nursery(home))
    undo.callback(supervisor.stop_all, [[one]])
    return [one]


def await_nursery(home: children.Home, servers: list[supervisor.Running]) -> None:
    """Return when the nursery has loaded; it began while the database was prepared."""
    for one in servers:
        if one.program.name == "nursery":
            processes.wait_until(home.nursery.exists, one.child, "nursery", READY_WITHIN)


def await_ready(port: int, running: list[supervisor.Running], stopping: threading.Event) -> None:
    """Return when every part has done a piece of work; raise LaunchError when that takes too long."""
    began = time.monotonic()
    while not is_ready(f"http://{ports.LOOPBACK}:{port}/readyz", time.monotonic() - began):
        ended = [one.program.name for one in running if one.child.poll() is not None]
        if ended:
            raise LaunchError(f"启动失败 / Did not start: {', '.join(ended)} (var/log/)")
        if stopping.wait(0.1) or time.monotonic() > began + READY_WITHIN:
            raise LaunchError("没有就绪，见 var/log/。 / Not ready, see var/log/.")


def is_ready(url: str, waited: float) -> bool:
    """Return whether the product says so, on the word of ticks younger than `waited` seconds: not of its last run."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            queues = json.load(answer)["queues"].values()
    except (urllib.error.URLError, OSError):
        return False
    return all(queue["age"] < waited for queue in queues)


def introduce(run: dict[str, object], url: str, began: float) -> None:
    """Print what a newcomer needs: addresses, demo sign-ins and one key a channel."""
    say(f"\n守约 Shouyue  {url}   ({time.monotonic() - began:.1f} s)")
    say(f"  REST  {url}/api/docs/    邮件 mail  {url}/demo/mail/    管理 admin  {url}/admin/")
    say(f"  云客服 chat, in a page of another product  {url}/demo/widget/")
    sign_ins, keys = run.get("sign_ins", []), run.get("keys", {})
    if isinstance(sign_ins, list):
        for one in sign_ins:
            say(f"  {one['role']:<16} {one['username']}  {one['password']}")
    if isinstance(keys, dict):
        for channel, key in keys.items():
            say(f"  {channel:<16} {key}")
    say("  Ctrl-C 停止 / stops it\n")


def listen_for_stop() -> threading.Event:
    """Return an event that Ctrl-C and SIGTERM set."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return stopping


def serve(var: Path, began: float, stopping: threading.Event) -> None:
    """Start everything in order, wait until asked to stop, stop everything in the opposite order."""
    turn_logs(var / "log")
    keep_secret_key(var)
    port = web_port()
    (var / "run.json").unlink(missing_ok=True)
    with contextlib.ExitStack() as undo:
        sockets = undo.enter_context(socket_folder(var))
        servers, addresses = children.start_servers(var, sockets, undo)
        addresses["PUBLIC_URL"] = os.environ.get("PUBLIC_URL") or f"http://{ports.LOOPBACK}:{port}"
        undo.enter_context(written(var / "servers.json", addresses))
        home = children.Home(var, sockets / "nursery")
        servers += open_nursery(home, undo)
        unready = prepare(var, addresses["PUBLIC_URL"], stopping)
        if stopping.is_set():
            return
        await_nursery(home, servers)
        stages = [[supervisor.launch(one) for one in stage] for stage in children.stages(home, port)]
        undo.callback(supervisor.stop_all, stages)
        running = [*servers, *(one for stage in stages for one in stage)]
        await_ready(port, running, stopping)
        unready.rename(var / "run.json")
        undo.callback((var / "run.json").unlink, missing_ok=True)
        introduce(json.loads((var / "run.json").read_text()), addresses["PUBLIC_URL"], began)
        supervisor.watch(running, stopping, say)
        say("正在停止 / Stopping …")


def main() -> int:
    """Run until stopped; return 1, with plain words, when it cannot start."""
    began = time.monotonic()
    stopping = listen_for_stop()
    var = Path(os.environ.get("SHOUYUE_VAR", ROOT / "var"))
    var.mkdir(exist_ok=True, parents=True)
    try:
        with only_runner(var):
            serve(var, began, stopping)
    except LaunchError as error:
        if not stopping.is_set():
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
