"""Keeps placeholders whole while HTML libraries read, clean and rewrite what is around them.

Pure. Each one is exchanged for a word that means nothing in HTML, CSS or an address, and put back byte for byte.
Fields of other systems (`*|FNAME|*`, `{% if %}`) and Outlook's `<![if mso]>` are kept the same way.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from campaigns.content.expressions import read_expression
from campaigns.content.markup import Scanner
from campaigns.content.placeholders import find

# Only harmless characters: what is put back unread must not be markup.
_FOREIGN = re.compile(r"\*\|[\w:.\-/ ]+\|\*|\{%[^<>\"'{}%]*%\}")
_CONDITION = re.compile(r"<!\[(?:if [\w\s!()|&.]+|endif)\]>", re.IGNORECASE)
_OTHERS = re.compile(f"{_FOREIGN.pattern}|{_CONDITION.pattern}", re.IGNORECASE)
_IN_LINK = "u"
_PLAIN = "z"


class Tokens:
    """The kept pieces of one message."""

    def __init__(self, *sources: str) -> None:
        """The tokens will not occur in any of `sources`."""
        number = 0
        while any(f"fld{number}x" in source.lower() for source in sources):
            number += 1
        self._prefix = f"fld{number}x"
        self._kept: list[str] = []
        self._token = re.compile(rf"{self._prefix}(\d{{5}})([{_PLAIN}{_IN_LINK}])")
        self._any = re.compile(rf"<!--{self._token.pattern}-->|{self._token.pattern}")

    def protect(self, source: str, *, markup: bool = True) -> str:
        """The source with tokens. In `markup`, one that stands between the cells of a table becomes a comment:
        text is not allowed there."""
        scanner = Scanner()
        out: list[str] = []
        at = 0
        for start, end in _kept_spans(source):
            out.append(source[at:start])
            scanner.feed(source[at:start])
            token = self._keep(source[start:end])
            condition = source.startswith("<!", start)
            out.append(f"<!--{token}-->" if markup and (condition or scanner.between_cells) else token)
            if not condition:
                scanner.place()
            at = end
        return "".join([*out, source[at:]])

    def restore(self, text: str) -> str:
        """The text with everything back where its token stands."""
        return self._any.sub(lambda found: self._kept[int(found[1] or found[3])], text)

    def restore_plain(self, text: str) -> str:
        """As `restore`, for plain text: without what is markup, and with values encoded where `in_link` said so."""
        return self._token.sub(self._plain, text)

    def in_link(self, address: str) -> str:
        """An address for plain text. HTML links encode values by themselves; here the placeholder has to say so."""
        head = len(address) - len(address.lstrip())
        return self._token.sub(lambda found: found[0] if found.start() == head else found[0][:-1] + _IN_LINK, address)

    def is_token(self, comment: str) -> bool:
        """True for a comment that consists of a token."""
        return bool(self._token.fullmatch(comment.strip()))

    def word(self, comment: str) -> str:
        """The token that a comment consists of, or "" when it has none or stands for markup."""
        found = self._token.fullmatch(comment.strip())
        return found[0] if found and not self._kept[int(found[1])].startswith("<") else ""

    def missing_from(self, text: str) -> list[str]:
        """What was kept and has no token in `text`, each once."""
        present = {int(number) for number, _ in self._token.findall(text)}
        lost = (kept for number, kept in enumerate(self._kept) if number not in present)
        return list(dict.fromkeys(kept for kept in lost if not kept.startswith("<")))

    def _keep(self, piece: str) -> str:
        self._kept.append(piece)
        return f"{self._prefix}{len(self._kept) - 1:05}{_PLAIN}"

    def _plain(self, found: re.Match[str]) -> str:
        kept = self._kept[int(found[1])]
        if kept.startswith("<"):
            return ""
        kept = html.unescape(kept)
        if found[2] == _IN_LINK and kept.startswith("{{") and not read_expression(kept[2:-2]).slips:
            return f"{kept[:-2].rstrip()}|urlencode{' ' * kept[:-2].endswith(' ')}}}}}"
        return kept


def foreign_fields(*texts: str) -> list[str]:
    """What looks like a field of another system, each once."""
    return list(dict.fromkeys(found for text in texts for found in _FOREIGN.findall(text)))


def _kept_spans(source: str) -> Iterator[tuple[int, int]]:
    at = 0
    for found in find(source):
        if found.slip in ("unclosed", "stray_close") or not _harmless(found.inside or source[found.start : found.end]):
            continue
        yield from (other.span() for other in _OTHERS.finditer(source, at, found.start))
        yield found.start, found.end
        at = found.end
    yield from (other.span() for other in _OTHERS.finditer(source, at))


def _harmless(inside: str) -> bool:
    """What could be markup is only kept when it is a placeholder of ours, whose defaults are escaped."""
    return not re.search(r"[<>]", inside) or not read_expression(html.unescape(inside)).slips
