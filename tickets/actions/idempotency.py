"""Do once what is asked several times: a key that a sender gives, kept with the answer it got."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from sla.refusals import ActionRefusedError
from tickets.models import IdempotencyKey

KEPT_FOR = timedelta(days=7)
KEY_LIMIT = 255

# A twin that runs at the same time waits here, on the unique index, until the first one has ended.
CLAIM = """
INSERT INTO tickets_idempotencykey (scope, route, key, fingerprint, created_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING RETURNING id
"""
KEEP = "UPDATE tickets_idempotencykey SET status = %s, answer = %s WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it was named: by whom, for what, under which key, with which content."""

    scope: str
    route: str
    key: str
    fingerprint: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with."""

    status: int
    body: dict[str, Any]
    is_replayed: bool = False


def fingerprint_of(raw: bytes, content_type: str) -> str:
    """Return the digest by which two contents are told apart."""
    return hashlib.sha256(content_type.encode() + b"\n" + raw).hexdigest()


def once(asked: Asked, act: Callable[[], Answer]) -> Answer:
    """Act, or return the answer that the same key got before. Call inside atomic: what raises leaves no key behind.

    Raises ActionRefusedError when the key came with another content before.
    """
    if not asked.key:
        return act()
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [asked.scope, asked.route, asked.key, asked.fingerprint, asked.at])
        claimed = cursor.fetchone()
    if claimed is None:
        return _replayed(asked)
    answer = act()
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [answer.status, json.dumps(answer.body), claimed[0]])
    return answer


def _replayed(asked: Asked) -> Answer:
    kept = IdempotencyKey.objects.get(scope=asked.scope, route=asked.route, key=asked.key)
    if kept.fingerprint != asked.fingerprint:
        raise ActionRefusedError("idempotency_mismatch", _("这个 Idempotency-Key 已用于另一份内容。"))
    return Answer(kept.status or 0, kept.answer or {}, is_replayed=True)


def forget_old_keys(*, at: datetime) -> int:
    """Delete keys that are no longer kept and return how many there were."""
    return IdempotencyKey.objects.filter(created_at__lt=at - KEPT_FOR).delete()[0]
