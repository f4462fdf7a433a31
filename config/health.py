"""Alive and ready: what a load balancer, or the runner, asks."""

from datetime import timedelta

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sla.clock import database_now
from tickets.showing.vitals import hearts

FRESH = timedelta(seconds=10)
# A queue's heartbeat is written only by a tick that beat sent: it proves beat, broker, worker and database at once.
QUEUES = ("clock", "out")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200: this process serves requests."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers and each queue executed one of beat's ticks within the last 10 s, else 503.

    The body says which part is missing; `age` is in seconds, null when there never was a heartbeat.
    """
    try:
        ages = hearts(database_now())
    except Error:
        return JsonResponse({"ready": False, "database": False, "queues": {}, "others": {}}, status=503)
    queues = {name: {"ready": is_fresh(ages.get(name)), "age": seconds(ages.get(name))} for name in QUEUES}
    others = {name: seconds(age) for name, age in ages.items() if name not in QUEUES}
    ready = all(queue["ready"] for queue in queues.values())
    answer = {"ready": ready, "database": True, "queues": queues, "others": others}
    return JsonResponse(answer, status=200 if ready else 503)


def is_fresh(age: timedelta | None) -> bool:
    return age is not None and age <= FRESH


def seconds(age: timedelta | None) -> float | None:
    return None if age is None else round(age.total_seconds(), 1)
