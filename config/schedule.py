"""What the beat sends, how often and to which queue."""

import socket
from datetime import UTC, datetime
from typing import Any

from celery.beat import BeatLazyFunc
from celery.schedules import crontab

# A tick says which beat sent it and when; a wake-up says neither, so a dead beat shows in /readyz.
TICK = {"beat": BeatLazyFunc(lambda: {"host": socket.gethostname(), "sent_at": datetime.now(UTC).isoformat()})}
SCHEDULE: dict[str, Any] = {
    "sweep": {"task": "tickets.tasks.sweep", "schedule": 1.0, "kwargs": TICK, "options": {"queue": "clock"}},
    "deliver": {"task": "tickets.tasks.deliver", "schedule": 1.0, "kwargs": TICK, "options": {"queue": "out"}},
    # Whoever starts long work wakes a worker; this finds what was left, and calls further workers to help.
    "work": {"task": "tickets.tasks.work", "schedule": 5.0, "options": {"queue": "jobs"}},
    "call": {"task": "tickets.tasks.call_webhooks", "schedule": 2.0, "options": {"queue": "out"}},
    "remind": {"task": "tickets.tasks.remind", "schedule": crontab(minute=5), "options": {"queue": "out"}},
    "poll": {"task": "tickets.tasks.poll_mail", "schedule": 30.0, "options": {"queue": "out"}},
    "redrive": {"task": "tickets.tasks.redrive_inbound", "schedule": 30.0, "options": {"queue": "out"}},
}
