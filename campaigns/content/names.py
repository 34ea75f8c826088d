"""Which known field a written name means, and which one it is nearest to when it means none.

Pure. A name is matched exactly first; then without regard to case, accents and separators ("Teléfono",
"FirstName"); then by translation ("nombre" for `first_name`). Each step only counts when it leaves one
candidate, so a field that really is called `nombre` always wins over the translation.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

# Words for the same field, folded; the names of files and forms in the three languages of the screens.
_SAME = tuple(
    frozenset(words.split())
    for words in (
        "firstname name fname givenname forename nombre nombres nombredepila nome primeironome",
        "lastname surname lname familyname apellido apellidos sobrenome ultimonome",
        "email mail emailaddress correo correoelectronico enderecodeemail",
        "phone phonenumber mobile mobilephone cell cellphone telefono movil celular telefone telemovel",
        "key id externalid contactid customerid",
        "country pais",
        "language lang idioma lengua lingua",
        "city town ciudad cidade localidad localidade",
        "company organisation organization empresa compania",
        "points puntos pontos",
        "birthday birthdate dateofbirth cumpleanos nacimiento fechadenacimiento aniversario datadenascimento",
        "postcode postalcode zip zipcode codigopostal cp cep",
    )
)


@dataclass(frozen=True, slots=True)
class Match:
    """`name` is the known field that was meant, or ""; then `suggestion` is the nearest one, or ""."""

    name: str = ""
    suggestion: str = ""


def fold(name: str) -> str:
    """Lower case without accents, spaces, dots, dashes and underscores."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", plain)


def match_name(written: str, known: Collection[str]) -> Match:
    """The field of `known` that `written` means, else the nearest."""
    if written in known:
        return Match(written)
    wanted = fold(written)
    folded: dict[str, list[str]] = {}
    for name in known:
        folded.setdefault(fold(name), []).append(name)
    same = folded.get(wanted, [])
    if not same:
        words = next((group for group in _SAME if wanted in group), frozenset())
        same = [name for word in words for name in folded.get(word, [])]
    if len(same) == 1:
        return Match(same[0])
    near = sorted(same) or [folded[key][0] for key in difflib.get_close_matches(wanted, folded, n=1, cutoff=0.6)]
    return Match(suggestion=near[0] if near else "")
