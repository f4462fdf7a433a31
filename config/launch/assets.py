"""Collect the static files into `var/static` when they have changed. Standard library only: Django runs as a child."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from config.launch.environment import ROOT, wanted
from config.launch.processes import LaunchError

APPS = ("sla", "plans", "tickets", "config")


def fingerprint() -> str:
    """Return a sum over every static file of the project and the lock of the packages that bring others."""
    total = hashlib.sha256(wanted("base").encode())
    for app in APPS:
        for file in sorted((ROOT / app / "static").rglob("*")):
            if file.is_file():
                total.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return total.hexdigest()


def collect(var: Path) -> None:
    """Bring `var/static` up to date; nothing is done when it already is."""
    stamp = var / "static.sum"
    now = fingerprint()
    if stamp.exists() and stamp.read_text() == now:
        return
    print("正在收集静态文件 / Collecting static files …", flush=True)
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--clear", "-v0"]
    environment = {**os.environ, "SHOUYUE_PROCESS": "command"}
    if subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode != 0:
        raise LaunchError("静态文件收集失败，见上文。 / Collecting static files failed, see above.")
    stamp.write_text(now)


def main() -> int:
    """Finish what `make setup` does; return 1 when it cannot."""
    folder = Path(os.environ.get("SHOUYUE_VAR", ROOT / "var"))
    folder.mkdir(exist_ok=True, parents=True)
    try:
        collect(folder)
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1
    print("已就绪：make run 启动，make test 测试。 / Ready: make run starts it, make test tests it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
