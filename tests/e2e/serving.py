"""The product's own kind of server in a thread of the test: the live server of Django has no streams."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

from config.launch.ports import free_port

HOST = "127.0.0.1"


@contextmanager
def streaming_server() -> Iterator[str]:
    """Serve this test's database by ASGI, and give the address."""
    port = free_port()
    application = ASGIStaticFilesHandler(get_asgi_application())
    config = uvicorn.Config(application, host=HOST, port=port, log_level="warning", lifespan="off")
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        if not thread.is_alive():
            raise RuntimeError("the streaming server did not start")
    try:
        yield f"http://{HOST}:{port}"
    finally:
        # A server left behind would hold the tables that the next test needs.
        server.should_exit = server.force_exit = True
        thread.join(10)
