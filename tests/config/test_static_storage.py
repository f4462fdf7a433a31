"""Static files as they are served: every name that a file names is there."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings as configured
from django.core.management import call_command

IMPORTS = re.compile(r"""^\s*import\s*(?:[^"']*\s+from\s+)?["']\./([^"']+)["']""", re.MULTILINE)


def test_every_module_imports_files_that_are_served(settings: Any, tmp_path: Path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = configured.STORAGES | {"staticfiles": {"BACKEND": "config.static_storage.StaticStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    imported = {
        module.parent / name for module in tmp_path.glob("js/*.js") for name in IMPORTS.findall(module.read_text())
    }
    assert imported
    assert not [path.name for path in imported if not path.exists()]
