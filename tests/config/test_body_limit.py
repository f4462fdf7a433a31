"""A body without end is refused while it comes, before any of it is stored."""

import json

import pytest

from config.body_limit import limited

LIMIT = 1000


async def swallow(scope, receive, send):
    """Read the whole body, as the framework does, then answer its length."""
    whole, more = b"", True
    while more:
        message = await receive()
        whole, more = whole + message.get("body", b""), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(whole)).encode()})


async def answer(parts, said=None):
    headers = [] if said is None else [(b"content-length", said)]
    left, sent = list(parts), []

    async def receive():
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message):
        sent.append(message)

    await limited(swallow, LIMIT)({"type": "http", "headers": headers}, receive, send)
    return sent[0]["status"], sent[1]["body"], len(left)


@pytest.mark.parametrize("parts", [[b""], [b"x" * 1000], [b"x" * 400, b"x" * 600]])
async def test_a_body_within_the_limit_passes(parts):
    assert await answer(parts) == (200, str(sum(map(len, parts))).encode(), 0)


async def test_a_body_that_goes_on_is_refused_while_it_comes():
    status, body, unread = await answer([b"x" * 600] * 5)
    assert (status, json.loads(body)["code"], unread) == (413, "too_large", 3)


@pytest.mark.parametrize(("said", "status"), [(b"1001", 413), (b"1000", 200), (b"many", 200), (b"-5", 200)])
async def test_a_length_that_is_named_is_believed_when_it_is_too_much(said, status):
    found, _body, unread = await answer([b"x"], said)
    assert (found, unread) == (status, 1 if status == 413 else 0)


async def test_other_protocols_pass():
    seen = []

    async def application(scope, receive, send):
        seen.append(scope["type"])

    await limited(application, LIMIT)({"type": "lifespan"}, None, None)
    assert seen == ["lifespan"]


async def test_a_reader_of_pages_is_told_on_a_page_in_their_language():
    sent = []

    async def send(message):
        sent.append(message)

    head = [(b"content-length", b"1001"), (b"accept", b"text/html,*/*"), (b"accept-language", b"en")]
    await limited(swallow, LIMIT)({"type": "http", "method": "POST", "path": "/", "headers": head}, None, send)
    assert sent[0]["status"] == 413
    assert "<h1>The files are too large" in sent[1]["body"].decode()
