"""Where in an HTML text a value is put, and how it must be escaped there.

Pure. Values come from strangers (a sign-up form, an imported file): in every place they may only ever be data.
`Scanner` reads the literal pieces of a template from left to right and says the place of each gap between them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import quote


class Place(StrEnum):
    """Where a value goes. FORBIDDEN = nowhere safe: a tag's inside, a script, an unquoted attribute."""

    PLAIN = "plain"  # no markup: an SMS, a text part
    LINE = "line"  # one line: a subject
    HTML = "html"  # text, or an attribute in quotes
    LINK = "link"  # the beginning of an address: the value brings the scheme
    LINK_PART = "link_part"  # inside an address's host, path, query or fragment
    LINK_ADDRESS = "link_address"  # after mailto:, tel: and the like
    CSS = "css"  # a style sheet or style attribute
    FORBIDDEN = "forbidden"


_FOLLOWABLE = re.compile(r"(?:https?://|mailto:)[^\s/]", re.IGNORECASE)
_ADDRESS_SCHEME = re.compile(r"(?:mailto|tel|sms):[^?]*$", re.IGNORECASE)
_ACTIVE_SCHEME = re.compile(r"(?:javascript|vbscript|data):", re.IGNORECASE)
_LINK_ATTRIBUTES = frozenset(
    {"href", "src", "srcset", "background", "action", "formaction", "poster", "cite", "longdesc"}
)

_OPENING = re.compile(
    r"<(?:(?P<condition>!--\[if[^>]*>)|!--(?P<empty>-?>)?|(?P<close>/)?(?P<tag>[a-zA-Z][^\s/>]*)|[!?])"
)
_IN_TAG = re.compile(r"[\s/]*(?:(?P<end>>)|(?P<name>[^\s/>=]+)(?P<equals>\s*=\s*(?P<quote>[\"']?))?|=)?")
_RAW_TEXT = frozenset({"script", "style", "title", "textarea"})
_CELLS = frozenset({"td", "th", "caption"})
_TABLE_TAGS = frozenset({"table", "thead", "tbody", "tfoot", "tr", "colgroup"}) | _CELLS
_BETWEEN_CELLS = {*(_TABLE_TAGS - _CELLS), *(f"/{tag}" for tag in _TABLE_TAGS - {"table"})}
_LINE_BREAKS = re.compile(r"[\r\n\v\f\x00\x1c-\x1e\x85\u2028\u2029]+")
_HTML_SPECIAL = re.compile(r"[&<>\"'{\x00]")
_CSS_SPECIAL = re.compile(r"[^\w #%.,+-]")


