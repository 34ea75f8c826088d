"""One row of a file, turned into a person or into the reason why it is none."""

from __future__ import annotations

import pytest

from contacts.services.importing.mapping import guess
from contacts.services.importing.rows import Candidate, Rejected, RowReader

HEADINGS = "id externo;nombre;apellidos;email;movil;pais;idioma;zona horaria;puntos"


def read(
    row: str, headings: str = HEADINGS, country: str = "ES", *, damaged: bool = False, nul: bool = False
) -> object:
    columns = guess(headings.split(";"), [row.split(";")])
    return RowReader(columns, country, damaged=damaged, nul=nul).read(2, row.split(";"))


def person(row: str, headings: str = HEADINGS) -> Candidate:
    found = read(row, headings)
    assert isinstance(found, Candidate), found
    return found


def rejection(row: str, headings: str = HEADINGS, **kind: bool) -> tuple[str, str]:
    found = read(row, headings, **kind)
    assert isinstance(found, Rejected), found
    return str(found.reason), found.value


def test_a_whole_row_is_a_whole_person() -> None:
    found = person("K1; Ana ;García Gil;Ana@X.es;600 11 22 33;España;Español;Europe/Madrid;701")
    assert (found.key, found.first_name, found.last_name) == ("K1", "Ana", "García Gil")
    assert (found.email, found.phone, found.phone_type) == ("ana@x.es", "+34600112233", "mobile")
    assert (found.country, found.language, found.time_zone) == ("ES", "es", "Europe/Madrid")
    assert (found.attributes, found.problems) == ({"puntos": "701"}, ())
    assert found.search == "ana garcia gil k1 x es 34600112233 600112233"


def test_the_country_of_a_row_reads_its_number() -> None:
    assert person("06 00 11 22 34;Francia", "movil;pais").phone == "+33600112234"


def test_a_number_with_its_own_country_gives_it_to_the_person() -> None:
    assert person("+33600112234", "movil").country == "FR"


def test_a_whole_name_is_parted_after_its_first_word() -> None:
    found = person("María José Etxeberria;a@x.es", "nombre;email")
    assert (found.first_name, found.last_name) == ("María", "José Etxeberria")


@pytest.mark.parametrize("nothing", ["", " ", "-", "N/A", "null", "#N/A"])
def test_what_stands_for_nothing_is_nothing(nothing: str) -> None:
    found = person(f"{nothing};600112233;{nothing}", "email;movil;puntos")
    assert (found.email, found.attributes, found.problems) == ("", {}, ())


def test_a_bad_address_is_left_out_while_another_is_good() -> None:
    found = person("anax.es;600112233", "email;movil")
    assert (found.phone, found.problems) == ("+34600112233", (("email", "no_at", "anax.es"),))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("60011223;", ("phone.too_short", "60011223")),
        ("6.00E+08;", ("phone.rounded", "6.00E+08")),
        (";ana", ("email.no_at", "ana")),
        (";", ("no_address", "")),
        ("600112233;a@x.es;de más", ("extra_cells", "de más")),
    ],
)
def test_a_row_without_a_good_address_is_rejected(row: str, reason: tuple[str, str]) -> None:
    assert rejection(row, "movil;email") == reason


def test_empty_cells_too_many_do_no_harm() -> None:
    assert person("600112233;a@x.es;;", "movil;email").phone == "+34600112233"


def test_a_row_that_is_too_short_has_empty_cells_at_its_end() -> None:
    assert person("a@x.es", "email;nombre;puntos").attributes == {}


def test_the_first_mobile_among_several_phones_counts() -> None:
    found = person("944201180;no;600112233;600445566", "telefono;telefono 2;telefono 3;telefono 4")
    assert (found.phone, found.problems) == ("+34600112233", ())
    assert found.attributes["telefono_4"] == "600445566"


def test_a_fixed_line_counts_when_there_is_no_mobile() -> None:
    assert person("944201180", "telefono").phone_type == "fixed"


@pytest.mark.parametrize(
    ("row", "headings", "column"),
    [
        ("a@x.es;Atlantis", "email;pais", "country"),
        ("a@x.es;Klingon", "email;idioma", "language"),
        ("a@x.es;Madrid", "email;timezone", "time_zone"),
    ],
)
def test_a_value_that_is_not_recognised_is_left_out_and_said(row: str, headings: str, column: str) -> None:
    assert [problem[:2] for problem in person(row, headings).problems] == [(column, "unknown")]


def test_texts_that_are_too_long_are_left_out_and_said() -> None:
    found = person(f"a@x.es;{'N' * 121};{'A' * 161};{'x' * 5001}", "email;nombre;apellidos;nota")
    assert (found.first_name, found.last_name, found.attributes) == ("", "", {})
    assert [problem[:2] for problem in found.problems] == [
        ("first_name", "too_long"), ("last_name", "too_long"), ("nota", "too_long"),
    ]  # fmt: skip


def test_an_external_id_that_is_too_long_rejects_the_row() -> None:
    assert rejection(f"{'K' * 121};a@x.es", "id externo;email")[0] == "key_too_long"


def test_json_becomes_fields() -> None:
    columns = guess(["email", "attributes"], [["a@x.es", "{}"]])
    row = ["a@x.es", '{"City": "Bilbao", "age": 29, "vip": true, "tags": ["a"], "none": null, "email": "b\\u0000"}']
    found = RowReader(columns, "ES").read(2, row)
    assert isinstance(found, Candidate)
    assert found.attributes == {"city": "Bilbao", "age": "29", "vip": "true", "tags": '["a"]', "field_email": "b"}


def test_letters_of_another_character_set_reject_the_row_of_a_damaged_file() -> None:
    assert rejection("a@x.es;Pe\ufffda", "email;nombre", damaged=True) == ("encoding", "")


def test_a_nul_rejects_the_row() -> None:
    assert rejection("a@x.es;Pe\0a", "email;nombre", nul=True) == ("nul", "")


def test_the_apostrophe_of_a_safe_spreadsheet_is_taken_off() -> None:
    assert person("a@x.es;'=A1", "email;nota").attributes == {"nota": "=A1"}
