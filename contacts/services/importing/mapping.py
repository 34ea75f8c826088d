"""Which column of a file is what, guessed from its heading and, where there is none, from its first rows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from contacts import emails, phones, words
from contacts.models import FIXED_FIELDS

SKIP, FULL_NAME, JSON_FIELDS, ATTRIBUTE = "skip", "full_name", "json", "attribute"
TARGETS = ("key", "email", "phone", "first_name", "last_name", FULL_NAME, "country", "language", "time_zone",
           JSON_FIELDS, ATTRIBUTE, SKIP)  # fmt: skip
# Several columns may be a phone or an email: the first usable one counts, a mobile before a fixed line.
REPEATABLE = ("phone", "email")
IDENTIFYING = ("key", "email", "phone")

# Headings in English, Spanish, Portuguese, French and German, folded to words; the better name first.
_HEADINGS: dict[str, str] = {
    "key": "external id|id externo|external key|externalid|customer id|customerid|customer number|client id|clientid"
    "|id cliente|id de cliente|codigo cliente|codigo de cliente|numero de cliente|numero cliente|n cliente"
    "|id do cliente|codigo do cliente|numero de socio|n socio|socio|member id|contact id|id contacto|id contato"
    "|kundennummer|numero client|identifier|identificador|codigo|referencia|reference|ref|uuid|subscriber key|id",
    "email": "email|e mail|mail|correo electronico|correo|email address|e mail address|direccion de correo"
    "|direccion de correo electronico|direccion de email|endereco de email|endereco de e mail|courriel|adresse email"
    "|adresse e mail|adresse mail|e mail adresse|emailadresse|primary email"
    "|email principal|urn mailto|email home|email work"
    "|email other",
    "phone": "mobile|mobile phone|mobile number|movil|telefono movil|numero de movil|celular|telefone celular|telemovel"
    "|numero de celular|cell|cell phone|cellphone|msisdn|sms|gsm|handy|handynummer|mobil|mobilnummer|mobiltelefon"
    "|portable|telephone portable|mobile tel|whatsapp|urn tel|home mobile|phone|phone number|phonenumber|telefono"
    "|numero de telefono|telefone|numero de telefone|fone|telephone|numero de telephone|telefon|telefonnummer|tel"
    "|tlf|tfno|tf|numero|number|destination|destino|recipient|primary phone"
    "|home phone|business phone|telefono fijo|fijo|work phone|landline",
    "first_name": "first name|firstname|fname|given name|givenname|first|nombre de pila|primer nombre|primeiro nome"
    "|prenom|vorname|prenome",
    "last_name": "last name|lastname|lname|surname|family name|last|apellidos|apellido|primer apellido|sobrenome"
    "|apelido|apelidos|nom de famille|nachname|familienname|cognoms|cognome",
    FULL_NAME: "full name|fullname|nombre completo|nombre y apellidos|apellidos y nombre|nome completo"
    "|nome e sobrenome|nom complet|nom et prenom|vollstandiger name|display name|contact name|nombre de contacto",
    "country": "country code|country|codigo de pais|pais|pays|land|codigo pais|codigo do pais|iso country|home country",
    "language": "language|lang|locale|idioma|lengua|lingua|langue|sprache",
    "time_zone": "time zone|timezone|tz|zona horaria|huso horario|fuso horario|fuseau horaire|zeitzone",
    JSON_FIELDS: "attributes|data|custom fields|atributos|campos|datos",
    SKIP: "import row|import problem",
}  # fmt: skip
# One word for a name: the whole name when the file has no column for last names, else the first name.
_NAME = ("name", "nombre", "nome", "nom", "nombres")
# Address books number them: "Phone 2 - Value", "E-mail 2 Address", "Teléfono 2".
_AFTER_ALL_NAMES = 100
_PHONE_WORDS = ("phone", "telefono", "telefone", "telephone", "tel", "mobile", "movil", "celular")
_SEVERAL = re.compile(rf"(?P<kind>{'|'.join(_PHONE_WORDS)}|e mail|email|correo) (?P<number>\d)(?: (?:value|address))?")
_RANKS = {
    heading: (target, rank)
    for target, headings in _HEADINGS.items()
    for rank, heading in enumerate(headings.split("|"))
}


@dataclass(frozen=True, slots=True)
class Column:
    """`target`: one of `TARGETS`. `name`: the contact field that the text is (also) kept in, "" for none."""

    heading: str
    target: str
    name: str = ""
    rank: int = 0

    def as_params(self) -> dict[str, Any]:
        return {"heading": self.heading, "target": self.target, "name": self.name, "rank": self.rank}

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        return cls(params["heading"], params["target"], params["name"], params["rank"])


def meaning(heading: str) -> str:
    """The fixed field that a column of this name holds, "" when the name says nothing."""
    folded = " ".join(words.words(heading))
    target, _rank = _RANKS.get(folded, ("first_name" if folded in _NAME else "", 0))
    return target if target in FIXED_FIELDS else ""


def guess(headings: Sequence[str], sample: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    """A column for every heading, in their order. `sample`: cells of the first rows."""
    cells = [[row[i] for row in sample if i < len(row) and row[i].strip()] for i in range(len(headings))]
    wanted = [_target(heading, values) for heading, values in zip(headings, cells, strict=True)]
    if any(target == "first_name" for target, _rank in wanted):
        for index, heading in enumerate(headings):  # French: nom stands beside prénom
            if words.words(heading) == ["nom"]:
                wanted[index] = ("last_name", 0)
    best: dict[str, int] = {}
    for index, (target, rank) in enumerate(wanted):
        if target not in (ATTRIBUTE, SKIP, JSON_FIELDS) and rank < wanted[best.get(target, index)][1]:
            best[target] = index
        best.setdefault(target, index)
    has_last_name = "last_name" in best
    if FULL_NAME in best and not has_last_name and "first_name" in best and best[FULL_NAME] != best["first_name"]:
        wanted[best[FULL_NAME]] = (ATTRIBUTE, 0)
    taken: set[str] = set(FIXED_FIELDS) | {"time_zone"}
    return tuple(
        _column(headings[i], i, wanted[i], best, taken, has_values=bool(cells[i]), last_name=has_last_name)
        for i in range(len(headings))
    )


def labels(columns: Sequence[Column]) -> dict[str, str]:
    """{field name: heading} of everything that is kept in a field of its own."""
    return {column.name: column.heading or column.name for column in columns if column.name}


def _target(heading: str, values: Sequence[str]) -> tuple[str, int]:
    folded = " ".join(words.words(heading))
    if folded in _NAME:
        return FULL_NAME, len(_HEADINGS)
    if several := _SEVERAL.fullmatch(folded):
        return ("phone" if several["kind"] in _PHONE_WORDS else "email"), _AFTER_ALL_NAMES + int(several["number"])
    target, rank = _RANKS.get(folded, (ATTRIBUTE, 0))
    if target == JSON_FIELDS and not (values and all(_is_json(value) for value in values)):
        return ATTRIBUTE, 0
    if target == ATTRIBUTE and not folded:
        return _by_content(values), len(_RANKS)
    return target, rank


def _column(
    heading: str,
    index: int,
    wanted: tuple[str, int],
    best: Mapping[str, int],
    taken: set[str],
    *,
    has_values: bool,
    last_name: bool,
) -> Column:
    target, rank = wanted
    if target == SKIP or (not heading and not has_values):
        return Column(heading, SKIP)
    if target == FULL_NAME and last_name and "first_name" not in best and best[FULL_NAME] == index:
        return Column(heading, "first_name")
    first = target != ATTRIBUTE and best[target] == index and not (target == FULL_NAME and last_name)
    if first or target == JSON_FIELDS:
        return Column(heading, target, rank=rank)
    name = _free(words.field_name(heading) or f"column_{index + 1}", taken)
    taken.add(name)
    return Column(heading, target if target in REPEATABLE else ATTRIBUTE, name, rank)


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(numbered for n in range(2, 1_000) if (numbered := f"{name[: words.LONGEST_NAME - 4]}_{n}") not in taken)


def _by_content(values: Sequence[str]) -> str:
    """Email or phone when most values are."""
    if not values:
        return ATTRIBUTE
    addresses = sum(1 for value in values if emails.is_address(value))
    numbers = sum(1 for value in values if sum(c.isdecimal() for c in value) >= phones.FEWEST_DIGITS)
    plain = sum(1 for value in values if not any(c.isalpha() for c in value))
    if addresses * 2 > len(values):
        return "email"
    return "phone" if min(numbers, plain) * 2 > len(values) else ATTRIBUTE


def _is_json(value: str) -> bool:
    try:
        return isinstance(json.loads(value), dict)
    except ValueError:
        return False
