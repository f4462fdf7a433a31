"""Alerts as rows: which of those that were told are new, go on, are over, or come late."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import F

from plans.models import ApiKey
from tickets.channels.alertmanager import RESOLVED
from tickets.channels.hook import Happening
from tickets.models import Alert
from tickets.models.ticket import Ticket

FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class News:
    """What a message says that was not known."""

    fired: list[Alert] = field(default_factory=list)
    repeated: list[Alert] = field(default_factory=list)
    ended: list[Alert] = field(default_factory=list)
    # Told when it was over already, or again once it was known to be: of no consequence.
    late: list[Alert] = field(default_factory=list)


def noted(told: Sequence[Happening], key: ApiKey, at: datetime) -> News:
    """Write what is told as rows, in a few statements however much it is, and return what is new in it.

    An alert is one row from when it starts; told again it is counted. One whose end came before its beginning was told
    is written as over, so that its beginning, when it comes, opens nothing.
    """
    each = {happening.external_id: happening for happening in sorted(told, key=_order)}
    known = _known(key.series, list(each))
    news, new = News(), []
    for fingerprint, happening in each.items():
        row = _found(known.get(fingerprint, []), happening)
        if row is None:
            row = _row(happening, key, at)
            new.append(row)
            (news.late if happening.kind == RESOLVED else news.fired).append(row)
        else:
            _go_on(row, happening, at, news)
    Alert.objects.bulk_create(new, batch_size=500)
    _write(news, at)
    return news


def _write(news: News, at: datetime) -> None:
    """Write what changed: most of what monitoring says is said again, and that is one statement."""
    said_again = Alert.objects.filter(pk__in=[row.pk for row in news.repeated])
    said_again.update(count=F("count") + 1, last_seen_at=at)
    Alert.objects.bulk_update(news.ended, ("state", "ends_at", "last_seen_at"), batch_size=500)


def _order(happening: Happening) -> tuple[datetime, bool]:
    """Order what one message tells of the same alert: the last that began, and of that its end."""
    return happening.at or FIRST, happening.kind == RESOLVED


def _known(series: UUID, fingerprints: Sequence[str]) -> dict[str, list[Alert]]:
    """Return the rows of these alerts, the last first."""
    rows: dict[str, list[Alert]] = {}
    found = Alert.objects.filter(series=series, fingerprint__in=fingerprints).select_related("ticket")
    for row in found.order_by("-starts_at", "-pk"):
        rows.setdefault(row.fingerprint, []).append(row)
    return rows


def _found(rows: Sequence[Alert], told: Happening) -> Alert | None:
    """Return the row that is meant: what fires now, else what began then, else what was over only after that."""
    firing = next((row for row in rows if row.state == Alert.State.FIRING), None)
    if firing and (told.at is None or told.kind == RESOLVED or told.at >= firing.starts_at):
        return firing
    began = next((row for row in rows if row.starts_at == told.at), None)
    later = next((row for row in rows if told.at and row.ends_at and row.ends_at > told.at), None)
    return began or firing or later


def _row(told: Happening, key: ApiKey, at: datetime) -> Alert:
    said = told.fields
    is_over = told.kind == RESOLVED
    return Alert(
        series=key.series,
        api_key=key,
        fingerprint=told.external_id,
        group=said["group"],
        state=Alert.State.RESOLVED if is_over else Alert.State.FIRING,
        name=said["name"],
        severity=said["severity"],
        summary=said["summary"],
        labels=said["labels"],
        source_url=said["source_url"],
        starts_at=told.at or at,
        ends_at=(said["ends_at"] or at) if is_over else None,
        first_seen_at=at,
        last_seen_at=at,
        count=0 if is_over else 1,
    )


def _go_on(row: Alert, told: Happening, at: datetime, news: News) -> None:
    row.last_seen_at = max(row.last_seen_at, at)
    if row.state == Alert.State.RESOLVED:
        news.late.append(row)
    elif told.kind == RESOLVED:
        row.state, row.ends_at = Alert.State.RESOLVED, told.fields["ends_at"] or at
        news.ended.append(row)
    else:
        row.count += 1
        news.repeated.append(row)


def attach(rows: Sequence[Alert], ticket: Ticket) -> None:
    """Say which ticket alerts are about."""
    for row in rows:
        row.ticket = ticket
    Alert.objects.filter(pk__in=[row.pk for row in rows]).update(ticket=ticket)
