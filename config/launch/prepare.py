"""Bring the database up to date and load what a first start needs: `python -m config.launch.prepare URL FILE`.

One process for all of it: starting Django is the dear part.
"""

import gc
import io
import json
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command


def prepare(url: str) -> str:
    """Migrate, load plans and demo data into an empty database; return the text of `run.json`."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("seed", "--if-empty")
    answer = io.StringIO()
    call_command("run_json", "--url", url, stdout=answer)
    return json.dumps(json.loads(answer.getvalue()), ensure_ascii=False, indent=2)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # What the people of the demo once did is no news for whoever starts it.
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    django.setup()
    # This process is short: looking for garbage less often costs it a little memory and saves the newcomer seconds.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    Path(sys.argv[2]).write_text(prepare(sys.argv[1]))
