"""The beat's own Celery app: it only sends, so it loads no application and no database, and stays small."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("shouyue-beat", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")
