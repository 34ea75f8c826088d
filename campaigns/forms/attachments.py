"""The files of an email while it is written: those it has, those just chosen, and why some are not taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from campaigns.models import TemplateVersion
from campaigns.providers import remote
from campaigns.services.writing import attachments
from campaigns.services.writing.attachments import MAX_BYTES, MAX_FILES, Upload
from console.models import Workspace

KEPT, CHOSEN, ATTACH, DROP = "kept_file", "upload", "attach", "drop"


class Tray:
    """`files` in their order; `refusals`: sentences about chosen files that were not taken.

    What is chosen is stored at once, so that it stays chosen when the page comes back with a mistake in the text; what
    is never saved with a version is dropped by itself. `data` None: the files of `version`.
    """

    def __init__(
        self,
        workspace: Workspace,
        now: datetime,
        *,
        version: TemplateVersion | None = None,
        data: QueryDict | None = None,
        chosen: Sequence[UploadedFile] = (),
    ) -> None:
        self._now = now
        self.refusals: list[str] = []
        if data is None:
            self.files = attachments.of_version(version)
            return
        kept = attachments.in_order(workspace, _ids(data))
        self.files, self.refusals = attachments.add(workspace, kept, [_read(file) for file in chosen], now)
        self.settle(data.get("html", ""))

    @staticmethod
    def is_asked(data: QueryDict) -> bool:
        """True when the button that was pressed only adds or removes files."""
        return ATTACH in data or DROP in data

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(file.pk for file in self.files)

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def room(self) -> str:
        values = {"most": filesizeformat(MAX_BYTES), "n": MAX_FILES}
        return (
            _('At most %(n)s files and %(most)s together. An image is shown in the text with src="cid:its-name.png".')
            % values
        )

    def settle(self, html: str) -> list[str]:
        """Tell images that `html` shows from files beside it; gives the names it shows that are not here."""
        self.files = attachments.settled(self.files, html, self._now)
        there = {file.name for file in self.files if file.inline}
        return [name for name in attachments.names_shown(html) if name not in there]


def in_memory(workspace: Workspace, data: QueryDict, chosen: Sequence[UploadedFile]) -> list[remote.Attachment]:
    """The images of a form for its preview; nothing is stored."""
    found = attachments.in_order(workspace, _ids(data))
    images = [attachments.as_sent(file) for file in found if file.content_type in attachments.IMAGE_TYPES]
    for upload in map(_read, chosen):
        name = attachments.clean_name(upload.name)
        images.append(remote.Attachment(name, attachments.type_of(name, upload.data), upload.data))
    return images


def _ids(data: QueryDict) -> list[int]:
    dropped = set(data.getlist(DROP))
    return [int(pk) for pk in data.getlist(KEPT) if pk.isdecimal() and len(pk) < 19 and pk not in dropped]


def _read(file: UploadedFile) -> Upload:
    """A chosen file; of one that is too large only as much as shows that it is."""
    return Upload(str(file.name or ""), file.read(MAX_BYTES + 1))
