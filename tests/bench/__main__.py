"""Run the benchmarks, print a table and keep the figures in `bench.json`: `python -m tests.bench [part …]`.

Each figure stands beside what it is compared with, measured in the same run: machines are noisy, ratios less so.
"""

import importlib
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

# Before Django reads its settings: they say where these servers are.
from tests import servers

PARTS = (
    "calendar",
    "intake",
    "dispatch",
    "pages",
    "product",
    "recompute",
    "backtest",
    "rights",
    "coverage",
    "report",
    "account",
    "chat",
    "import",
    "hooks",
    "talk",
    "mail",
)
RESULT = Path("bench.json")
COLUMNS = ("name", "value", "unit", "beside", "beside_value", "ratio", "target")

Row = dict[str, Any]


def main(names: list[str]) -> int:
    """Run the named parts, or all of them; return 2 for one that does not exist."""
    if unknown := set(names) - set(PARTS):
        print(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    for part in PARTS:
        if not names or part in names:
            keep(part, run(part))
    return 0


def keep(part: str, rows: list[Row]) -> None:
    """Write a part's figures down beside those that other parts had, each with what it was measured on."""
    kept = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    kept[part] = {"machine": machine(), "rows": rows}
    RESULT.write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n")


def run(part: str) -> list[Row]:
    """Run one part, print its table and return its rows."""
    began = time.monotonic()
    rows = importlib.import_module(f"tests.bench.{part}_bench").run()
    print(f"\n{part} ({time.monotonic() - began:.0f} s)")
    for line in table(rows):
        print(line)
    return rows


def table(rows: list[Row]) -> list[str]:
    """Return rows as aligned lines of text."""
    cells = [COLUMNS, *[[shown(row.get(column)) for column in COLUMNS] for row in rows]]
    widths = [max(len(line[place]) for line in cells) for place in range(len(COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def shown(value: Any) -> str:
    """Return a figure with three significant digits, and nothing for none."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return "" if value is None else str(value)


def machine() -> dict[str, Any]:
    """Return what the figures were measured on, and when."""
    return {
        "at": datetime.now(UTC).date().isoformat(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    finally:
        servers.RUN.close()
    sys.exit(code)
