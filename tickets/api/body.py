"""The raw bytes of a request, within bounds."""

from rest_framework.request import Request

from sla.api.strict_json import LIMIT, too_large


def read_body(request: Request, limit: int = LIMIT) -> bytes:
    """Return what was sent. Raises ProblemError 413 when it says, or turns out, to be longer than `limit` bytes."""
    said = request.META.get("CONTENT_LENGTH") or "0"
    if said.isdigit() and int(said) > limit:
        raise too_large(limit)
    # One byte more than allowed tells a body that is too long from one that just fits.
    raw: bytes = request._request.read(limit + 1)
    if len(raw) > limit:
        raise too_large(limit)
    return raw
