"""Add files to what was said."""

from collections.abc import Iterable

from plans.keeping import safe_name, store
from tickets.channels.base import File
from tickets.models import Attachment, Message


def attach(*, message: Message, files: Iterable[File]) -> list[Attachment]:
    """Keep files with a message and return their rows; the bytes are on the disk before the rows are."""
    return Attachment.objects.bulk_create([
        Attachment(
            ticket_id=message.ticket_id,
            message=message,
            name=safe_name(file.name),
            content_type=file.content_type[:120],
            size=len(file.content),
            sha256=store(file.content),
        )
        for file in files
    ])  # fmt: skip
