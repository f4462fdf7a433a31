"""Raw bytes to the object that a channel's adapter reads."""

from django.utils.translation import gettext as _

from sla.api.strict_json import StrictJsonError, read_json
from sla.api.unread import Read
from tickets.channels.base import FieldError, MalformedError


def read_payload(raw: bytes) -> Read:
    """Return the object that was sent. Raises MalformedError for bad UTF-8, bad JSON, or anything but an object."""
    try:
        payload = read_json(raw)
    except StrictJsonError as error:
        raise MalformedError([FieldError("", error.code, error.message)]) from error
    if not isinstance(payload, dict):
        raise MalformedError([FieldError("", "wrong_type", _("内容必须是一个 JSON 对象。"))])
    return Read(payload)
