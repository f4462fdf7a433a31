"""Many open clocks at once, laid by the database itself, and the invariants that must hold when all is quiet."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, models

from sla.clock import database_now
from sla.models import Clock, Milestone
from tests.clocks import policy_row
from tests.world import World, person
from tickets.models import Delivery, Ticket, TicketClock

# Copies get ids above any that the tests' own rows have.
BASE = 1_000_000
AGENTS = 20


def seed(*, open_clocks: int, due: int, within: float) -> None:
    """Lay tickets with one clock each; `due` of them fall due over `within` seconds, in half an hour or at `begin()`.

    The breach tells the ticket's owner, one of twenty agents; the other clocks are due in a month.
    """
    template = _template()
    owners = [person(f"owner{n}", f"坐席{n}").pk for n in range(AGENTS)]
    instant = f"""now() + CASE WHEN n <= {due} THEN interval '1 second' * (1800 + {float(within)} * n / {due})
                  ELSE interval '30 days' + interval '1 second' * n END"""
    owner = f"(ARRAY{owners})[1 + mod(n, {AGENTS})]"
    many = {"id": f"{BASE} + n"}
    clock = template.ticket_clocks.get().clock
    copy(Ticket, template.pk, open_clocks, {**many, "number": "'S-' || n", "assignee_id": owner, "event_count": "0"})
    copy(Clock, clock.pk, open_clocks, many)
    link = template.ticket_clocks.get().pk
    copy(TicketClock, link, open_clocks, {**many, "ticket_id": many["id"], "clock_id": many["id"]})
    dates = {"due_at": instant, "next_step_at": instant, "started_at": "now() - interval '2 hours'", "next_level": "0"}
    copy(Milestone, clock.milestones.get().pk, open_clocks, {**many, "clock_id": many["id"], **dates})
    Delivery.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sla_milestone, sla_clock, tickets_ticket, tickets_ticketclock")


def begin() -> None:
    """Let what was laid fall due from the next second on: only now, so that no process is still starting."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE sla_milestone SET due_at = due_at - early.by, next_step_at = next_step_at - early.by
               FROM (SELECT min(due_at) - shouyue_now() - interval '1 second' AS by
                     FROM sla_milestone WHERE id > %(base)s) AS early
               WHERE id > %(base)s AND due_at < shouyue_now() + interval '1 hour'""",
            {"base": BASE},
        )


def _template() -> Ticket:
    """Return a ticket whose clock knows one step: the breach, which tells the owner."""
    world = World()
    ticket = world.open_ticket("月末结账报错")
    policy = policy_row("told-at-breach", {"calendar": "yonsuite-7x12"}, ladder=(("breach", 0),))
    Clock.objects.filter(ticket_clock__ticket=ticket).update(policy=policy)
    ours = Milestone.objects.filter(clock__ticket_clock__ticket=ticket)
    ours.update(target=policy.targets.get(), next_step_at=None)
    return ticket


def copy(model: type[models.Model], pk: int, count: int | tuple[int, int], changes: dict[str, str]) -> None:
    """Copy one row `count` times, or from the first to the last number; `changes` are SQL expressions of `n`."""
    first, last = count if isinstance(count, tuple) else (1, count)
    columns = [field.column for field in model._meta.concrete_fields]
    values = ", ".join(changes.get(column, f"template.{column}") for column in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {values} FROM {table} AS template, generate_series({first}, {last}) AS n WHERE template.id = %s",
            [pk],
        )


def scalar(sql: str, parameters: Iterable[Any] = ()) -> Any:
    """Return the one value that a query gives."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return cursor.fetchone()[0]


# Each counts what must never be there. I1: one escalation a milestone, due instant and level. I2: never early.
# I3: nothing due is left when all is quiet. I4: what was stopped in time is not escalated.
INVARIANTS = {
    "I1": """SELECT count(*) FROM (SELECT 1 FROM sla_escalation
             GROUP BY milestone_id, due_at, level HAVING count(*) > 1) AS twice""",
    "I2": "SELECT count(*) FROM sla_escalation WHERE fired_at < step_at",
    "I3": """SELECT count(*) FROM sla_milestone
             WHERE next_step_at < shouyue_now() - interval '5 seconds' AND quarantined_at IS NULL AND attempts = 0""",
    "I4": """SELECT count(*) FROM sla_escalation AS escalation JOIN sla_milestone AS milestone
             ON milestone.id = escalation.milestone_id
             WHERE milestone.stopped_at < escalation.step_at AND escalation.state <> 'superseded'""",
}


def violations() -> dict[str, int]:
    """Return how often each invariant is broken: all zero, or something is wrong."""
    return {name: scalar(query) for name, query in INVARIANTS.items()}


def lag(share: float) -> float:
    """Return the seconds from due to fired that this share of the escalations did not exceed."""
    return float(
        scalar(
            "SELECT percentile_cont(%s) WITHIN GROUP (ORDER BY extract(epoch FROM fired_at - step_at)) "
            "FROM sla_escalation WHERE milestone_id > %s",
            [share, BASE],
        )
    )


def left() -> int:
    """Return how many rows some hop still has to take, those that fall due within the hour among them."""
    return int(
        scalar(
            """SELECT (SELECT count(*) FROM sla_milestone
                       WHERE next_step_at < shouyue_now() + interval '1 hour' AND attempts = 0)
            + (SELECT count(*) FROM sla_escalation WHERE state = 'pending' AND attempts = 0)
            + (SELECT count(*) FROM tickets_delivery WHERE state = 'queued')"""
        )
    )


def gathering() -> int:
    """Return how many letters do no more than wait for others of their reader."""
    return Delivery.objects.waiting().filter(rendered=None, not_before__gt=database_now()).count()


def end_gathering() -> None:
    """Let the letters that gather go now, as if their time had passed."""
    waiting = Delivery.objects.waiting().filter(rendered=None, lease_until=None, attempts=0)
    waiting.update(not_before=models.F("queued_at"))
