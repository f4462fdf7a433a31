"""Load the product once and fork its processes from it: `python -m config.launch.nursery SOCKET`.

A forked process shares the memory of what was loaded. It is handed to the one who asked, so that nothing ends with us.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.utils import translation

from config import settings as written
from config.celery import app
from config.launch import processes

PR_SET_NAME = 15
# The longest a process may be called in Linux.
NAME_LENGTH = 15
# How long a forked process waits to be handed over.
PATIENCE = 5.0
# What processes load when they begin or later. Letters and checks ask for addresses, and so for every page.
LOADED = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.concurrency.solo",
    "config.urls",
    "django.core.mail.backends.smtp",
    "kombu.transport.redis",
    "tickets.management.commands.watchdog",
)


def main(path: Path) -> None:
    """Load everything and wait; in each process that is forked, run what was wished for."""
    runner = os.getppid()
    load()
    with door_at(path) as door:
        wish = born(door, runner)
    run(wish["words"])


def load() -> None:
    """Load what the processes use, and keep the collector off it: its marks would make each of them copy it."""
    django.setup()
    app.loader.import_default_modules()
    app.finalize()
    for name in LOADED:
        importlib.import_module(name)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("守约")
    gc.collect()
    gc.freeze()


def door_at(path: Path) -> socket.socket:
    """Return a socket that our own user alone may knock at."""
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    door.bind(str(path))
    os.umask(before)
    door.listen()
    return door


def born(door: socket.socket, runner: int) -> dict[str, Any]:
    """Fork for each that asks. Return only in the forked processes, with what is wished for."""
    while True:
        line, _peer = door.accept()
        with line:
            wish = read(line)
            if wish and is_new_process():
                begin(wish, line, runner)
                return wish


def is_new_process() -> bool:
    """Fork twice; return True in the grandchild: who has lost its parent comes to the runner, which looks after it."""
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        return False
    if os.fork():
        os._exit(0)
    return True


def read(line: socket.socket) -> dict[str, Any]:
    """Return what is wished for; nothing from one who left without a wish."""
    with line.makefile("rb") as words:
        said = words.read()
    return json.loads(said) if said else {}


def begin(wish: dict[str, Any], line: socket.socket, runner: int) -> None:
    """Become a process of our own, as if spawned: session, log, environment, settings; then say who we are."""
    end = time.monotonic() + PATIENCE
    while os.getppid() != runner and time.monotonic() < end:
        time.sleep(0.001)
    processes.die_with_parent(signal.SIGTERM)()
    if os.getppid() != runner:
        os._exit(1)
    os.setsid()
    log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.nice(wish["niceness"])
    os.environ.update(wish["environment"])
    become(os.environ["SHOUYUE_PROCESS"])
    line.sendall(str(os.getpid()).encode())


def become(kind: str) -> None:
    """Take the settings and the name of one kind of process."""
    settings.PROCESS = kind
    settings.DATABASES["default"].update(written.database(kind))
    processes.LIBC.prctl(PR_SET_NAME, f"shouyue {kind}".encode()[:NAME_LENGTH], 0, 0, 0)


def run(words: list[str]) -> None:
    """Run a module (`-m NAME …`) or a file, as Python does when it is given these words."""
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
