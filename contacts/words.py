"""What people type to find somebody, and what it is compared with. Pure: no Django.

Both sides go through the same folding: small letters, no accents, only letters and digits. A contact is found
when every word of the query begins a word of the contact.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST_QUERY = 120
MOST_WORDS = 8

# Letters that Unicode does not split into a base and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŧ": "t"}
)
_ACCENT = re.compile("[\u0300-\u036f]+")  # marks of other scripts end a word, on both sides alike
_WORD = re.compile(r"[^\W_]+")
_PHONE_LIKE = re.compile(r"^[+(]?[\d\s().\-/]*\d[\d\s().\-/]*$")
_DIGITS = re.compile(r"\d+")
_FEWEST_PHONE_DIGITS = 3


def fold(text: str) -> str:
    """Small letters without accents: "GARCÍA" and "garcia" become one."""
    text = text.casefold()
    if text.isascii():
        return text
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", text))
    return bare if bare.isascii() else bare.translate(_LETTERS)


def words(text: str) -> list[str]:
    """The folded words of a text, in order, each once."""
    return list(dict.fromkeys(_WORD.findall(fold(text))))


def search_text(key: str, email: str, first_name: str, last_name: str, phone: str, national: str) -> str:
    """What a contact is found by. `phone` is E.164, `national` its digits without the calling code.

    A key of digits in groups (2024-00123) is also written in one piece, since such a query reads as a number.
    """
    joined = f"{first_name} {last_name} {key} {email} {phone} {national}"
    if key and not key.isalnum() and _PHONE_LIKE.match(key):
        joined += " " + "".join(_DIGITS.findall(key))
    return " ".join(words(joined))


@dataclass(frozen=True, slots=True)
class Query:
    """`terms`: each must begin a word; of the alternatives within one term, any may."""

    terms: tuple[tuple[str, ...], ...]

    def __bool__(self) -> bool:
        return bool(self.terms)


def query(text: str) -> Query:
    """What was typed, ready to be asked of the index. Digits with spaces, dots, "+" or "00" are one number."""
    text = text[:LONGEST_QUERY].strip()
    if _PHONE_LIKE.match(text):
        digits = "".join(str(int(c)) for c in text if c.isdecimal())
        if len(digits) >= _FEWEST_PHONE_DIGITS:
            return Query((_number(digits),))
    return Query(tuple((word,) for word in words(text)[:MOST_WORDS]))


def _number(digits: str) -> tuple[str, ...]:
    """A number as typed and without the zeros that are dialled before it: 0034600 finds 34600, 0600 finds 600."""
    bare = digits.lstrip("0")
    return (digits,) if bare in ("", digits) else (digits, bare)


# -- a part of a name, asked of the database as a regular expression ---------------------------------------------

_LATIN = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))


def _variants() -> dict[str, str]:
    """What `fold` makes of Latin letters -> the letters that it makes it of: "a" -> "aAàÀá…", "ss" -> "ßẞ"."""
    found = {letter: letter + letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}
    for letter in map(chr, _LATIN):
        folded = fold(letter)
        if folded.isalpha() and folded.isascii():
            found[folded] = found.get(folded, "") + letter
    return found


_VARIANTS = _variants()
_PAIRS = tuple(base for base in _VARIANTS if len(base) == 2)


def pattern(text: str) -> str:
    """A regular expression that finds `text` within a name whatever the capitals and accents: "area" finds "ÁREA".

    For `__iregex`. Both engines read it alike, and it asks neither to know letters: SQLite's LIKE knows those of
    ASCII only, PostgreSQL's those of its locale.
    """
    folded, found = fold(text[:LONGEST_QUERY].strip()), ""
    while folded:
        pair = folded[:2] if folded[:2] in _PAIRS else ""
        one = "".join(_one(letter) for letter in pair) if pair else _one(folded[0])
        found += f"(?:{one}|[{_VARIANTS[pair]}])" if pair else one
        folded = folded[2 if pair else 1 :]
    return found


def _one(letter: str) -> str:
    return f"[{_VARIANTS[letter]}]" if letter in _VARIANTS else re.escape(letter)


LONGEST_NAME = 60


def field_name(label: str) -> str:
    """The name a template uses for a contact field: "Código postal" becomes codigo_postal. "" for no letters."""
    name = "_".join(_WORD.findall(fold(label)))[:LONGEST_NAME].strip("_")
    return f"field_{name}"[:LONGEST_NAME] if name[:1].isdecimal() else name
