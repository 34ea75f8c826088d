"""Which column of a file is what."""

from __future__ import annotations

import pytest

from contacts.services.importing.mapping import Column, guess, labels


def targets(headings: str, *rows: str) -> str:
    """ "name→target:field" of every column, for headings and rows written with semicolons."""
    columns = guess(headings.split(";"), [row.split(";") for row in rows or ("x;" * headings.count(";") + "x",)])
    return " ".join(f"{column.target}{':' + column.name if column.name else ''}" for column in columns)


@pytest.mark.parametrize(
    "headings",
    [
        "Nombre;Apellidos;Móvil;Correo electrónico;Código de cliente",
        "First Name;Last Name;Mobile Phone;Email Address;Customer ID",
        "Nome;Sobrenome;Celular;E-mail;ID do cliente",
        "Nome;Apelido;Telemóvel;Endereço de email;Código do cliente",
        "Prénom;Nom;Portable;Courriel;Référence",
        "Vorname;Nachname;Handynummer;E-Mail-Adresse;Kundennummer",
        "first_name;last_name;phone;email;external_id",
        "firstName;lastName;URN:Tel;mail;id",
    ],
)
def test_headings_of_five_languages_are_known(headings: str) -> None:
    assert targets(headings) == "first_name last_name phone email key"


def test_a_name_alone_is_the_whole_name() -> None:
    assert targets("Nombre;Email") == "full_name email"


def test_an_id_of_the_file_gives_way_to_a_better_one() -> None:
    assert targets("id;identifier;email") == "attribute:id key email"


def test_all_phones_are_phones_and_the_mobile_is_the_first() -> None:
    assert targets("Teléfono;Teléfono móvil;Fijo;Email") == "phone:telefono phone phone:fijo email"


def test_numbered_columns_of_an_address_book_are_in_order() -> None:
    found = targets("E-mail 2 - Value;E-mail 1 - Value;Phone 1 - Value;Phone 2 - Value")
    assert found == "email:e_mail_2_value email phone phone:phone_2_value"


def test_a_heading_that_comes_again_gets_a_number() -> None:
    assert targets("Phone;Phone;nota;nota") == "phone phone:phone_2 attribute:nota attribute:nota_2"


def test_an_unknown_column_becomes_a_field_of_its_own() -> None:
    assert targets("Email;Código postal;2ª compra") == "email attribute:codigo_postal attribute:field_2a_compra"


def test_a_field_is_never_called_like_a_fixed_one() -> None:
    assert targets("Email;First name;first-name") == "email first_name attribute:first_name_2"


def test_columns_without_a_heading_are_known_by_their_content() -> None:
    found = targets(";;;", "Ana;600112233;a@x.es;", "Luis;600445566;l@x.es;")
    assert found == "attribute:column_1 phone email skip"


def test_a_column_of_json_objects_is_unfolded() -> None:
    assert targets("email;attributes", 'a@x.es;{"city": "Bilbao"}') == "email json"


def test_a_column_called_data_with_plain_text_is_a_field() -> None:
    assert targets("email;data", "a@x.es;hola") == "email attribute:data"


def test_the_columns_that_a_file_of_rejected_rows_adds_are_skipped() -> None:
    assert targets("email;import_row;import_problem") == "email skip skip"


def test_the_labels_of_fields_are_the_headings() -> None:
    assert labels(guess(["Email", "Código postal"], [["a@x.es", "48001"]])) == {"codigo_postal": "Código postal"}


def test_a_column_survives_the_way_through_json() -> None:
    column = Column("Móvil", "phone", "movil", 3)
    assert Column.from_params(column.as_params()) == column
