"""A host product's page that embeds the chat, on an origin of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STRICT = (
    "default-src 'none'; script-src 'self' {product}; connect-src {product}; style-src 'self'; "
    "require-trusted-types-for 'script'"
)
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>ERP</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/host.css"></head>
<body><main><h1>ERP</h1></main>{tag}</body></html>"""
HOSTILE = (
    "*{font-size:30px!important;display:block!important;color:red!important;float:left}"
    "main~*{display:none!important;visibility:hidden!important;opacity:.1!important}"
)


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
