"""In which character set a file is written, and whether it is text at all.

A ladder: byte order mark, strict UTF-8, then a guess among the sets that are met in practice. The guess is
limited on purpose: left alone, detectors read Spanish and Portuguese as cp1250 and turn ñ into ń.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from console.errors import UserError

SAMPLE = 256 * 1024
BLOCK = 1024 * 1024

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_NOT_TEXT = (b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\x7fELF")
_SETS = ["ascii", "utf_8", "utf_16", "cp1252", "cp1253"]
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))
_MOSTLY = 0.98  # share of lines that must be UTF-8 for the rest to count as damaged


@dataclass(frozen=True, slots=True)
class Encoding:
    """`name` is Python's; `damaged`: some lines are not in it, they are read with U+FFFD in place of letters.
    `nul`: there are NUL bytes somewhere."""

    name: str
    damaged: bool = False
    nul: bool = False


def detect(path: Path, *, thorough: bool) -> Encoding:
    """The character set of a file. `thorough` looks at all of it, else at the beginning only.

    Raises UserError for an empty file, a workbook and anything else that is no text.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    _refuse_other_kinds(sample)
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return _checked(path, name, thorough)
    if name := _utf16_without_mark(sample):
        return _checked(path, name, thorough)
    if _looks_binary(sample):
        raise UserError(_not_text(), code="binary")
    nul = _has_nul(path) if thorough else b"\0" in sample
    if _is_utf8(path, thorough):
        return Encoding("utf-8", nul=nul)
    good, bad, lines = _utf8_lines(path, thorough)
    if good and good / (good + bad) >= _MOSTLY:
        return Encoding("utf-8", damaged=True, nul=nul)
    return _checked(path, _guess(lines), thorough)


def _refuse_other_kinds(sample: bytes) -> None:
    if not sample.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise UserError(_("This file is empty. Export the contacts again and upload the new file."), code="empty")
    if sample.startswith(_WORKBOOKS):
        raise UserError(
            _("This is a workbook, not a CSV file. In Excel choose File, Save as, “CSV UTF-8”, and use that file."),
            code="workbook",
        )
    if sample.startswith(_NOT_TEXT):
        raise UserError(_not_text(), code="binary")


def _not_text() -> str:
    return _("This is not a text file. Export the contacts as CSV and use that file.")


def _utf16_without_mark(sample: bytes) -> str:
    """Every second byte of Western text in UTF-16 is NUL."""
    even, odd = sample[0::2][:2000], sample[1::2][:2000]
    if odd and odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    return "utf-16-be" if even and even.count(0) > 0.7 * len(even) and odd.count(0) < 0.1 * len(odd) else ""


def _looks_binary(sample: bytes) -> bool:
    nuls = sample.count(0)
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    return nuls > len(sample) / 50 or controls > len(sample) / 20


def _has_nul(path: Path) -> bool:
    found = False
    for block in _blocks(path):
        if len(block) == BLOCK and b"\n" not in block and b"\r" not in block:
            raise UserError(_not_text(), code="binary")  # a line of a million letters
        found = found or b"\0" in block
    return found


def _checked(path: Path, name: str, thorough: bool) -> Encoding:
    """The character set of a mark or a guess, and whether all of the file is in it."""
    decoder = codecs.getincrementaldecoder(name)(errors="strict")
    nul = False
    try:
        for block in _blocks(path) if thorough else _blocks(path, SAMPLE):
            nul = nul or "\0" in decoder.decode(block)
    except UnicodeDecodeError:
        return Encoding(name, damaged=True, nul=nul)
    return Encoding(name, nul=nul)


def _is_utf8(path: Path, thorough: bool) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="strict")
    try:
        for block in _blocks(path) if thorough else _blocks(path, SAMPLE):
            decoder.decode(block)
        decoder.decode(b"", final=thorough)
    except UnicodeDecodeError:
        return False
    return True


def _utf8_lines(path: Path, thorough: bool) -> tuple[int, int, bytes]:
    """How many lines with other than ASCII letters are UTF-8 and how many are not, and some of those."""
    good = bad = 0
    telling = bytearray()
    with path.open("rb") as file:
        for line in file:
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
                telling += line[:2000] if len(telling) < SAMPLE else b""
            if not thorough and file.tell() > SAMPLE:
                break
    return good, bad, bytes(telling)


def _guess(lines: bytes) -> str:
    best = from_bytes(lines, cp_isolation=_SETS).best()
    return "cp1252" if best is None or best.encoding in ("ascii", "utf_8", "utf_16") else best.encoding


def _blocks(path: Path, at_most: int | None = None) -> Iterator[bytes]:
    with path.open("rb") as file:
        if at_most is not None:
            yield file.read(at_most)
            return
        while block := file.read(BLOCK):
            yield block
