"""The database's clock, as tests move it, and rows of the engine without a plan around them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from sla.actors import Actor
from sla.engine import Heard
from sla.models import CalendarVersion, EscalationRule, Policy, Target
from sla.timeline import ActorKind, FactKind
from tests.hours import beijing, spec

AGENT = Actor(ActorKind.AGENT, "user:1", "李工")
CUSTOMER = Actor(ActorKind.CUSTOMER, "contact:1", "王会计")
LADDER = (("percent", 75), ("breach", 0), ("after", 3600))
# The contracts of the shared world run through 2026. A clock that no test moves is the machine's until then, and stays
# behind it from then on.
LATEST = datetime(2026, 11, 29, 4, tzinfo=UTC)
BEHIND = max(datetime.now(UTC) - LATEST, timedelta())
USUAL = f"-{BEHIND.total_seconds():.0f} seconds" if BEHIND else ""


def set_clock(at: datetime) -> None:
    """Move this session's database clock to an instant; it goes on from there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('shouyue.offset', (%s - clock_timestamp())::text, false)", [at])


def set_offset(offset: str) -> None:
    """Move the clock of this session, and of each that begins from now on, by so much."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        name = connection.ops.quote_name(cursor.fetchone()[0])
        cursor.execute(f'ALTER DATABASE {name} SET shouyue."offset" = %s', [offset])
        cursor.execute("SELECT set_config('shouyue.offset', %s, false)", [offset])


def reset_clock() -> None:
    """Put this session's database clock back to the usual time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('shouyue.offset', %s, false)", [USUAL])


# Undone with the test's transaction.
STILL = """
CREATE OR REPLACE FUNCTION shouyue_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT current_setting('shouyue.instant')::timestamptz
$$
"""


def stop_clock() -> None:
    """Let the clock stand, for a test that rolls back: what takes a busy machine long then takes no time at all."""
    with connection.cursor() as cursor:
        cursor.execute(STILL)


def put_clock(at: datetime) -> None:
    """Put the clock that stands to an instant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('shouyue.instant', %s, false)", [at.isoformat()])


@contextmanager
def clock_at(wall: str | datetime) -> Iterator[datetime]:
    """Move the database clock to a wall time of Beijing, or an instant, and back to where it was afterwards."""
    at = beijing(wall) if isinstance(wall, str) else wall
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('shouyue.offset', true), '')")
        (before,) = cursor.fetchone()
    set_clock(at)
    try:
        yield at
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('shouyue.offset', %s, false)", [before])


def calendar_row(code: str = "a5", version: int = 1, **changes: Any) -> CalendarVersion:
    """Save a calendar version: Monday to Friday, eight hours, unless said otherwise."""
    said = spec(**changes)
    return CalendarVersion.objects.create(
        code=code, version=version, name=code, name_en=code, rules=said, spec=said, digest=f"{code}-{version}"
    )


def policy_row(
    code: str = "plain", *targets: dict[str, Any], ladder: tuple[tuple[str, float], ...] = LADDER, version: int = 1,
    repeats: dict[str, Any] | None = None,
) -> Policy:  # fmt: skip
    """Save a policy whose targets are given as differences from a first response in two hours."""
    policy = Policy.objects.create(
        code=code, version=version, name=code, name_en=code, digest=f"{code}-{version}", repeats=repeats or {}
    )
    metrics = set()
    for given in targets or ({},):
        usual = {"metric": "first_response", "amount": Decimal(7200), "calendar": "a5", "met_on": ["reply", "call"]}
        target = Target.objects.create(policy=policy, promise="Y18", clause="2 个工作小时内响应", **(usual | given))
        metrics.add(target.metric)
    for metric in metrics:
        for level, (mark, amount) in enumerate(ladder):
            EscalationRule.objects.create(
                policy=policy, metric=metric, level=level, mark=mark, amount=Decimal(str(amount)),
                actions=[{"do": "tell", "roles": ["owner"]}],
            )  # fmt: skip
    return policy


def heard(what: str, at: str | datetime, source: str = "", **fields: Any) -> Heard:
    """Return a fact from words such as `bot reply`."""
    *actor, kind = what.split()
    who = Actor(ActorKind(actor[0])) if actor else AGENT
    return Heard(FactKind(kind), beijing(at) if isinstance(at, str) else at, who, source, fields)
