"""Attachments and inline images: inside the request, or uploaded once and referred to (contract §3.6)."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Sequence

from campaigns.providers.base import NotSent
from campaigns.providers.messaging_service.api import Api
from campaigns.providers.remote import Attachment
from campaigns.states import Reason

AUTO, BINARY, UPLOAD = "auto", "binary", "upload"
MAX_BYTES = 10 * 1024 * 1024  # of all files of an email, decoded (rule 16; the vendor publishes none)
_PATH = "/email/1/content"
_VALID_MINUTES = 10_080  # the longest that the vendor keeps an upload
_USED_SECONDS = 6 * 24 * 3600.0  # an id is used for less than that, so that no message meets one that has ended
# Below this, repeating the files in each message costs less than they save.
_WORTH_AN_UPLOAD = 8 * 1024


class Uploaded:
    """Ids of what was uploaded: account and content -> (id, when). For all lanes of a process; another process
    uploads once more, which does no harm."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ids: dict[tuple[str, str], tuple[str, float]] = {}

    def find(self, account: str, digest: str) -> str:
        found, at = self._ids.get((account, digest), ("", 0.0))
        return found if found and self._clock() - at < _USED_SECONDS else ""

    def keep(self, account: str, digest: str, content_id: str) -> None:
        now = self._clock()
        for key in [key for key, (_, at) in self._ids.items() if now - at >= _USED_SECONDS]:
            del self._ids[key]
        self._ids[account, digest] = (content_id, now)


UPLOADED = Uploaded()


def uploads(way: str, attachments: Sequence[Attachment], repeats: bool) -> bool:
    """Whether the files go ahead of the messages. `repeats`: the content stands in a request once per person."""
    if way in (BINARY, UPLOAD):
        return way == UPLOAD
    return repeats and sum(len(file.data) for file in attachments) > _WORTH_AN_UPLOAD


def inside(attachments: Sequence[Attachment]) -> dict[str, list[dict[str, str]]]:
    """`attachments` and `inlineImages` with the bytes in them."""
    return _placed(attachments, [_binary(file) for file in attachments])


async def uploaded(
    attachments: Sequence[Attachment], api: Api, account: str, known: Uploaded
) -> dict[str, list[dict[str, str]]]:
    """`attachments` and `inlineImages` as references; what is not at the vendor yet is uploaded. Nothing is sent
    when that fails: NotSent, Refused or Misconfigured."""
    ids = [await _content_id(file, api, account, known) for file in attachments]
    return _placed(attachments, [{"type": "uploadedReference", "contentId": content_id} for content_id in ids])


async def _content_id(file: Attachment, api: Api, account: str, known: Uploaded) -> str:
    digest = hashlib.sha256(f"{file.name}\0{file.content_type}\0".encode() + file.data).hexdigest()
    if found := known.find(account, digest):
        return found
    headers = {
        # Our id of the content. Its file name, because a reference has no other field for that, and an inline image
        # is found by it.
        "X-Content-Id": _header_text(file.name),
        "X-Media-Type": file.content_type,
        "X-Validity-Period-Minutes": str(_VALID_MINUTES),
        "Content-Type": "application/octet-stream",
    }
    answer = await api.ask("POST", _PATH, body=file.data, headers=headers)
    content_id = answer.get("uploadedContentId") if isinstance(answer, dict) else None
    if not isinstance(content_id, str) or not content_id:
        raise NotSent(Reason.PROVIDER_DOWN, "The upload of an attachment was not confirmed.")
    known.keep(account, digest, content_id)
    return content_id


def _placed(attachments: Sequence[Attachment], items: Sequence[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for file, item in zip(attachments, items, strict=True):
        found.setdefault("inlineImages" if file.inline else "attachments", []).append(item)
    return found


def _binary(file: Attachment) -> dict[str, str]:
    return {
        "type": "binary",
        "content": base64.b64encode(file.data).decode(),
        "contentType": file.content_type,
        "fileName": file.name,
    }


def _header_text(name: str) -> str:
    """A file name as a header value: visible ASCII only."""
    return "".join(letter if " " <= letter <= "~" else "_" for letter in name)
