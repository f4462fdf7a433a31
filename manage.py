#!/usr/bin/env python3
"""Run a management command of the product, inside the project's own `.venv`."""

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NO_DATABASE = (
    "数据库没有应答：请先运行 make run，或设置 DATABASE_URL。"
    " / The database does not answer: `make run` first, or set DATABASE_URL."
)


def own_python():
    """Return the interpreter of `.venv`, or None when it has not been made."""
    for candidate in (ROOT / ".venv/bin/python", ROOT / ".venv/Scripts/python.exe"):
        if candidate.exists():
            return candidate
    return None


def enter_venv():
    """Replace this process by the same command under `.venv`; exit with one line when there is none."""
    python = own_python()
    if python is None or Path(sys.prefix) == ROOT / ".venv":
        sys.exit("请先运行 make setup（或 python3 config/bootstrap.py setup）。 / Run `make setup` first.")
    os.execv(str(python), [str(python), str(Path(__file__).resolve()), *sys.argv[1:]])


def main():
    """Hand the command line to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if importlib.util.find_spec("django") is None:
        enter_venv()
    execute = importlib.import_module("django.core.management").execute_from_command_line
    try:
        execute(sys.argv)
    except importlib.import_module("django.db").OperationalError as error:
        # A server that answered has a code for what is wrong; that is a fault to be read whole.
        if getattr(error.__cause__, "sqlstate", None):
            raise
        sys.exit(f"{str(error).strip()}\n{NO_DATABASE}")


if __name__ == "__main__":
    main()
