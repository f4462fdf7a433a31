"""The form in which our own channels post: the fields that all of them have."""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tickets.channels.base import MISSING, Channel, File, Incoming, Payload, Reader

SUBJECT, BODY = 200, 100_000
CATEGORIES = frozenset(
    {"how_to", "fault", "data_environment", "requirement", "customisation", "third_party", "operations"}
)
PRIORITIES = frozenset({"low", "normal", "high", "urgent"})
# The questions about customisation: what stays in scope, and the definitions of a plan by number.
ANSWERS = frozenset({"carve_out", *map(str, range(1, 21))})
# By what a contact may be named, and how long it may be.
NAMED_BY = {"email": 254, "phone": 32, "external_id": 64}
# Senders may fold base64 into lines, as mail does.
LINE_ENDS = str.maketrans("", "", "\r\n")
# Within what a database key can be.
HIGHEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may come along with one message, in bytes."""

    files: int = 10
    each: int = 5 * 1024 * 1024
    together: int = 8 * 1024 * 1024


LIMITS = Limits()


class FormChannel(Channel):
    """A channel that posts the form as it is; a subclass says what it has besides."""

    def parse(self, payload: Payload) -> Incoming:
        reader = Reader(payload)
        ticket = reader.text("ticket", 20).upper()
        incoming = Incoming(
            external_id=reader.text("external_id", 128, required=True),
            contact=self.contact(reader),
            product=reader.text("product", 40, required=not ticket),
            category=reader.one_of("category", CATEGORIES, default="how_to" if ticket else ""),
            subject=reader.text("subject", SUBJECT, required=not ticket),
            body=self.body(reader),
            contract=reader.text("contract", 40),
            priority=reader.one_of("priority", PRIORITIES, default="normal"),
            occurred_at=reader.instant("occurred_at"),
            module=reader.text("module", 80),
            tenant=reader.text("tenant", 64),
            version=reader.text("version", 40),
            environment=reader.text("environment", 80),
            error_code=reader.text("error_code", 80),
            ticket=ticket,
            customisation=read_answers(reader),
            attachments=read_files(reader),
        )
        reader.finish()
        return incoming

    def contact(self, reader: Reader) -> tuple[str, str | int]:
        """Return how the person is named."""
        return read_contact(reader)

    def body(self, reader: Reader) -> str:
        """Return what the person says."""
        return reader.text("body", BODY, required=True)


def read_contact(reader: Reader) -> tuple[str, str | int]:
    """Return the one way in which `contact` names a person."""
    value = reader.payload.get("contact")
    if value is None:
        reader.wrong("contact", MISSING, _("这一项必须填写。"))
    elif not isinstance(value, dict) or len(value) != 1 or not value.keys() <= {"id", *NAMED_BY}:
        reader.wrong("contact", "wrong_type", _("必须是且只是 id、email、phone、external_id 之一。"))
    else:
        return _named(reader, *next(iter(value.items())))
    return ("id", 0)


def _named(reader: Reader, by: str, value: Any) -> tuple[str, str | int]:
    field = f"contact.{by}"
    if by != "id":
        found = reader.clean(field, value, NAMED_BY[by])
        if not found and not reader.has_error(field):
            reader.wrong(field, MISSING, _("这一项必须填写。"))
        return (by, found)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= HIGHEST_ID:
        reader.wrong(field, "wrong_type", _("这一项必须是正整数。"))
        return (by, 0)
    return (by, value)


def read_answers(reader: Reader) -> dict[str, bool]:
    """Return what was answered to the plan's questions about customisation; none where nothing was. Source: K02"""
    said = reader.payload.get("customisation")
    if said is None:
        return {}
    if not isinstance(said, dict) or not all(isinstance(value, bool) for value in said.values()):
        reader.wrong("customisation", "wrong_type", _("必须是对象，每个回答是 true 或 false。"))
        return {}
    if unknown := sorted(set(said) - ANSWERS):
        told = {"codes": " · ".join(str(code)[:20] for code in unknown[:5])}
        reader.wrong("customisation", "unknown", _("没有这样的问题：%(codes)s；代码是 carve_out 和 1 到 20。") % told)
        return {}
    return dict(said)


def read_files(reader: Reader) -> tuple[File, ...]:
    """Return the files that came along, decoded; too many or too large ones are wrong."""
    entries = reader.payload.get("attachments")
    if isinstance(entries, list) and len(entries) > LIMITS.files:
        reader.wrong("attachments", "too_many", _("最多 %(limit)s 个附件。") % {"limit": LIMITS.files})
        return ()
    files = tuple(reader.each("attachments", lambda place, entry: _file(reader, f"attachments.{place}", entry)))
    if sum(len(file.content) for file in files) > LIMITS.together:
        reader.wrong("attachments", "too_large", _("附件合计最多 %(limit)s MB。") % {"limit": LIMITS.together >> 20})
    return files


def _file(reader: Reader, field: str, entry: Payload) -> File:
    return File(
        name=reader.clean(f"{field}.name", entry.get("name"), 255),
        content_type=reader.clean(f"{field}.content_type", entry.get("content_type", ""), 120),
        content=_decoded(reader, f"{field}.base64", entry.get("base64")),
    )


def _decoded(reader: Reader, field: str, value: Any) -> bytes:
    if not isinstance(value, str):
        reader.wrong(field, "wrong_type", _("这一项必须是 base64 文字。"))
        return b""
    try:
        content = b64decode(value.translate(LINE_ENDS), validate=True)
    except (binascii.Error, ValueError):
        reader.wrong(field, "invalid", _("这一项不是正确的 base64。"))
        return b""
    if len(content) > LIMITS.each:
        reader.wrong(field, "too_large", _("单个附件最多 %(limit)s MB。") % {"limit": LIMITS.each >> 20})
    return content
