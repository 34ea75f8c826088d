"""What people read about rows and values that could not be used."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import wording
from contacts.services.importing.rows import TOO_LONG, UNKNOWN, Rejection

_REJECTIONS: dict[str, Any] = {
    Rejection.NO_ADDRESS: gettext_lazy("No phone and no email"),
    Rejection.UNKNOWN_KEY: gettext_lazy("No phone, no email, and nobody with this external id"),
    Rejection.EXTRA_CELLS: gettext_lazy("More cells than the heading has columns"),
    Rejection.ENCODING: gettext_lazy("Letters that are not in the character set of the file"),
    Rejection.NUL: gettext_lazy("Characters that are no text"),
    Rejection.KEY_TOO_LONG: gettext_lazy("External id longer than 120 characters"),
    Rejection.EMAIL_TAKEN: gettext_lazy("Another contact has this email, under another external id"),
    Rejection.KEY_DIFFERS: gettext_lazy("The contact with this email has another external id"),
    Rejection.DUPLICATE: gettext_lazy("The same person is in an earlier row"),
}
_COLUMNS: dict[str, Any] = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "country": gettext_lazy("Country"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "json": gettext_lazy("Fields as JSON"),
}


def reason_words(reason: str) -> str:
    """A few words for a table: "Too short for its country". `reason`: a Rejection, or "column.reason"."""
    if reason in _REJECTIONS:
        return str(_REJECTIONS[reason])
    column, _dot, why = reason.partition(".")
    if column == "phone" and why in wording.PHONE_PROBLEM_WORDS:
        return str(wording.PHONE_PROBLEM_WORDS[why])
    if column == "email" and why in wording.EMAIL_PROBLEM_WORDS:
        return str(wording.EMAIL_PROBLEM_WORDS[why])
    name = str(_COLUMNS.get(column, column))
    texts = {TOO_LONG: _("%(column)s: too long"), UNKNOWN: _("%(column)s: not recognised")}
    return texts.get(why, "%(column)s") % {"column": name}


def problem_sentence(reason: str, value: str = "") -> str:
    """The words with the value that caused them: "Phone too short for its country: 60011223."."""
    if value:
        return _("%(problem)s: %(value)s.") % {"problem": reason_words(reason), "value": value}
    return f"{reason_words(reason)}."
