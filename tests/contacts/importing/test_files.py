"""Files as other products export them, which nobody here wrote; EXPECTED.json says what other parsers read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.errors import UserError
from contacts.models import Contact
from contacts.services import imports
from contacts.services.importing import reading
from tests.paths import SHARED

FOLDER = SHARED / "data" / "contacts"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "EXPECTED.json").read_text(encoding="utf-8"))["files"]
TABLES = sorted(name for name in EXPECTED if name.endswith(".csv"))
WORKBOOKS = sorted(name for name in EXPECTED if name.endswith((".xlsx", ".xls")))
ENCODINGS = {"utf-8": {"utf-8", "utf-8-sig"}, "utf-16le": {"utf-16"}}

Run = Callable[..., imports.Outcome]

# name -> (created, duplicates, rejected by reason, values left out by column and reason); country ES unless said.
OUTCOMES: dict[str, tuple[int, int, dict[str, int], dict[str, int]]] = {
    "beehiiv-members.csv": (9, 0, {}, {}),
    "chatwoot-contacts.csv": (15, 0, {}, {}),
    "dataloader-accounts-phones.csv": (0, 0, {"phone.too_long": 10}, {}),
    "dittofeed-no-email-column.csv": (0, 0, {"unknown_key": 5}, {}),
    "dittofeed-users.csv": (5, 0, {}, {"phone.too_long": 5}),
    "django-newsletter-semicolon.csv": (2, 0, {}, {}),
    "es-leads-bad-emails-phones.csv": (
        9, 1, {}, {"email.no_at": 1, "email.bad_domain": 1, "phone.letters": 1, "phone.too_short": 1},
    ),
    "ghost-duplicate-emails.csv": (1, 1, {}, {}),
    "ghost-member-export.csv": (2, 0, {}, {}),
    "ghost-ragged-row.csv": (2, 0, {}, {}),
    "google-old-format.csv": (1, 0, {}, {"phone.letters": 1}),
    "keila-excel-semicolon-bom-crlf.csv": (201, 0, {}, {}),
    "keila-import-template.csv": (2, 0, {}, {}),
    "keila-malformed-quotes-after-space.csv": (3, 0, {}, {}),
    "listmonk-import.csv": (100, 0, {}, {}),
    "mailchimp-subscribed.csv": (5, 0, {}, {}),
    "mautic-10contacts.csv": (10, 0, {}, {}),
    "mautic-lead-fixture.csv": (2, 0, {}, {}),
    "outlook-like-all-fields.csv": (1, 0, {}, {"country.unknown": 1, "phone.too_short": 1}),
    "outlook-three-emails.csv": (1, 0, {}, {}),
    "pt-whazing-modelo.csv": (1, 0, {}, {"phone.too_long": 1}),
    "rapidpro-simple.csv": (0, 0, {"phone.too_long": 3}, {}),
    "rapidpro-utf16le-bom.csv": (1, 0, {}, {}),
    "sinch-file-example.csv": (0, 0, {"phone.too_long": 2}, {}),
}  # fmt: skip
IN_THEIR_COUNTRY = {
    "dataloader-accounts-phones.csv": ("US", 10),
    "rapidpro-simple.csv": ("RW", 3),
    "sinch-file-example.csv": ("BR", 2),
}
WITHOUT_PEOPLE = {
    "civicrm-unicode.csv", "dataloader-escaped-quotes.csv", "dataloader-utf16le-bom.csv", "dataloader-utf8-bom.csv",
    "odoo-customers-contacts.csv", "spectrum-comma_in_quotes.csv", "spectrum-escaped_quotes.csv",
    "spectrum-newlines.csv", "spectrum-utf8.csv",
}  # fmt: skip


def test_every_file_has_an_expectation_here() -> None:
    assert set(TABLES) == set(OUTCOMES) | WITHOUT_PEOPLE | {"notifuse-sample-contacts.csv"}


@pytest.mark.parametrize("name", TABLES)
def test_a_file_is_read_as_other_parsers_read_it(name: str) -> None:
    expected = EXPECTED[name]
    layout = reading.layout(FOLDER / name, thorough=True)
    assert layout.encoding.name in ENCODINGS[expected["encoding"]]
    assert layout.separator == expected["clevercsv_delimiter"]
    assert list(layout.headings) == [" ".join(heading.split()) for heading in expected["header"]]
    assert reading.count(layout) + 1 == expected["python_csv"]["rows"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("spectrum-*.json")), ids=lambda path: path.stem)
def test_the_cells_are_those_of_the_csv_spectrum(path: Path) -> None:
    layout = reading.layout(path.with_suffix(".csv"), thorough=True)
    found = [dict(zip(layout.headings, cells, strict=True)) for _row_no, cells in reading.rows(layout)]
    assert found == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_file_is_imported_with_exactly_these_counts(run: Run, name: str) -> None:
    outcome = run(FOLDER / name)
    assert (outcome.created, outcome.duplicates, outcome.rejected, outcome.left_out) == OUTCOMES[name]
    assert outcome.rows == EXPECTED[name]["python_csv"]["rows"] - 1
    assert Contact.objects.count() == outcome.created


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_importing_a_file_again_changes_nothing(run: Run, name: str) -> None:
    first, again = run(FOLDER / name), run(FOLDER / name)
    assert (again.created, again.updated, again.unchanged) == (0, 0, first.created)


@pytest.mark.parametrize("name", sorted(IN_THEIR_COUNTRY))
def test_numbers_without_a_country_need_the_right_one(run: Run, name: str) -> None:
    country, people = IN_THEIR_COUNTRY[name]
    assert run(FOLDER / name, country=country).created == people


@pytest.mark.parametrize("name", sorted(WITHOUT_PEOPLE))
def test_a_table_without_people_is_refused_by_its_columns(run: Run, name: str) -> None:
    with pytest.raises(UserError, match="No column of this file"):
        run(FOLDER / name)


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_is_answered_with_the_way_to_a_csv(run: Run, name: str) -> None:
    with pytest.raises(UserError, match="Save as, “CSV UTF-8”"):
        run(FOLDER / name)


def test_a_wide_export_keeps_every_column(run: Run) -> None:
    outcome = run(FOLDER / "notifuse-sample-contacts.csv")
    assert (outcome.created, outcome.duplicates, outcome.refused) == (25, 1, 0)
    carlos = Contact.objects.get(email="carlos.garcia@example.com")
    assert (carlos.phone, carlos.country, carlos.language) == ("+34612345678", "ES", "es")
    assert (carlos.key, carlos.time_zone) == ("USR-003", "Europe/Madrid")
    assert carlos.attributes["address_line_2"] == "2º Derecha"


def test_attributes_of_listmonk_become_fields(run: Run) -> None:
    run(FOLDER / "listmonk-import.csv")
    assert Contact.objects.get(email="user0@mail.com").attributes == {
        "age": "29", "city": "Bangalore", "clientid": "DAXX79",
    }  # fmt: skip
