"""The text of a message as it is typed: for a template and for a campaign's own text alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.forms.attachments import Tray
from campaigns.rendering import TemplateError, TemplateProblem
from campaigns.services.writing.compose import Built, Source, build

# An SMS of 8 parts in the cheap alphabet, with room for placeholders; no vendor takes more.
SMS_LENGTH = 4000


def problem_sentence(problem: TemplateProblem, source: str) -> str:
    """ "Line 2, column 5: There is no field “puntos”. Did you mean “points”?"; lines only where there are several."""
    sentence = gettext(problem.message) % problem.values
    if "\n" in source.strip():
        return gettext("Line %(line)s, column %(column)s: %(sentence)s") % {
            "line": problem.line, "column": problem.column, "sentence": sentence,
        }  # fmt: skip
    return gettext("At character %(column)s: %(sentence)s") % {"column": problem.column, "sentence": sentence}


class ContentForm(forms.Form):
    """Base: after `is_valid`, `built` is the compiled content. `known`: the fields a text may use; `tray`: the files
    of an email."""

    channel: str
    built: Built | None = None

    def __init__(self, *args: Any, known: Sequence[str], tray: Tray | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known, self.tray = known, tray

    def source(self) -> Source:
        """What was typed, also while it is not right yet."""
        raise NotImplementedError

    def _typed(self, name: str) -> str:
        value = self.cleaned_data.get(name) if name in getattr(self, "cleaned_data", {}) else self[name].value()
        return str(value or "").replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors.keys() & {"text", "subject", "html", "preheader"}:
            return cleaned
        source = self.source()
        try:
            self.built = build(source, self.known)
        except TemplateError as error:
            for problem in error.problems:
                written = getattr(source, problem.part)
                self.add_error(problem.part, problem_sentence(problem, written))
        return cleaned


class SmsContentForm(ContentForm):
    channel = "sms"

    text = forms.CharField(
        label=_("Text"),
        max_length=SMS_LENGTH,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "true"}),
    )

    def clean_text(self) -> str:
        return self._typed("text").strip()

    def source(self) -> Source:
        return Source("sms", text=self._typed("text"))


class EmailContentForm(ContentForm):
    channel = "email"

    subject = forms.CharField(
        label=_("Subject"), max_length=1000, help_text=_("The first 33 characters show on most phones.")
    )
    preheader = forms.CharField(
        label=_("Preheader"),
        max_length=300,
        required=False,
        help_text=_("Shown after the subject in the inbox. Empty shows the first words of the email."),
    )
    html = forms.CharField(
        label=_("HTML"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false"}),
    )
    text = forms.CharField(
        label=_("Text part"),
        required=False,
        strip=False,
        help_text=_("For mail programs without HTML. Empty: made from the HTML."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def source(self) -> Source:
        names = ("subject", "preheader", "html", "text")
        return Source("email", **{name: self._typed(name) for name in names}, files=self.tray.ids if self.tray else ())

    def clean(self) -> dict[str, Any]:
        if self.tray:
            for sentence in self.tray.refusals:
                self.add_error(None, sentence)
            for name in self.tray.settle(self._typed("html")):
                sentence = gettext("The HTML shows “%(name)s” by cid:, and no image of this name is among the files.")
                self.add_error("html", sentence % {"name": name})
        return super().clean()


FORMS: dict[str, type[ContentForm]] = {"sms": SmsContentForm, "email": EmailContentForm}
