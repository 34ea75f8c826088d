"""From templates and a person's values to the finished texts: compiled once, rendered for everybody.

Pure. A message has one to three parts (an SMS: text; an email: subject, html, text). `compile_content` gives every
distinct (expression, place it stands in) of all parts one slot p1..pn. `Content.values` turns a person's raw values
into one finished, escaped text per slot; `Content.render` puts those into a part, and `Content.slotted` is the part
for vendors that do so themselves. Both give the same text. A value is never read as a template.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from operator import itemgetter
from typing import Any

from campaigns.content.errors import TemplateError, TemplateProblem, problem
from campaigns.content.filters import Call, pipeline
from campaigns.content.markup import ESCAPES, Place, Scanner
from campaigns.content.placeholders import (
    Placeholder,
    Span,
    SpanKind,
    Template,
    highlight,
    parse,
    read,
)

__all__ = [
    "Content",
    "Escape",
    "MissingValue",
    "Placeholder",
    "Span",
    "SpanKind",
    "Template",
    "TemplateError",
    "TemplateProblem",
    "compile_content",
    "highlight",
    "parse",
]

Values = tuple[str, ...]
_Pick = Callable[[Values], object]


class Escape(Enum):
    """What a part is. NONE: plain text. LINE: one line of plain text, line breaks in values become spaces.
    HTML: each value is escaped for the place where it stands (`campaigns.content.markup.Place`)."""

    NONE = "none"
    LINE = "line"
    HTML = "html"


class MissingValue(Exception):
    """A person lacks values that the content cannot do without. `names` are the fields. A link that may not be
    followed (javascript:, no scheme) counts as missing."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    calls: tuple[Call, ...]
    place: Place


class Content:
    """The compiled parts of one message. Immutable; keep it by the id of the version it was made from."""

    __slots__ = ("_parts", "_plan", "_slotted", "names", "required", "slots")

    names: tuple[str, ...]
    """The fields that the parts use, each once."""
    required: tuple[str, ...]
    """Those of `names` that a person must have."""
    slots: tuple[str, ...]
    """("p1", "p2", …): the names of the gaps in `slotted`, in the order of `values`."""

    def __init__(self, templates: Mapping[str, tuple[Template, tuple[Place, ...]]]) -> None:
        """`templates`: part -> its template and the place of each of its placeholders."""
        numbers: dict[_Slot, int] = {}
        self._parts: dict[str, tuple[str, _Pick | None]] = {}
        self._slotted: dict[str, str] = {}
        orders: dict[str, list[int]] = {}
        for part, (template, places) in templates.items():
            slots = (_Slot(p.name, p.calls, place) for p, place in zip(template.placeholders, places, strict=True))
            orders[part] = [numbers.setdefault(slot, len(numbers)) for slot in slots]
        for part, (template, _) in templates.items():
            self._parts[part] = (_pattern(template), _picker(orders[part], len(numbers)))
            self._slotted[part] = _slotted(template, orders[part])
        self._plan = tuple((slot.name, _converter(slot)) for slot in numbers)
        self.slots = tuple(f"p{n}" for n in range(1, len(numbers) + 1))
        self.names = _once(name for template, _ in templates.values() for name in template.names)
        self.required = _once(name for template, _ in templates.values() for name in template.required)

    def values(self, row: Mapping[str, Any]) -> Values:
        """One finished text per slot from a person's raw JSON values. MissingValue when a needed one is absent."""
        get = row.get
        values = [convert(get(name)) for name, convert in self._plan]
        if None in values:
            raise MissingValue(_once(name for (name, _), text in zip(self._plan, values, strict=True) if text is None))
        return tuple(values)  # type: ignore[arg-type]  # just checked

    def render(self, part: str, values: Values) -> str:
        """The finished text of `part`. KeyError for a part the content does not have."""
        pattern, pick = self._parts[part]
        return pattern % (pick(values) if pick else values)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts, in their order."""
        return tuple(self._parts)

    def slotted(self, part: str) -> str:
        """The text of `part` with `{{p1}}` where the first of `values` belongs."""
        return self._slotted[part]


def compile_content(parts: Mapping[str, tuple[str, Escape]], known: Collection[str] | None = None) -> Content:
    """The content of `parts`: name -> (source, what it is). TemplateError with the problems of all parts.

    `known` as in `parse`; frozen sources (`Template.canonical`) are compiled with None.
    """
    templates: dict[str, tuple[Template, tuple[Place, ...]]] = {}
    problems: list[TemplateProblem] = []
    for part, (source, escape) in parts.items():
        template, found = read(source, known, markup=escape is Escape.HTML, part=part)
        places = _places(template, escape)
        problems += found
        problems += [
            problem("forbidden_place", source, p.start, p.end, part=part, name=p.name)
            for p, place in zip(template.placeholders, places, strict=True)
            if place is Place.FORBIDDEN
        ]
        templates[part] = template, places
    if problems:
        raise TemplateError(problems)
    return Content(templates)


def _places(template: Template, escape: Escape) -> tuple[Place, ...]:
    if escape is not Escape.HTML:
        return (Place.LINE if escape is Escape.LINE else Place.PLAIN,) * len(template.placeholders)
    scanner = Scanner()
    places = []
    for piece in template.pieces:
        if isinstance(piece, str):
            scanner.feed(piece)
        else:
            places.append(scanner.place())
    return tuple(places)


def _pattern(template: Template) -> str:
    """The template for the % operator, which fills gaps faster than joining pieces does."""
    return "".join(piece.replace("%", "%%") if isinstance(piece, str) else "%s" for piece in template.pieces)


def _slotted(template: Template, order: list[int]) -> str:
    numbers = iter(order)
    return "".join(piece if isinstance(piece, str) else f"{{{{p{next(numbers) + 1}}}}}" for piece in template.pieces)


def _picker(order: list[int], slots: int) -> _Pick | None:
    """What takes a part's values, in its order, from those of all slots; None where that is all of them."""
    if order == list(range(slots)):
        return None
    return itemgetter(*order) if order else _nothing


def _nothing(values: Values) -> object:
    return ()


def _converter(slot: _Slot) -> Callable[[object], str | None]:
    escape, filtered = ESCAPES[slot.place], pipeline(slot.calls)
    if slot.calls and slot.calls[-1].name == "urlencode" and slot.place is Place.LINK_PART:
        escape = None  # already what it has to be; twice would show as %2520
    if escape is None:
        return filtered

    def convert(value: object) -> str | None:
        text = filtered(value)
        if text is None:
            return None
        escaped = escape(text)
        if escaped is None and (instead := filtered(None)):  # a link that may not be followed: its default
            escaped = escape(instead)
        return escaped

    return convert


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
