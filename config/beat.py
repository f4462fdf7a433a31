"""The beat's own Celery app: it only sends, so it loads no application and no database, and stays small.

`python -m config.beat` runs it without Celery's command line, which keeps an interactive shell in memory.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("shouyue-beat", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")

if __name__ == "__main__":
    app.Beat(scheduler="celery.beat:Scheduler", loglevel="WARNING").run()