class Scanner:
    """Follows HTML well enough to know a place; conditional comments count as the markup that Outlook sees."""

    def __init__(self) -> None:
        self._state: Callable[[str, int], int] = self._text
        self._element = ""
        self._attribute = ""
        self._quote = ""
        self._value = ""
        self._dangling = False  # the literal ended with "<": a value would become a tag
        self._table_tag = ""

    def feed(self, literal: str) -> None:
        """Reads on."""
        at = 0
        self._dangling = False
        while at < len(literal):
            at = self._state(literal, at)

    @property
    def between_cells(self) -> bool:
        """True inside a table but outside its cells, where HTML allows no text: browsers move it before the table."""
        return self._state == self._text and self._table_tag in _BETWEEN_CELLS

    def place(self) -> Place:
        """Where a value that follows what was read would stand."""
        if self._dangling or self._state in (self._tag, self._bogus, self._unquoted):
            return Place.FORBIDDEN
        if self._state == self._raw:
            return {"script": Place.FORBIDDEN, "style": Place.CSS}.get(self._element, Place.HTML)
        if self._state != self._quoted:
            return Place.HTML
        place = self._place_in_attribute()
        self._value += "\0"  # something stands here: what follows is not the beginning of the address
        return place

    def _place_in_attribute(self) -> Place:
        if self._attribute.startswith("on") or self._attribute == "srcdoc":
            return Place.FORBIDDEN
        if self._attribute == "style":
            return Place.CSS
        if self._attribute.rpartition(":")[2] not in _LINK_ATTRIBUTES:
            return Place.HTML
        before = html.unescape(self._value).strip()
        if not before:
            return Place.LINK
        if _ACTIVE_SCHEME.match(before):
            return Place.FORBIDDEN
        return Place.LINK_ADDRESS if _ADDRESS_SCHEME.match(before) else Place.LINK_PART

    # One method a state: reads from `at`, may change the state, returns where to go on.

    def _text(self, literal: str, at: int) -> int:
        start = literal.find("<", at)
        if start == -1:
            return len(literal)
        found = _OPENING.match(literal, start)
        if not found:
            self._dangling = literal[start:] in ("<", "</")
            return start + 1
        if found["tag"]:
            tag = found["tag"].lower()
            self._element = "" if found["close"] else tag
            if tag in _TABLE_TAGS:
                self._table_tag = "/" + tag if found["close"] else tag
            self._state = self._tag
        elif not found["condition"] and not found["empty"]:
            self._state = self._comment if found[0] == "<!--" else self._bogus
        return found.end()

    def _tag(self, literal: str, at: int) -> int:
        found = _IN_TAG.match(literal, at)
        assert found, "every part of the pattern is optional"
        if found["end"]:
            self._state = self._raw if self._element in _RAW_TEXT else self._text
        elif found["equals"]:
            self._attribute, self._quote, self._value = found["name"].lower(), found["quote"], ""
            self._state = self._quoted if self._quote else self._unquoted
        return max(found.end(), at + 1)

    def _quoted(self, literal: str, at: int) -> int:
        end = literal.find(self._quote, at)
        if end == -1:
            self._value += literal[at:]
            return len(literal)
        self._state = self._tag
        return end + 1

    def _unquoted(self, literal: str, at: int) -> int:
        if literal[at] in " \t\r\n\f>":
            self._state = self._tag
            return at
        return at + 1

    def _raw(self, literal: str, at: int) -> int:
        end = re.compile(rf"</{self._element}(?=[\s/>])", re.IGNORECASE).search(literal, at)
        if not end:
            return len(literal)
        self._element, self._state = "", self._tag
        return end.end()

    def _comment(self, literal: str, at: int) -> int:
        return self._skip_to(literal, at, "-->")

    def _bogus(self, literal: str, at: int) -> int:
        return self._skip_to(literal, at, ">")

    def _skip_to(self, literal: str, at: int, mark: str) -> int:
        end = literal.find(mark, at)
        if end == -1:
            return len(literal)
        self._state = self._text
        return end + len(mark)


def _escape_line(value: str) -> str:
    return " ".join(filter(None, (line.strip() for line in _LINE_BREAKS.split(value))))


def _escape_html(value: str) -> str:
    """Also breaks up "{{", so that a vendor that substitutes never sees a field in a value."""
    if not _HTML_SPECIAL.search(value):
        return value
    return html.escape(value.replace("\0", "")).replace("{", "&#123;")


def _escape_link(value: str) -> str | None:
    """A whole address, or None when it is none that may be followed: javascript:, relative, a bare word."""
    value = value.strip()
    return html.escape(_percent(value, "!#$%&'()*+,/:;=?@[]~")) if _FOLLOWABLE.match(value) else None


def _percent(value: str, safe: str) -> str:
    return quote(value, safe=safe, errors="replace")


def _escape_link_part(value: str) -> str:
    return _percent(value, "")


def _escape_link_address(value: str) -> str:
    return _percent(value, "@+,")


def _escape_css(value: str) -> str:
    """Escaped so that it can be a word, a number or a colour, but never a rule, a function or an address."""
    return _CSS_SPECIAL.sub(lambda m: f"\\{ord(m[0]):x} ", value)


ESCAPES: dict[Place, Callable[[str], str | None] | None] = {
    Place.PLAIN: None,
    Place.LINE: _escape_line,
    Place.HTML: _escape_html,
    Place.LINK: _escape_link,
    Place.LINK_PART: _escape_link_part,
    Place.LINK_ADDRESS: _escape_link_address,
    Place.CSS: _escape_css,
}
"""Place -> the value as it may stand there; None from a function means that it may not. No function: as it is."""
