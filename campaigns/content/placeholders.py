"""The placeholder language: literal text with `{{ field|filter:"x" }}` in it. No control flow, no attribute access.

Pure. What may stand between the braces: `expressions`; how a name finds its field:
`names`. A template is refused with all of its problems at once (`TemplateError`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from campaigns.content.errors import TemplateError, TemplateProblem, problem
from campaigns.content.expressions import MAX_EXPRESSION, QUOTED, Slip, read_expression
from campaigns.content.filters import Call, has_default
from campaigns.content.names import match_name

MAX_SOURCE = 500_000  # characters; mail programs cut an email long before
MAX_PLACEHOLDERS = 500
MAX_PROBLEMS = 50  # nobody reads more, and a file that is no template has thousands

# No possessive quantifiers: Python before 3.11.5 loses matches with them. The alternatives begin differently.
_INSIDE = re.compile(rf"(?:{QUOTED}|(?!\}}\}}|\{{\{{)[^\"'“‘«])*(?=\}}\}})", re.DOTALL)
_UNCLOSED = re.compile(r"\{\{[ \t]*\w*")
_RAW_TEXT = re.compile(r"<(style|script)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of source that is meant as a placeholder, or a brace pair without a partner."""

    start: int
    end: int
    inside: str = ""  # between the braces
    slip: str = ""  # code of the problem, when it is not even closed properly


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One `{{ … }}`. `name` is the field that is meant, `written` how the source spells it, from `written_at`."""

    name: str
    calls: tuple[Call, ...]
    start: int
    end: int
    written: str
    written_at: int

    @property
    def required(self) -> bool:
        """True when a recipient without this value cannot be written to."""
        return not has_default(self.calls)


class SpanKind(StrEnum):
    LITERAL = "literal"
    PLACEHOLDER = "placeholder"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source for the composer's marks."""

    kind: SpanKind
    start: int
    end: int


@dataclass(frozen=True)
class Template:
    """A parsed source: literal texts and placeholders in order."""

    source: str
    pieces: tuple[str | Placeholder, ...]

    @cached_property
    def placeholders(self) -> tuple[Placeholder, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Placeholder))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The fields that are used, each once, in order of appearance."""
        return tuple(dict.fromkeys(p.name for p in self.placeholders))

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The fields whose absence excludes a recipient: used at least once without a default."""
        return tuple(dict.fromkeys(p.name for p in self.placeholders if p.required))

    @property
    def canonical(self) -> str:
        """The source with every field spelled as it is known. This is what should be frozen: it means the same
        with `known=None`, whatever becomes of the list of fields."""
        return "".join(
            p if isinstance(p, str) else self.source[p.start : p.written_at] + p.name + self._after_name(p)
            for p in self.pieces
        )

    def change_text(self, change: Callable[[str], str]) -> str:
        """The source with `change` done to everything but the names of fields: to the literal text and to the
        defaults inside the braces."""
        return "".join(
            change(p)
            if isinstance(p, str)
            else change(self.source[p.start : p.written_at]) + p.written + change(self._after_name(p))
            for p in self.pieces
        )

    def _after_name(self, p: Placeholder) -> str:
        return self.source[p.written_at + len(p.written) : p.end]


def find(source: str) -> Iterator[Found]:
    """Every stretch between `{{` and `}}`, and every brace pair that has no partner, from left to right."""
    at = 0
    end = len(source)
    start = close = -1  # the next {{ and }} from `at`; `end` when there is none
    while True:
        if start < at:
            start = _index(source, "{{", at)
        if close < at:
            close = _index(source, "}}", at)
        if start == close:  # neither
            return
        found = Found(close, close + 2, slip="stray_close") if close < start else _find_at(source, start, close)
        yield found
        at = min(found.end, end)


def _index(source: str, pair: str, at: int) -> int:
    found = source.find(pair, at)
    return found if found != -1 else len(source)


