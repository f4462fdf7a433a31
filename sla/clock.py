"""The only clock: the database's, which a test can move for itself."""

from datetime import UTC, datetime

from django.db import connection
from django.db.models import DateTimeField, Func


class DatabaseNow(Func):
    """This instant by the database's clock, inside a query that is made anyway."""

    function = "shouyue_now"
    output_field = DateTimeField()


def database_now() -> datetime:
    """Return this instant by the database's clock, aware, UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT shouyue_now()")
        return cursor.fetchone()[0].astimezone(UTC)
