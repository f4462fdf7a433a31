#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""Make the project's own `.venv` and run it: run, test, setup, check, bench.

This file must be readable by any old Python, so that it can say what is missing; the work is in config/launch.
"""

import importlib
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def refuse_old_python():
    """Exit with words in both languages when this Python is too old."""
    if sys.version_info < (3, 11):
        sys.exit(
            "守约需要 Python 3.11 或更高版本，当前是 {0}.{1}。例如：make run PYTHON=python3.11\n"
            "Shouyue needs Python 3.11 or newer; this is {0}.{1}. Try: make run PYTHON=python3.11".format(
                *sys.version_info[:2]
            )
        )


def main():
    """Hand the command line to the newer code, from the project's folder."""
    refuse_old_python()
    # Python put config/ itself on the path, where our celery.py would hide Celery's.
    sys.path[0] = ROOT
    os.chdir(ROOT)
    return importlib.import_module("config.launch.environment").main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