def _find_at(source: str, start: int, close: int) -> Found:
    """What begins with the {{ at `start`; `close` is where the next }} is, or the end of the source."""
    closed = close < len(source)
    if source.startswith("{{{", start):
        if closed and close - start < MAX_EXPRESSION:
            return Found(start, close + 2 + source.startswith("}", close + 2), slip="triple_brace")
        return Found(start, start + 3, slip="triple_brace")
    if inside := _INSIDE.match(source, start + 2):
        return Found(start, inside.end() + 2, inside[0])
    if closed and source.find("{{", start + 2, close) == -1:
        return Found(start, close + 2, source[start + 2 : close], "unclosed_quote")
    word = _UNCLOSED.match(source, start)
    return Found(start, word.end() if word else start + 2, slip="unclosed")


def parse(source: str, known: Collection[str] | None = None, *, markup: bool = False, part: str = "") -> Template:
    """The template of `source`; TemplateError with every problem it has.

    `known`: the fields that exist; None takes every name as it is written. `markup`: the source is HTML, where `}}`
    may end a style sheet and an editor may have written `&quot;` between the braces. `part` goes into the problems.
    """
    template, problems = read(source, known, markup=markup, part=part)
    if problems:
        raise TemplateError(problems)
    return template


def read(
    source: str, known: Collection[str] | None = None, *, markup: bool = False, part: str = ""
) -> tuple[Template, list[TemplateProblem]]:
    """As `parse`, with what could be read and what is wrong side by side, in order of appearance."""
    if len(source) > MAX_SOURCE:
        return Template(source, (source,)), [problem("too_long", source, part=part, limit=MAX_SOURCE)]
    pieces: list[str | Placeholder] = []
    problems: list[TemplateProblem] = []
    style_sheets = [m.span() for m in _RAW_TEXT.finditer(source)] if markup else []
    at = count = 0
    for found in find(source):
        if found.slip == "stray_close" and any(start < found.start < end for start, end in style_sheets):
            continue
        placeholder, slips = _read_found(found, known, markup)
        problems += [
            problem(
                s.code, source, found.start, found.end, part=part, name=s.name, suggestion=s.suggestion, limit=s.limit
            )
            for s in slips
        ]
        if placeholder and not slips:
            pieces += [source[at : found.start], placeholder] if found.start > at else [placeholder]
            at = found.end
            count += 1
        if count > MAX_PLACEHOLDERS:
            problems.append(problem("too_many", source, found.start, found.end, part=part, limit=MAX_PLACEHOLDERS))
        if count > MAX_PLACEHOLDERS or len(problems) >= MAX_PROBLEMS:
            break
    if at < len(source):
        pieces.append(source[at:])
    return Template(source, tuple(pieces)), problems


def highlight(source: str, known: Collection[str] | None = None, *, markup: bool = False) -> list[Span]:
    """The source cut into literal text, placeholders and slips, without a gap."""
    template, problems = read(source, known, markup=markup)
    marked = {(p.start, p.end): SpanKind.PLACEHOLDER for p in template.placeholders}
    marked |= {(p.start, p.end): SpanKind.ERROR for p in problems if p.end > p.start}
    spans: list[Span] = []
    at = 0
    for (start, end), kind in sorted(marked.items()):
        if start > at:
            spans.append(Span(SpanKind.LITERAL, at, start))
        spans.append(Span(kind, start, end))
        at = end
    if at < len(source):
        spans.append(Span(SpanKind.LITERAL, at, len(source)))
    return spans


def _read_found(found: Found, known: Collection[str] | None, markup: bool) -> tuple[Placeholder | None, list[Slip]]:
    if found.slip:
        return None, [Slip(found.slip, found.inside.strip())]
    expression = read_expression(html.unescape(found.inside) if markup else found.inside)
    slips = list(expression.slips)
    written = name = expression.name
    if not written:
        return None, [_with_suggestion(slip, known) for slip in slips]
    if known is not None:
        match = match_name(written, known)
        name = match.name
        if not name:
            slips.insert(0, Slip("unknown_name", written, match.suggestion))
    spelled = found.inside.partition("|")[0].strip()
    at = found.start + 2 + found.inside.index(spelled)
    return Placeholder(name, expression.calls, found.start, found.end, spelled, at), slips


def _with_suggestion(slip: Slip, known: Collection[str] | None) -> Slip:
    """A name of several words, or with dots as other systems write it, may still be a field's."""
    if slip.code != "bad_name" or not known:
        return slip
    whole, last = match_name(slip.name, known), match_name(slip.name.rpartition(".")[2], known)
    return Slip(slip.code, slip.name, whole.name or last.name)
