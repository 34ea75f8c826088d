"""Every sentence of the tree that is marked for translation, read from the sources without gettext's tools.

Python files are read with `ast`, whatever name a file gives to `gettext` (`_`, `_now`, …); the pure modules mark theirs
with a local `gettext_noop`. Templates are read with Django's own `templatize`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("console", "contacts", "campaigns")
# function -> the places of (context, singular, plural) among its arguments; None where it has no such argument
_FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}
_STRING = r"""(?:u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))"""
_TEMPLATE_CALL = re.compile(rf"(?<!\w)(_|n?p?gettext)\(({_STRING}(?:,\s*{_STRING})*)", re.DOTALL)


@dataclass(frozen=True)
class Message:
    """One marked text. `plural` and `context` are "" when it has none."""

    msgid: str
    plural: str = ""
    context: str = ""


def of_the_tree(root: Path = ROOT) -> dict[Message, list[str]]:
    """Messages of the apps and the templates -> the files that use them, in the order of the files.

    A text that is used alone and with a plural is one message, as in every gettext catalogue.
    """
    found: dict[Message, list[str]] = {}
    for path in _sources(root):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        for message in of_template(text) if path.suffix == ".html" else of_python(text):
            files = found.setdefault(message, [])
            if name not in files:
                files.append(name)
    for message in [message for message in found if message.plural]:
        alone = found.pop(Message(message.msgid, context=message.context), [])
        found[message] += [name for name in alone if name not in found[message]]
    return found


def _sources(root: Path) -> Iterable[Path]:
    python = [
        path
        for app in APPS
        for path in (root / app).rglob("*.py")
        if "migrations" not in path.parts and "sandbox" not in path.parts
    ]
    return sorted(python) + sorted((root / "templates").rglob("*.html"))


def of_python(source: str) -> Iterator[Message]:
    """Messages of one module, in the order of its lines."""
    tree = ast.parse(source)
    names = _local_names(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        if function := _function_of(call, names):
            yield from _of_call(call, *_FUNCTIONS[function])


def _local_names(tree: ast.Module) -> dict[str, str]:
    """What the module calls the marking functions that it imports or defines."""
    names = {node.name: node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    return {local: name for local, name in names.items() if name in _FUNCTIONS}


def _function_of(call: ast.Call, names: dict[str, str]) -> str:
    if isinstance(call.func, ast.Name):
        return names.get(call.func.id, "")
    if isinstance(call.func, ast.Attribute) and call.func.attr in _FUNCTIONS:
        return call.func.attr
    return ""


def _of_call(call: ast.Call, context: int | None, singular: int, plural: int | None) -> Iterator[Message]:
    """A call with a variable instead of a text marks nothing: its texts are marked where they are written."""

    def texts(place: int | None) -> list[str]:
        return [""] if place is None or place >= len(call.args) else _texts(call.args[place])

    for where in texts(context):
        for many in texts(plural):
            yield from (Message(one, many, where) for one in texts(singular) if one)


def _texts(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return _texts(node.body) + _texts(node.orelse) if isinstance(node, ast.IfExp) else []


def of_template(source: str) -> Iterator[Message]:
    """Messages of one template, in their order."""
    for name, arguments in _TEMPLATE_CALL.findall(templatize(source)):
        values = [ast.literal_eval(text) for text in re.findall(_STRING, arguments, re.DOTALL)]
        context, singular, plural = _FUNCTIONS["gettext" if name == "_" else name]
        yield Message(
            values[singular],
            values[plural] if plural is not None else "",
            values[context] if context is not None else "",
        )
