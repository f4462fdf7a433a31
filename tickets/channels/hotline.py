"""The hotline: an agent's call form or the switchboard posts what was said. Source: Y08"""

from tickets.channels.base import Reader
from tickets.channels.form import FormChannel, read_contact


class Hotline(FormChannel):
    """The form; `caller`, the number that rang, stands for the contact where none is named."""

    key = "hotline"

    def contact(self, reader: Reader) -> tuple[str, str | int]:
        if reader.payload.get("contact") is None and "caller" in reader.payload:
            return ("phone", reader.text("caller", 32, required=True))
        return read_contact(reader)
