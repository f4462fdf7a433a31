"""The community: a question that nobody answered there, sent on by its board. Source: Y04, K02"""

from tickets.channels.base import Reader
from tickets.channels.form import FormChannel


class Community(FormChannel):
    """The form, and `post_url`, the question's own page, kept below what is asked."""

    key = "community"

    def body(self, reader: Reader) -> str:
        asked = super().body(reader)
        page = reader.text("post_url", 500)
        return f"{asked}\n\n{page}" if page else asked
