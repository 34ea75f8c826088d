"""The text part of an email, made from its HTML. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_SKIPPED = frozenset({"head", "style", "script", "title"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre"})
_LINES = frozenset(
    {"div", "tr", "li", "dt", "dd", "center", "address", "section", "article", "header", "footer", "main", "figure"}
)
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)(?![\w-])", re.IGNORECASE)
_INVISIBLE = re.compile("[\u034f\u00ad\u200b\u200c\ufeff]")


def plain_text(markup: str, *, link: Callable[[str], str] = str, comment: Callable[[str], str] | None = None) -> str:
    """What a person reads: paragraphs, "- " lists, table rows as lines with " | ", links as "text (address)".

    Hidden elements are left out, so the preheader is. `link` may rewrite an address, `comment` say what a comment
    stands for.
    """
    reader = _Reader(link, comment)
    reader.feed(markup)
    reader.close()
    return reader.text()


class _Frame:
    """What has been written in one cell, or in the whole."""

    def __init__(self) -> None:
        self._text = ""
        self.cells: list[str] = []  # of the row that is open in this frame

    def write(self, text: str) -> None:
        text = re.sub(r"\s+", " ", text)
        if not self._text or self._text[-1].isspace():
            text = text.lstrip()
        self._text += text

    def new_line(self, lines: int = 1) -> None:
        """Ends the line; 2 leaves one empty."""
        self._text = self._text.rstrip(" ")
        if self._text:
            self._text += "\n" * (lines - (len(self._text) - len(self._text.rstrip("\n"))))

    def break_line(self) -> None:
        self._text = self._text.rstrip(" ") + "\n"

    def verbatim(self, text: str) -> None:
        self._text += text

    def cut(self, at: int) -> str:
        """Takes back what was written from `at` on."""
        text, self._text = self._text[at:], self._text[:at]
        return text

    def __len__(self) -> int:
        return len(self._text)

    @property
    def text(self) -> str:
        return self._text.strip()


class _Reader(HTMLParser):
    def __init__(self, link: Callable[[str], str], comment: Callable[[str], str] | None) -> None:
        super().__init__(convert_charrefs=True)
        self._link, self._comment = link, comment
        self._frames = [_Frame()]
        self._lists: list[int | None] = []  # of each open list: the number of the last item, None for bullets
        self._links: list[tuple[str, int]] = []  # of each open link: its address, and where its text begins
        self._skipping: list[str] = []  # open elements inside one that is not shown

    def text(self) -> str:
        while len(self._frames) > 1:
            self._end_cell()
        lines = (line.rstrip() for line in _INVISIBLE.sub("", self._frames[0].text).splitlines())
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    @property
    def _frame(self) -> _Frame:
        return self._frames[-1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        hidden = tag in _SKIPPED or "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))
        if self._skipping or hidden:
            if tag not in _VOID:
                self._skipping.append(tag)
            return
        if tag == "br":
            self._frame.break_line()
        elif tag == "hr":
            self._frame.new_line()
            self._frame.verbatim("---\n")
        elif tag == "img":
            self._frame.write(attributes.get("alt") or "")
        elif tag == "a":
            self._links.append((attributes.get("href") or "", len(self._frame)))
        elif tag in ("td", "th"):
            self._frames.append(_Frame())
        elif tag in _PARAGRAPHS or tag in _LINES:
            self._start_block(tag)

    def _start_block(self, tag: str) -> None:
        nested = tag in ("ul", "ol") and bool(self._lists)
        self._frame.new_line(2 if tag in _PARAGRAPHS and not nested else 1)
        if tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._frame.verbatim(self._bullet())

    def _bullet(self) -> str:
        indent = "  " * (len(self._lists) - 1)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number + 1}. "

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            if tag in self._skipping:
                while self._skipping.pop() != tag:
                    pass
            return
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag in _PARAGRAPHS or tag in _LINES:
            if tag in ("ul", "ol") and self._lists:
                self._lists.pop()
            self._frame.new_line(2 if tag in _PARAGRAPHS and not self._lists else 1)

    def _end_link(self, address: str, begins: int) -> None:
        address = address.strip()
        scheme, _, rest = address.partition(":")
        shown = rest.partition("?")[0] if scheme in ("mailto", "tel", "sms") else self._link(address)
        written = self._frame.cut(begins)
        label = written.strip()
        if address and not address.startswith("#") and label not in (shown, address):
            written = written.replace(label, f"{label} ({shown})", 1) if label else written + shown
        self._frame.verbatim(written)

    def _end_cell(self) -> None:
        if len(self._frames) > 1:
            text = self._frames.pop().text
            self._frame.cells.append(text)

    def _end_row(self) -> None:
        """A row of short cells is one line of a table; one with longer cells is layout, and they follow each other."""
        cells, self._frame.cells = [cell for cell in self._frame.cells if cell], []
        if not cells:
            return
        layout = any("\n" in cell for cell in cells)
        self._frame.new_line(2 if layout else 1)
        self._frame.verbatim(("\n\n" if layout else " | ").join(cells))
        self._frame.new_line(2 if layout else 1)

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._frame.write(data)

    def handle_comment(self, data: str) -> None:
        if self._comment and not self._skipping and (text := self._comment(data)):
            self._frame.new_line()
            self._frame.write(text)
            self._frame.new_line()
