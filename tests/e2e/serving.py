"""The product's own kind of server in a thread of the test: the live server of Django has no streams."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.db import connection

from config.asgi import application

HOST = "127.0.0.1"
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
# What the server's threads left open; the tests' own sessions, of other threads too, go on.
LEFT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s) AND state = 'idle'
"""


@contextmanager
def streaming_server() -> Iterator[str]:
    """Serve this test's database as the product does, and give the address."""
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS)
        before = [pid for (pid,) in cursor.fetchall()]
    # Bound here: another process could take a port that is only looked up.
    door = socket.create_server((HOST, 0))
    config = uvicorn.Config(
        ASGIStaticFilesHandler(application), log_level="error", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([door],), daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        if not thread.is_alive():
            raise RuntimeError("the streaming server did not start")
    try:
        yield f"http://{HOST}:{door.getsockname()[1]}"
    finally:
        # A server left behind would hold the tables that the next test needs.
        server.should_exit = server.force_exit = True
        thread.join(10)
        # Its threads are gone, their sessions may not be: nobody could drop the database.
        with connection.cursor() as cursor:
            cursor.execute(LEFT, [before])
