"""Files of an email: taken in, told apart by content, shown in previews, and dropped when no version has them."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from pathlib import PurePosixPath
from urllib.parse import unquote

from django.db.models import Exists, OuterRef
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from campaigns.models import Attachment, TemplateVersion
from campaigns.providers import remote
from console.models import Workspace

MAX_BYTES = 10 * 1024 * 1024  # of all files of an email; an account may take less
MAX_FILES = 20
NAME_LENGTH = 120
# What mail programs refuse to receive, whatever is in it.
PROGRAMS = frozenset(
    {"ade", "adp", "apk", "appx", "bat", "cab", "chm", "cmd", "com", "cpl", "dll", "dmg", "ex", "exe", "hta",
     "ins", "iso", "isp", "jar", "js", "jse", "lib", "lnk", "mde", "msc", "msi", "msp", "mst", "nsh", "pif",
     "ps1", "scr", "sct", "shb", "sys", "vb", "vbe", "vbs", "vxd", "wsc", "wsf", "wsh", "xll"}
)  # fmt: skip
# Images that mail programs show, by how their data begins; a name may lie.
_IMAGES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)
IMAGE_TYPES = frozenset(kind for _pattern, kind in _IMAGES)
_CID = re.compile(r"""\bcid:([^"'\s>)]+)""", re.IGNORECASE)
_UNSAVED_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was chosen."""

    name: str
    data: bytes


def add(
    workspace: Workspace, kept: Sequence[Attachment], uploads: Sequence[Upload], now: datetime
) -> tuple[list[Attachment], list[str]]:
    """`kept` with the uploads that are taken, one of the same name replaced, and a sentence for each that is not."""
    files, refusals = list(kept), []
    for upload in uploads:
        name = clean_name(upload.name)
        others = [file for file in files if file.name != name]
        refusal = _refusal(name, upload.data, others)
        if refusal:
            refusals.append(refusal)
        else:
            files = [*others, _stored(workspace, name, type_of(name, upload.data), upload.data, False, now)]
    return files, refusals


def _refusal(name: str, data: bytes, others: Sequence[Attachment]) -> str:
    """Why a file is not taken beside `others`; "" when it is."""
    if not data:
        return _("“%(name)s” is empty.") % {"name": name}
    if name.rpartition(".")[2].lower() in PROGRAMS:
        text = _("“%(name)s” is a program, and mailboxes refuse programs. Link to it instead.")
        return text % {"name": name}
    if len(others) >= MAX_FILES:
        return _("“%(name)s” was left out: an email carries at most %(n)s files.") % {"name": name, "n": MAX_FILES}
    total = sum(file.size for file in others) + len(data)
    if total > MAX_BYTES:
        text = _("“%(name)s” was left out: the files would have %(size)s together, and an email carries %(most)s.")
        return text % {"name": name, "size": filesizeformat(total), "most": filesizeformat(MAX_BYTES)}
    return ""


def clean_name(name: str) -> str:
    """A file name without folders, control characters and what breaks a header or a `cid:`."""
    base = PurePosixPath(name.replace("\\", "/")).name
    base = re.sub(r"[\x00-\x1f\x7f\"<>|:*?;]", "", base).strip(" .")
    stem, dot, ending = base.rpartition(".")
    if len(base) > NAME_LENGTH:
        base = f"{stem[: NAME_LENGTH - len(ending) - 1]}{dot}{ending}"[-NAME_LENGTH:]
    return base or "file"


def type_of(name: str, data: bytes) -> str:
    """The content type: of images by their data, of others by their name."""
    for pattern, kind in _IMAGES:
        if pattern.match(data):
            return kind
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return "application/octet-stream" if guessed in IMAGE_TYPES else guessed


def _stored(workspace: Workspace, name: str, kind: str, data: bytes, inline: bool, now: datetime) -> Attachment:
    digest = hashlib.sha256(data).hexdigest()
    found, _made = Attachment.objects.get_or_create(
        workspace=workspace,
        digest=digest,
        name=name,
        inline=inline,
        defaults={"content_type": kind, "size": len(data), "data": data, "created_at": now},
    )
    return found


def settled(files: Sequence[Attachment], html: str, now: datetime) -> list[Attachment]:
    """The same files, each as it is used: images that `html` shows by `cid:` travel inside it, others beside it."""
    shown = names_shown(html)
    found = []
    for file in files:
        inline = file.name in shown and file.content_type in IMAGE_TYPES
        if inline != file.inline:
            file = _stored(file.workspace, file.name, file.content_type, bytes(file.data), inline, now)
        found.append(file)
    return found


def names_shown(html: str) -> list[str]:
    """The names behind `cid:` in an HTML source, each once."""
    return list(dict.fromkeys(unquote(unescape(name)) for name in _CID.findall(html)))


def with_images(html: str, files: Sequence[remote.Attachment]) -> str:
    """`html` for a preview: images that travel with it stand in it, because nothing resolves `cid:` there."""
    images = {file.name: file for file in files if file.content_type in IMAGE_TYPES}
    if not images:
        return html

    def address(match: re.Match[str]) -> str:
        file = images.get(unquote(unescape(match[1])))
        return f"data:{file.content_type};base64,{base64.b64encode(file.data).decode()}" if file else match[0]

    return _CID.sub(address, html)


def as_sent(file: Attachment) -> remote.Attachment:
    return remote.Attachment(file.name, file.content_type, bytes(file.data), file.inline)


def of_version(version: TemplateVersion | None) -> list[Attachment]:
    """The files of a version in their order, without their data."""
    if version is None or version.channel != "email":
        return []
    return in_order(version.workspace_id, version.file_ids)


def in_order(workspace: Workspace | int, ids: Sequence[int]) -> list[Attachment]:
    """The files of a workspace by their ids, in that order; what is not there is left out."""
    if not ids:
        return []
    found = Attachment.objects.for_workspace(workspace).select_related("workspace").defer("data").in_bulk(list(ids))
    return [found[pk] for pk in dict.fromkeys(ids) if pk in found]


def drop_unused(now: datetime) -> int:
    """Delete files that no version has, once nobody can still be writing the email they were chosen for."""
    through = TemplateVersion.attachments.through
    used = Exists(through.objects.filter(attachment=OuterRef("pk")))
    return Attachment.objects.filter(~used, created_at__lt=now - _UNSAVED_FOR).delete()[0]
