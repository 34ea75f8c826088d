"""`manage.py import_contacts`."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from console.models import Workspace
from contacts.models import Contact, Group

Command = Callable[..., str]


@pytest.fixture
def command(workspace: Workspace, tmp_path: Path) -> Command:
    """command(text, option=…) imports it and gives what is printed."""

    def call(content: str | bytes, **options: Any) -> str:
        path = tmp_path / "contactos.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = StringIO()
        call_command("import_contacts", str(path), **{"workspace": "norte", "stdout": out, **options})
        return out.getvalue()

    return call


def line(printed: str, word: str) -> str:
    return " ".join(next(line for line in printed.splitlines() if word in line).split())


def test_the_counts_are_printed(command: Command) -> None:
    printed = command("email;movil\na@x.es;600112233\na@x.es;\n;60011\nb@x.es;1\n")
    assert line(printed, "rows ").startswith("rows 4 in")
    assert line(printed, "created") == "created 2"
    assert line(printed, "duplicates").startswith("duplicates 1")
    assert line(printed, "rejected") == "rejected 1"
    assert "values left out" in printed


def test_list_tags_country_and_consent_are_options(command: Command) -> None:
    printed = command("telefono\n11987654321\n", country="br", list="Lista", tag=["a", "b"], consent="sms, email")
    assert Contact.objects.get().phone == "+5511987654321"
    assert list(Group.objects.values_list("name", "size")) == [("Lista", 1), ("a", 1), ("b", 1)]
    assert line(printed, "consent sms") == "consent sms 1 new"
    assert Contact.objects.get().consents.get().evidence == "contactos.csv"


def test_the_country_of_the_workspace_is_the_default(command: Command) -> None:
    command("telefono\n600112233\n")
    assert Contact.objects.get().phone == "+34600112233"


def test_a_trial_saves_nothing(command: Command) -> None:
    assert line(command("email\na@x.es\n", dry_run=True), "created") == "created 1"
    assert not Contact.objects.exists()


def test_rejected_rows_are_written_where_one_says(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "rejected.csv"
    printed = command("movil\n60011\n", rejected=path)
    assert path.read_text(encoding="utf-8-sig").splitlines() == [
        "movil,import_row,import_problem",
        "60011,2,Phone too short for its country: 60011.",
    ]
    assert str(path) in printed


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"\x00\x01\x02" * 900, {}, "not a text file"),
        (b"", {}, "is empty"),
        ("email\n", {}, "heading and no rows"),
        ("nombre\nAna\n", {}, "No column of this file"),
        ("email\na@x.es\n", {"workspace": "sur"}, "There are: norte"),
        ("email\na@x.es\n", {"country": "XX"}, "no country code"),
        ("email\na@x.es\n", {"consent": "fax"}, "no channel"),
    ],
)
def test_what_cannot_be_done_ends_with_a_sentence_and_code_1(
    command: Command, content: str | bytes, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence) as refused:
        command(content, **options)
    assert refused.value.returncode == 1


def test_a_file_that_is_not_there_is_said(workspace: Workspace) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_contacts", "nowhere.csv", workspace="norte")
