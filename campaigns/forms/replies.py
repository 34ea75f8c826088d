"""Answering a reply, and what a workspace does with replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from campaigns import stopwords
from campaigns.services.settling import answers
from campaigns.services.settling.reply_settings import Choice

WORDS, TEXT, MORE = "words_", "text_", "more"


def _no_placeholder(text: str) -> str:
    if "{{" in text or "}}" in text:
        raise ValidationError(gettext("This text is the same for everybody: write it without {{ }}."))
    return text


class AnswerForm(forms.Form):
    """A message to one person."""

    text = forms.CharField(
        label=_("Your answer"), max_length=answers.LONGEST, widget=forms.Textarea(attrs={"rows": 4, "autofocus": True})
    )

    def clean_text(self) -> str:
        return _no_placeholder(str(self.cleaned_data["text"]))


class ReplySettingsForm(forms.Form):
    """Opt-out words and confirmations, a pair of fields for each language."""

    confirms = forms.BooleanField(label=_("Confirm an opt-out by SMS"), required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, choice: Choice) -> None:
        super().__init__(data, initial=_initial(choice))
        for code in stopwords.DEFAULTS:
            name = get_language_info(code)["name_translated"]
            self.fields[WORDS + code] = _words_field(gettext("Words in %(language)s") % {"language": name})
            self.fields[TEXT + code] = _text_field(gettext("Confirmation in %(language)s") % {"language": name})
        self.fields[MORE] = _words_field(gettext("Words in any other language"))

    def word_fields(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith(WORDS) or name == MORE]

    def text_fields(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith(TEXT)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, typed in list(data.items()):
            try:
                if name.startswith(TEXT):
                    _no_placeholder(typed)
                elif name != "confirms":
                    data[name] = _words(typed)
            except ValidationError as error:
                self.add_error(name, error)
        if data.get("confirms") and not any(data.get(TEXT + code) for code in stopwords.DEFAULTS):
            self.add_error(TEXT + next(iter(stopwords.DEFAULTS)), gettext("Write the text that confirms an opt-out."))
        return data

    def choice(self) -> Choice:
        """The valid form as the service takes it."""
        data = self.cleaned_data
        return Choice(
            stop_words={code: data[WORDS + code] for code in stopwords.DEFAULTS},
            more=data[MORE],
            confirms=data["confirms"],
            confirmation={code: data[TEXT + code] for code in stopwords.DEFAULTS if data[TEXT + code]},
        )


def _initial(choice: Choice) -> dict[str, Any]:
    words = {WORDS + code: "\n".join(words) for code, words in choice.stop_words.items()}
    texts = {TEXT + code: text for code, text in choice.confirmation.items()}
    return {**words, **texts, MORE: "\n".join(choice.more), "confirms": choice.confirms}


def _words_field(label: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}))


def _text_field(label: str) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label=label, required=False, max_length=answers.LONGEST, widget=area)


def _words(typed: str) -> list[str]:
    """One word or phrase a line, in capitals, each once however it is accented."""
    by_meaning: dict[str, str] = {}
    for line in typed.splitlines():
        if folded := stopwords.fold(line):
            by_meaning.setdefault(folded, " ".join(line.split()).upper())
    words = list(by_meaning.values())
    if len(words) > stopwords.MOST_WORDS or any(len(word) > stopwords.LONGEST_WORD for word in words):
        raise ValidationError(gettext("Give at most 50 words of at most 40 letters each."))
    return words
