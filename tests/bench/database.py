"""A database of its own for a benchmark, made by Django's migrations and dropped afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.db import connection
from django.test.utils import setup_databases, setup_test_environment, teardown_databases, teardown_test_environment


@contextmanager
def database() -> Iterator[str]:
    """Set Django up, make an empty migrated database, and give its address for child processes."""
    django.setup()
    setup_test_environment(debug=False)
    old = setup_databases(verbosity=0, interactive=False)
    where = connection.settings_dict
    try:
        yield f"postgresql://{where['USER']}@/{where['NAME']}?host={where['HOST']}"
    finally:
        connection.close()
        teardown_databases(old, verbosity=0)
        teardown_test_environment()
