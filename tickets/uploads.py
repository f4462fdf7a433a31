"""No request may fill the disk: what comes beyond the limit is read past, and the form says so."""

import re
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from plans.deliverables.files import LARGEST
from tickets.channels.form import LIMITS

# Once past the limit the form refuses anyhow; a little more is read so that it can say by how little.
MORE = 2 * 1024 * 1024
MOST = LIMITS.together + MORE
# Exports of other systems; the web server takes no body that is much larger. What is, is imported by command.
MOST_IMPORTED = 20 * 1024 * 1024
IMPORTED = re.compile(r"/(console/rules|api/v1)/imports/")
# Where our people hand reports over, and where they add pictures and videos to articles.
HANDED_OVER = re.compile(
    r"/(console/accounts/[^/]+|api/v1/contracts/[^/]+|api/v1)/deliverables/|/console/knowledge/articles/"
)


def most_of(path: str) -> int:
    """Return how many bytes of files a request to a path may bring."""
    if IMPORTED.match(path):
        return MOST_IMPORTED
    return LARGEST + MORE if HANDED_OVER.match(path) else MOST


class Quota(FileUploadHandler):
    """Count the bytes of a request's files and keep none beyond the limit; its other fields are read all the same."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.total = 0
        self.most = most_of(request.path if request else "")

    @property
    def is_cut(self) -> bool:
        """Tell whether more came than is kept."""
        return self.total > self.most

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.total += len(raw_data)
        if self.is_cut:
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None


def was_cut(request: HttpRequest) -> bool:
    """Tell whether a request, once read, brought more than is kept."""
    return any(isinstance(handler, Quota) and handler.is_cut for handler in request.upload_handlers)
