"""Build the widget into the one file that is committed, or compare: `python -m config.quality.widget [--check]`.

It takes Node and npm; where they are not, or the bundler cannot be fetched, there is nothing to compare with.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from config.launch.environment import ROOT

BUNDLER = "esbuild@0.28.2"
SOURCE, BUILT = ROOT / "tickets/widget", ROOT / "tickets/static/widget/shouyue.js"
VENDORED = {"preact": "preact/preact", "preact/hooks": "preact/hooks", "htm": "htm/htm"}


def main(words: list[str]) -> int:
    """Build, or with `--check` compare; return 1 where the committed file is not what the source gives."""
    bundler = found()
    if bundler is None:
        print("the widget is not built here: no Node, or no bundler")
        return 0 if "--check" in words else 1
    if "--check" not in words:
        build(bundler, BUILT)
        print(f"{BUILT.relative_to(ROOT)}: {BUILT.stat().st_size} bytes")
        return 0
    fresh = folder() / "fresh.js"
    build(bundler, fresh)
    if fresh.read_bytes() == BUILT.read_bytes():
        return 0
    print("the widget is stale, run `make widget`")
    return 1


def folder() -> Path:
    """Return where the bundler lives: beside the other things that a machine makes for itself."""
    found = Path(os.environ.get("SHOUYUE_VAR", ROOT / "var")) / "widget"
    found.mkdir(parents=True, exist_ok=True)
    return found


def found() -> Path | None:
    """Return the bundler, fetched the first time; None where it cannot be had."""
    program = folder() / "node_modules/esbuild/bin/esbuild"
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    if not program.exists():
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder()), BUNDLER]
        subprocess.run(command, check=False, capture_output=True, timeout=120)
    return program if program.exists() else None


def build(bundler: Path, into: Path) -> None:
    """Write the whole widget into one file: the same source gives the same bytes."""
    into.parent.mkdir(parents=True, exist_ok=True)
    aliases = [f"--alias:{name}=./vendor/{path}.module.js" for name, path in VENDORED.items()]
    fixed = ["--bundle", "--minify", "--format=iife", "--target=es2020", "--charset=utf8", "--legal-comments=none"]
    command = [str(bundler), "src/main.js", *fixed, *aliases, f"--outfile={into}", "--log-level=warning"]
    subprocess.run(command, check=True, cwd=SOURCE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
