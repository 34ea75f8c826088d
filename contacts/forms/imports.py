"""Forms of an import: the file, and what becomes of its columns and people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from console.choices import country_choices
from contacts import wording, words
from contacts.models import FIXED_FIELDS
from contacts.querysets import CHANNELS
from contacts.services import imports
from contacts.services.importing import mapping

TARGET_WORDS: dict[str, Any] = {
    "phone": _("Phone"),
    "email": _("Email"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    mapping.FULL_NAME: _("Whole name"),
    "key": _("External id"),
    "country": _("Country"),
    "language": _("Language"),
    "time_zone": _("Time zone"),
    mapping.ATTRIBUTE: _("Field of its own"),
    mapping.JSON_FIELDS: _("Several fields, as JSON"),
    mapping.SKIP: _("Do not import"),
}
ENCODINGS = [
    ("", _("As found")),
    ("utf-8", "UTF-8"),
    ("cp1252", _("Windows, Western (1252)")),
    ("iso-8859-15", _("Latin 9 (ISO 8859-15)")),
    ("mac_roman", "Mac Roman"),
    ("utf-16", "UTF-16"),
]
SEPARATORS = [("", _("As found")), (",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")), ("|", _("Bar"))]
_SEVERAL = (mapping.ATTRIBUTE, mapping.JSON_FIELDS, mapping.SKIP, *mapping.REPEATABLE)
_COLUMN = "column-"
_LAST_RANK = 1_000  # columns that a person named come after those whose heading says so
_SAMPLES = 3


class UploadForm(forms.Form):
    """The file. How large it may be is watched while it arrives."""

    file = forms.FileField(
        label=_("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        error_messages={"required": _("Choose a file first."), "empty": _("This file is empty.")},
    )  # fmt: skip


class ReadingForm(forms.Form):
    """How the file is read, where what was found is wrong."""

    encoding = forms.ChoiceField(label=_("Character set"), choices=ENCODINGS, required=False)
    separator = forms.ChoiceField(label=_("Columns are separated by"), choices=SEPARATORS, required=False)


class ImportForm(forms.Form):
    """Columns, country, list, tags and consent of an import."""

    country = forms.ChoiceField(
        label=_("Country of numbers without +"), help_text=_("Numbers with + or 00 keep their own country.")
    )
    list_name = forms.CharField(
        label=_("Add everybody to the list"), max_length=80, required=False,
        widget=forms.TextInput(attrs={"list": "known-lists", "autocomplete": "off"}),
        help_text=_("One you have, or a new name."),
    )  # fmt: skip
    tags = forms.CharField(label=_("Tags"), max_length=400, required=False, help_text=_("Separated by commas."))
    channels = forms.MultipleChoiceField(
        label=_("Everybody in the file has said yes to"), widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("People who opted out and addresses on the do-not-contact list stay as they are."),
    )  # fmt: skip
    basis = forms.CharField(
        label=_("Legal basis"), max_length=40, required=False, help_text=_("Such as consent or existing customer.")
    )
    wording = forms.CharField(
        label=_("Wording"), max_length=80, required=False, help_text=_("The text people agreed to, or its version.")
    )
    evidence = forms.CharField(
        label=_("Evidence"), max_length=200, required=False, help_text=_("Where it was said: a form, a contract.")
    )

    def __init__(self, *args: Any, columns: Sequence[mapping.Column], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        country, channels = self.fields["country"], self.fields["channels"]
        assert isinstance(country, forms.ChoiceField) and isinstance(channels, forms.MultipleChoiceField)
        country.choices = country_choices(keep=str(self.initial.get("country", "")))
        channels.choices = [(channel, wording.CHANNELS[channel]) for channel in CHANNELS]
        for index, column in enumerate(columns):
            heading = column.heading or _now("Column %(n)s") % {"n": index + 1}
            self.fields[f"{_COLUMN}{index}"] = forms.ChoiceField(
                label=_now("Save column %(name)s as") % {"name": heading},
                choices=list(TARGET_WORDS.items()),
                initial=column.target,
            )

    def rows(self, sample: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
        """What the table of columns shows: heading, first values, the choice."""
        return [
            {
                "heading": column.heading,
                "number": index + 1,
                "values": [row[index][:60] for row in sample if index < len(row) and row[index].strip()][:_SAMPLES],
                "name": column.name,
                "field": self[f"{_COLUMN}{index}"],
            }
            for index, column in enumerate(self.columns)
        ]

    def clean_tags(self) -> tuple[str, ...]:
        tags = tuple(dict.fromkeys(" ".join(tag.split()) for tag in self.cleaned_data["tags"].split(",")))
        if any(len(tag) > 80 for tag in tags):
            raise forms.ValidationError(_now("A tag has at most 80 characters."))
        return tuple(tag for tag in tags if tag)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("channels") and not cleaned.get("basis"):
            self.add_error("basis", _now("Write on which basis these people may be written to."))
        targets = [str(cleaned.get(f"{_COLUMN}{index}", mapping.SKIP)) for index in range(len(self.columns))]
        if not any(target in mapping.IDENTIFYING for target in targets):
            raise forms.ValidationError(
                _now("Save at least one column as phone, email or external id, so that people can be recognised.")
            )
        for index, target in enumerate(targets):
            if target not in _SEVERAL and target in targets[:index]:
                again = {"target": TARGET_WORDS[target]}
                self.add_error(f"{_COLUMN}{index}", _now("Another column is %(target)s already.") % again)
        return cleaned

    def options(self, *, dry_run: bool, encoding: str, separator: str) -> imports.Options:
        """What the service needs."""
        given = self.cleaned_data
        return imports.Options(
            country=given["country"], list_name=given["list_name"], tags=given["tags"],
            channels=tuple(given["channels"]), basis=given["basis"], wording=given["wording"],
            evidence=given["evidence"], dry_run=dry_run, columns=self._chosen(), encoding=encoding,
            separator=separator,
        )  # fmt: skip

    def _chosen(self) -> tuple[mapping.Column, ...]:
        taken = {column.name for column in self.columns if column.name} | set(FIXED_FIELDS) | {"time_zone"}
        chosen = []
        for index, column in enumerate(self.columns):
            target = self.cleaned_data[f"{_COLUMN}{index}"]
            if target == column.target:
                chosen.append(column)
                continue
            name = ""
            if target == mapping.ATTRIBUTE:
                name = _free(words.field_name(column.heading) or f"column_{index + 1}", taken)
                taken.add(name)
            chosen.append(mapping.Column(column.heading, target, name, _LAST_RANK + index))
        return tuple(chosen)


def _free(name: str, taken: set[str]) -> str:
    """`name`, with a number when another column has it."""
    if name not in taken:
        return name
    return next(numbered for n in range(2, 1_000) if (numbered := f"{name[: words.LONGEST_NAME - 4]}_{n}") not in taken)
