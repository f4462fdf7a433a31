"""The product as it really answers, streams and all, and a host product's page that embeds its chat."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.db import connection

from config.asgi import application
from config.launch.ports import free_port

STRICT = (
    "default-src 'none'; script-src 'self' {product}; connect-src {product}; style-src 'self'; "
    "require-trusted-types-for 'script'"
)
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
# What the server's threads left open; the tests' own sessions, of other threads too, go on.
LEFT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s) AND state = 'idle'
"""
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>ERP</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/host.css"></head>
<body><main><h1>ERP</h1></main>{tag}</body></html>"""
HOSTILE = "*{font-size:30px!important;display:block!important;color:red!important;float:left}"


@contextmanager
def served() -> Iterator[str]:
    """Give the address of a server that streams, until the block ends."""
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS)
        before = [pid for (pid,) in cursor.fetchall()]
    port = free_port()
    config = uvicorn.Config(
        ASGIStaticFilesHandler(application), host="127.0.0.1", port=port, log_level="error", lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        # Its threads are gone, their sessions may not be: nobody could drop the database.
        with connection.cursor() as cursor:
            cursor.execute(LEFT, [before])


@contextmanager
def embedding(product: str, tag: str, *, sheet: str = "", policy: str = STRICT) -> Iterator[str]:
    """Give the address of a host product's page with the tag in it, on an origin of its own."""
    page = PAGE.format(tag=tag)
    answers = {"/": (page, "text/html"), "/host.css": (sheet, "text/css")}
    handler = partial(Host, answers, policy.format(product=product))
    server = ThreadingHTTPServer(("localhost", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()


class Host(BaseHTTPRequestHandler):
    """Another company's server."""

    def __init__(self, answers: dict[str, tuple[str, str]], policy: str, *more: Any) -> None:
        self.answers, self.policy = answers, policy
        super().__init__(*more)

    def do_GET(self) -> None:
        body, kind = self.answers.get(self.path, ("", "text/plain"))
        self.send_response(200 if body or kind != "text/plain" else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""
