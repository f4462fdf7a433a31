"""Vendored scripts are what VENDORED.md says they are, and nothing else lies beside them."""

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[3] / "tickets" / "static" / "vendor"
NAMED = dict(re.findall(r"^\| `([^`]+)` \|.*?`([0-9a-f]{64})`", (VENDOR / "VENDORED.md").read_text(), re.MULTILINE))


def test_every_vendored_script_has_the_sum_that_is_written_down():
    scripts = {str(path.relative_to(VENDOR)): path for path in VENDOR.rglob("*.js")}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in scripts.items()} == NAMED


def test_every_vendored_script_comes_with_its_licence():
    assert all((VENDOR / name).with_name("LICENSE").exists() for name in NAMED)
