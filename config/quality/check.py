"""What must hold before a change may land: format, lint, types, layers, migrations, translations, schema, tests."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from config.launch.environment import ROOT, TESTS

SCHEMA = "config/openapi.yaml"
DJANGO = ["-W", "ignore::RuntimeWarning", "manage.py"]
STEPS: dict[str, Sequence[str]] = {
    # Rewrites the tests and runs the migrations too, once for all processes that run tests later.
    "collection": ["-m", "pytest", "--collect-only", "-qq"],
    "types": ["-m", "mypy", "config", "sla", "plans", "tickets"],
    "format": ["-m", "ruff", "format", "--check", "--quiet", "."],
    "lint": ["-m", "ruff", "check", "--quiet", "."],
    "layers": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"],
    "migrations": [*DJANGO, "makemigrations", "--check", "--dry-run"],
    "translations": ["-m", "config.quality.translations", "--check"],
    "widget": ["-m", "config.quality.widget", "--check"],
    "schema": [*DJANGO, "spectacular", "--validate", "--fail-on-warn", "--file", "var/openapi.yaml"],
    "deployment": [*DJANGO, "check", "--deploy", "--fail-level", "WARNING"],
}
# As it would stand on the open network, so that every warning is about the code.
PRODUCTION = {"PUBLIC_URL": "https://desk.example", "SHOUYUE_PROCESS": "web"}


def main(words: Sequence[str]) -> int:
    """Run every step, as many at once as there are processors, then the tests; return 0 only when all passed."""
    (ROOT / "var").mkdir(exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as several:
        passed = dict(zip(STEPS, several.map(passes, STEPS, STEPS.values()), strict=True))
    failed = [name for name, good in passed.items() if not good]
    if not same_schema():
        failed.append(f"{SCHEMA} is stale, run `make schema`")
    if failed:
        print(f"FAILED before the tests: {', '.join(failed)}", flush=True)
    tests = subprocess.run([sys.executable, *TESTS, *words], check=False, cwd=ROOT)
    return tests.returncode or int(bool(failed))


def passes(name: str, command: Sequence[str]) -> bool:
    """Run one step; print what it said only when it failed."""
    began = time.monotonic()
    extra = PRODUCTION if name == "deployment" else {}
    environment = {**os.environ, "SECRET_KEY": secrets.token_urlsafe(64), **extra}
    # What the tests were rewritten to is to be found again.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    answer = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment,
    )
    good = answer.returncode == 0
    print(f"{'ok    ' if good else 'FAILED'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
    if not good:
        print(answer.stdout + answer.stderr, flush=True)
    return good


def same_schema() -> bool:
    """Return whether the committed description of the API is the one that the code gives."""
    fresh, kept = ROOT / "var/openapi.yaml", ROOT / SCHEMA
    return fresh.exists() and kept.exists() and fresh.read_bytes() == kept.read_bytes()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
