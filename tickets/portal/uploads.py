"""No request may fill the disk: what comes beyond the limit is read past, and the form says so."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from tickets.channels.form import LIMITS

# Once past the limit the form refuses anyhow; a little more is read so that it can say by how little.
MOST = LIMITS.together + 2 * 1024 * 1024


class Quota(FileUploadHandler):
    """Count the bytes of a request's files and keep none beyond the limit; its other fields are read all the same."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.total = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.total += len(raw_data)
        if self.total > MOST:
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None


def was_cut(request: HttpRequest) -> bool:
    """Tell whether a request, once read, brought more than is kept."""
    handlers = request.upload_handlers
    return any(isinstance(handler, Quota) and handler.total > MOST for handler in handlers)
