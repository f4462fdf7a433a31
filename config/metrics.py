"""The engine's figures for a monitoring system, in the text form of Prometheus."""

from collections.abc import Iterator

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from rest_framework.request import Request
from rest_framework.views import APIView

from plans.permissions import Manages
from sla.clock import database_now
from sla.lag import Lag
from tickets.showing.vitals import Vitals, vitals

HOPS = ("steps", "escalations", "deliveries")
COUNTS = {
    "deliveries_failed": "Messages that were given up.",
    "unknown_sends": "Messages sent again because the outcome of the first try was never learnt.",
    "inbound_waiting": "Requests stored and not taken in yet.",
    "quarantined": "Milestones and escalations set aside after every try raised.",
    "open_milestones": "Milestones that nobody has met or cancelled.",
    "recomputes_unfinished": "Changed calendars and policies that have not reached every open milestone yet.",
    "moves_waiting": "Moved deadlines that nobody has been told of yet.",
    "open_drifts": "Milestones found to be stored otherwise than their facts say.",
}


class MetricsView(APIView):
    """Tell the figures of this instant to keys of managers and administrators."""

    permission_classes = [Manages]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        registry = CollectorRegistry()
        registry.register(Figures(vitals(database_now())))
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Figures(Collector):
    """Vitals as metrics; instants and ages in seconds."""

    def __init__(self, found: Vitals) -> None:
        self.found = found

    def collect(self) -> Iterator[Metric]:
        found = self.found
        yield from _lag(found.lag)
        yield _by("hop", "shouyue_waiting", "Rows that wait for a hop of the dispatch.", {
            hop: getattr(found, hop).count for hop in HOPS
        })  # fmt: skip
        yield _by("hop", "shouyue_waiting_seconds", "How long the oldest row has waited for a hop.", {
            hop: getattr(found, hop).age.total_seconds() for hop in HOPS
        })  # fmt: skip
        for name, words in COUNTS.items():
            yield GaugeMetricFamily(f"shouyue_{name}", words, value=getattr(found, name))
        yield _by("kind", "shouyue_heartbeat_age_seconds", "Since a kind of process last did its work.", {
            kind: age.total_seconds() for kind, age in found.hearts.items()
        })  # fmt: skip
        if found.last_check and found.last_check.finished_at:
            finished = found.last_check.finished_at.timestamp()
            yield GaugeMetricFamily("shouyue_self_check_finished", "When the last self-check ended.", value=finished)


def _lag(lag: Lag) -> Iterator[Metric]:
    """Yield the detection lag of the last day by its shares; none of them where no step fired."""
    shares = {"0.5": lag.p50, "0.95": lag.p95, "0.99": lag.p99, "1": lag.longest}
    words = "From the instant a step came true to the instant it was fired, over the last 24 hours."
    yield _by("quantile", "shouyue_detection_lag_seconds", words, {
        share: seconds for share, seconds in shares.items() if seconds is not None
    })  # fmt: skip
    yield GaugeMetricFamily("shouyue_steps_fired", "Steps fired in the last 24 hours.", value=lag.steps)


def _by(label: str, name: str, words: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
