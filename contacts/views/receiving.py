"""How an uploaded file arrives: on the disk at once, and never more of it than allowed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Stops writing at IMPORT_MAX_BYTES; `too_large` tells the view. Set it before anything reads the form."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.received = 0
        self.too_large = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > settings.IMPORT_MAX_BYTES:
            self.too_large = True
            self.file.close()
            raise StopUpload(connection_reset=False)  # the rest is read and dropped, so that the answer arrives
        super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None if self.too_large else super().file_complete(file_size)


def bounded(request: Any) -> BoundedUploadHandler:
    """Put the handler in front of the request's form; the request must not have been read yet."""
    handler = BoundedUploadHandler(request)
    request.upload_handlers = [handler]
    return handler
