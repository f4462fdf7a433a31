"""Collect the static files into `var/static` when they have changed. Standard library only: Django runs as a child."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from config.launch.environment import ROOT, wanted

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
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "SHOUYUE_PROCESS": "command"})
    stamp.write_text(now)


if __name__ == "__main__":
    folder = Path(os.environ.get("SHOUYUE_VAR", ROOT / "var"))
    folder.mkdir(exist_ok=True, parents=True)
    collect(folder)
    print("已就绪：make run 启动，make test 测试。 / Ready: make run starts it, make test tests it.")
