"""Make `.venv` from the locked requirements and run one of the project's commands in it. Standard library only."""

import compileall
import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
STAMP = VENV / "installed.json"
REQUIREMENTS = ROOT / "config/requirements"
OWN = ("config", "plans", "sla", "tickets")
PIP = next((ROOT / "config/vendor").glob("pip-*.whl")) / "pip"

# What each command needs installed, and what is then run in `.venv`.
NEEDS = {
    "setup": ["base"],
    "run": ["base"],
    "test": ["base", "dev", "e2e"],
    "check": ["base", "dev", "e2e"],
    "bench": ["base", "dev", "e2e", "bench"],
    "lock": ["base", "dev"],
    "schema": ["base", "dev"],
    "translations": ["base", "dev"],
    "widget": ["base"],
}
# A file is one process's, for what its tests share; more than four processes only wait for the one database.
TESTS = ["-m", "pytest", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder"]
COMMANDS = {
    "setup": ["-m", "config.launch.assets"],
    "run": ["-m", "config.launch.run"],
    "test": TESTS,
    "check": ["-m", "config.quality.check"],
    "bench": ["-m", "tests.bench"],
    "lock": ["-m", "config.quality.lock"],
    "schema": ["manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", "config/openapi.yaml"],
    "translations": ["-m", "config.quality.translations"],
    "widget": ["-m", "config.quality.widget"],
}


def main(words: Sequence[str]) -> int:
    """Prepare what the command needs and become it; return 2 for a command that does not exist."""
    if not words or words[0] not in COMMANDS:
        print(f"python3 config/bootstrap.py {{{'|'.join(COMMANDS)}}}", file=sys.stderr)
        return 2
    verb, rest = words[0], words[1:]
    try:
        with only_one():
            prepared = prepare(NEEDS[verb])
            compile_own()
    except KeyboardInterrupt:
        return 130
    if not prepared:
        return 1
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *COMMANDS[verb], *rest])


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold a lock on `.venv`: two commands started at once must not both install."""
    VENV.mkdir(exist_ok=True)
    with (VENV / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(groups: Sequence[str]) -> bool:
    """Make or bring up to date `.venv`; return False when packages cannot be had."""
    if not runs():
        make_venv()
    point_to_checkout()
    missing = [group for group in groups if installed().get(group) != wanted(group)]
    return not missing or install(missing)


def compile_own() -> None:
    """Keep the byte code of our own modules: where none may be written, each process would make it anew, in memory."""
    for part in OWN:
        compileall.compile_dir(ROOT / part, quiet=2)


def runs() -> bool:
    """Return whether the interpreter in `.venv` is there and of the version that made it."""
    try:
        asked = [str(PYTHON), "-c", "import sys; sys.exit(sys.prefix == sys.base_prefix)"]
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    """Make an empty `.venv`; without pip, which many systems do not ship."""
    STAMP.unlink(missing_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", str(VENV)], check=True)


def point_to_checkout() -> None:
    """Let every program of `.venv` import the project, wherever it is started from."""
    found = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    pointer = Path(found.stdout.strip()) / "shouyue.pth"
    if not pointer.exists() or pointer.read_text().strip() != str(ROOT):
        pointer.write_text(f"{ROOT}\n")


def installed() -> dict[str, str]:
    """Return which locks are installed, by their sums."""
    return json.loads(STAMP.read_text()) if STAMP.exists() else {}


def wanted(group: str) -> str:
    """Return the sum of a group's lock."""
    return hashlib.sha256((REQUIREMENTS / f"{group}.txt").read_bytes()).hexdigest()


def install(groups: Sequence[str]) -> bool:
    """Install the groups' locks, every file checked by its hash; return whether it worked."""
    print(f"正在安装依赖 / Installing: {', '.join(groups)} …", flush=True)
    locks = [part for group in groups for part in ("-r", str(REQUIREMENTS / f"{group}.txt"))]
    # The locks are complete, so nothing is looked up; wheels only, so no compiler is needed.
    choices = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--no-input", "--no-warn-script-location"]
    answer = subprocess.run(
        [str(PYTHON), str(PIP), "install", "-qq", "--disable-pip-version-check", *choices, *locks], check=False
    )
    if answer.returncode != 0:
        print("依赖安装失败，请检查网络后重试。 / Installing failed; check the network and try again.", file=sys.stderr)
        return False
    STAMP.write_text(json.dumps({**installed(), **{group: wanted(group) for group in groups}}))
    return True
