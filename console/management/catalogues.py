"""The catalogues of the screens' languages: brought up to the tree, compiled, and checked. Needs polib, not gettext."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib

from console.management.messages import Message, of_the_tree

FOLDER = Path(__file__).resolve().parent.parent / "locale"
# The plural rules are those of Django's own catalogues: with others the numbers of a page would follow two rules.
PLURALS = {
    "es": "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
    "pt_BR": "nplurals=2; plural=(n > 1);",
}
_GAP = re.compile(r"%\(\w+\)[a-z]|%%|%[sd]|\{\{|\}\}|(?<!\{)\{\w*\}(?!\})|</?[a-z]+(?=[\s>])")


def source(locale: str) -> Path:
    """The catalogue that people edit."""
    return FOLDER / locale / "LC_MESSAGES" / "django.po"


def read(locale: str) -> polib.POFile:
    return polib.pofile(str(source(locale)))


def update(locale: str) -> int:
    """Take over what the tree says now, keep what is translated, and compile. Texts without a translation."""
    path = source(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {_key(entry): entry for entry in read(locale)} if path.exists() else {}
    catalogue = polib.POFile(wrapwidth=118)
    catalogue.metadata = {
        "Project-Id-Version": "Despacho",
        "Language": locale,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[locale],
    }
    for message, files in of_the_tree().items():
        catalogue.append(_entry(message, files, known.get(message), locale))
    catalogue.save(str(path), newline="\n")
    missing = sum(not _complete(entry) for entry in catalogue)
    catalogue.extend(_alone(catalogue))
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))
    return missing


def _alone(entries: Iterable[polib.POEntry]) -> list[polib.POEntry]:
    """The singular of each plural as an entry of its own, in the compiled catalogue only: before Python 3.11.5 (Debian
    12 has 3.11.2) gettext does not find a text that is used alone and with a plural."""
    plurals = [entry for entry in entries if entry.msgid_plural and _complete(entry)]
    return [polib.POEntry(msgid=e.msgid, msgctxt=e.msgctxt, msgstr=e.msgstr_plural[0]) for e in plurals]


def _key(entry: polib.POEntry) -> Message:
    return Message(entry.msgid, entry.msgid_plural, entry.msgctxt or "")


def _entry(message: Message, files: list[str], known: polib.POEntry | None, locale: str) -> polib.POEntry:
    entry = polib.POEntry(
        msgid=message.msgid,
        msgid_plural=message.plural,
        msgctxt=message.context or None,
        occurrences=[(name, "") for name in files],
        flags=["python-format"] if "%(" in message.msgid + message.plural else [],
    )
    if message.plural:
        count = int(PLURALS[locale].partition("=")[2].partition(";")[0])
        entry.msgstr_plural = known.msgstr_plural if known else dict.fromkeys(range(count), "")
    else:
        entry.msgstr = known.msgstr if known else ""
    return entry


def problems(locale: str) -> list[str]:
    """All that keeps a page from being whole in this language, one sentence each; empty when all is well."""
    path = source(locale)
    if not path.exists():
        return [f"{locale}: there is no catalogue"]
    entries = [entry for entry in read(locale) if not entry.obsolete]
    return [f"{locale}: {sentence}" for sentence in (*_lost(entries), *_wrong(entries), *_uncompiled(path, entries))]


def _lost(entries: list[polib.POEntry]) -> Iterator[str]:
    """Texts that the tree has and the catalogue has not, and the other way round."""
    used, known = set(of_the_tree()), {_key(entry) for entry in entries}
    yield from (f"missing: {message.msgid}" for message in used - known)
    yield from (f"not used any more: {message.msgid}" for message in known - used)


def _wrong(entries: list[polib.POEntry]) -> Iterator[str]:
    for entry in entries:
        if entry.fuzzy:
            yield f"only guessed (fuzzy): {entry.msgid}"
        if not _complete(entry):
            yield f"not translated: {entry.msgid}"
        elif not all(_same_gaps(entry, number, text) for number, text in forms(entry)):
            yield f"other gaps or tags than the source: {entry.msgid}"
        elif any(_edges(text) != _edges(entry.msgid) for _, text in forms(entry)):
            yield f"other spaces at its ends than the source: {entry.msgid}"


def forms(entry: polib.POEntry) -> list[tuple[int, str]]:
    """(number of the form, text); a text without a plural has one."""
    return sorted(entry.msgstr_plural.items()) if entry.msgid_plural else [(0, entry.msgstr)]


def _complete(entry: polib.POEntry) -> bool:
    return all(text for _, text in forms(entry))


def _same_gaps(entry: polib.POEntry, number: int, text: str) -> bool:
    """Form 0 says one: like English it may leave the number out, or keep it."""
    allowed = [gaps(entry.msgid_plural or entry.msgid)] + ([gaps(entry.msgid)] if number == 0 else [])
    return gaps(text) in allowed


def gaps(text: str) -> set[str]:
    """What must survive translation: named gaps, braces, doubled per cent signs, HTML tags."""
    return set(_GAP.findall(text))


def _edges(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()


def _uncompiled(path: Path, entries: list[polib.POEntry]) -> Iterator[str]:
    """The compiled catalogue is committed, too: a machine that only runs the console has no compiler."""
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or _texts(polib.mofile(str(compiled))) != _texts([*entries, *_alone(entries)]):
        yield "the compiled catalogue is not made from this source"


def _texts(entries: Iterable[polib.POEntry]) -> dict[Message, list[tuple[int, str]]]:
    return {_key(entry): forms(entry) for entry in entries if entry.msgid and _complete(entry)}
