"""What stands between the braces of a placeholder: a field name and its filters.

Pure. `name`, `name|filter`, `name|filter:argument`, `name|filter("argument")`, and `name|word` as the short form of
`name|default:"word"` when the word is no filter. Quotes may be straight or curly (telephones and word processors
write those), with `\\"` for a quote inside; plain words need none.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from campaigns.content.filters import FILTERS, MAX_TRUNCATE, Argument, Call

MAX_EXPRESSION = 500  # characters between the braces

_QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"), ("«", "»"))
# A quoted text holds neither a line break nor "{{": a forgotten quote must not swallow the next placeholder.
QUOTED = "(?:" + "|".join(rf"{a}(?:[^{b}\\\n{{]|\\.|\{{(?!\{{))*{b}" for a, b in _QUOTES) + ")"

_NAME = re.compile(r"\s*(\w+)\s*(?=\||$)")
_ARGUMENT = rf"{QUOTED}|[^|\"'()“”‘’«»]*?"
_CALL = re.compile(
    rf"\|\s*(?P<name>\w+)\s*(?::\s*(?P<colon>{_ARGUMENT})|\(\s*(?P<bracket>{_ARGUMENT})\s*\))?\s*(?=\||$)"
)
_TEXT = re.compile(rf"\|\s*(?P<text>{QUOTED}|[^|:()\"“”«»{{}}]+?)\s*(?=\||$)")
_UP_TO_BAR = re.compile(rf"\|(?:{QUOTED}|[^|])*")


@dataclass(frozen=True, slots=True)
class Slip:
    """Something wrong in an expression: the code of a sentence in `errors` and what fills its gaps."""

    code: str
    name: str = ""
    suggestion: str = ""
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Expression:
    """`name` is "" when it cannot be read; `slips` are all that is wrong."""

    name: str
    calls: tuple[Call, ...]
    slips: tuple[Slip, ...]


def read_expression(inside: str) -> Expression:
    """The expression between two pairs of braces."""
    if not inside.strip():
        return Expression("", (), (Slip("empty"),))
    if len(inside) > MAX_EXPRESSION:
        return Expression("", (), (Slip("long_expression", limit=MAX_EXPRESSION),))
    name = _NAME.match(inside)
    if not name:
        return Expression("", (), (Slip("bad_name", inside.partition("|")[0].strip() or inside.strip()),))
    calls: list[Call] = []
    slips: list[Slip] = []
    at = name.end()
    while at < len(inside):
        outcome, at = _read_filter(inside, at)
        calls.append(outcome) if isinstance(outcome, Call) else slips.append(outcome)
    return Expression(name[1], tuple(calls), tuple(slips))


def _read_filter(inside: str, at: int) -> tuple[Call | Slip, int]:
    """The filter that starts with the bar at `at`, and where the next one does."""
    if call := _CALL.match(inside, at):
        name, argument = call["name"], call["colon"] if call["colon"] is not None else call["bracket"]
        if name.lower() in FILTERS:
            return _filter(name.lower(), argument or None), call.end()
        near = difflib.get_close_matches(name.lower(), FILTERS, n=1, cutoff=0.8)
        if near or argument is not None:
            return Slip("unknown_filter", name, near[0] if near else ""), call.end()
    if text := _TEXT.match(inside, at):
        return Call("default", _unquote(text["text"])), text.end()
    rest = _UP_TO_BAR.match(inside, at)
    end = rest.end() if rest else len(inside)
    unreadable = inside[at + 1 : end].strip()
    return Slip("unreadable" if unreadable else "filter_missing", unreadable), end


def _filter(name: str, argument: str | None) -> Call | Slip:
    wanted = FILTERS[name]
    if wanted is Argument.NOTHING:
        return Slip("argument_unwanted", name) if argument is not None else Call(name)
    if argument is None:
        return Slip("argument_missing", name, f'{name}:"…"' if wanted is Argument.TEXT else f"{name}:20")
    text = _unquote(argument)
    if wanted is Argument.TEXT:
        return Call(name, text)
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= MAX_TRUNCATE:
        return Slip("argument_number", name, limit=MAX_TRUNCATE)
    return Call(name, int(text))


def _unquote(text: str) -> str:
    if len(text) >= 2 and (text[0], text[-1]) in _QUOTES:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text.strip()
