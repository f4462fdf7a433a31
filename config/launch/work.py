"""Run one worker: `python -m config.launch.work QUEUE POOL`, where POOL is prefork, threads or solo.

Celery's own command line does the same, but keeps an interactive shell in memory, seven megabytes in each process.
"""

import gc
import sys
from socket import gethostname
from typing import Any

from celery.signals import worker_before_create_process

from config.celery import app


@worker_before_create_process.connect
def share_memory(**signal: Any) -> None:
    """Keep the collector off what we have by now: its marks would make each child copy the pages that it shares."""
    gc.collect()
    gc.freeze()


def work(queue: str, pool: str) -> int:
    """Work on a queue until asked to end; return the exit code.

    Nobody listens to the workers' talk among themselves; readiness is read from the database.
    """
    worker = app.Worker(
        hostname=f"{queue}@{gethostname()}", queues=[queue], pool_cls=pool, concurrency=1, loglevel="WARNING",
        without_gossip=True, without_mingle=True, without_heartbeat=True,
    )  # fmt: skip
    worker.start()
    return worker.exitcode or 0


if __name__ == "__main__":
    sys.exit(work(*sys.argv[1:]))
