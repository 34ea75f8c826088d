"""What people read about consent, suppressions, and values that could not be used."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.emails import EmailProblem
from contacts.phones import PhoneProblem
from contacts.states import Consent, ConsentSource, GroupKind, SuppressionReason

# state -> (word, colour class without "s-", icon)
CONSENT: dict[str, tuple[Any, str, str]] = {
    Consent.GRANTED: (_("Yes"), "delivered", "check"),
    Consent.PENDING: (_("Waiting for confirmation"), "held", "hourglass"),
    Consent.WITHDRAWN: (_("No"), "failed", "ban"),
    Consent.UNKNOWN: (_("Not asked"), "waiting", "circle-dashed"),
}
NO_ADDRESS = (_("No address"), "waiting", "circle-dashed")
SUPPRESSED = (_("Do not contact"), "failed", "hand-stop")

# What a line of the consent history says.
CONSENT_CHANGE: dict[str, Any] = {
    Consent.GRANTED: _("Consent given"),
    Consent.PENDING: _("Asked to confirm"),
    Consent.WITHDRAWN: _("Opted out"),
    Consent.UNKNOWN: _("Reset to not asked"),
}
SOURCES: dict[str, Any] = {
    ConsentSource.IMPORT: _("Import"),
    ConsentSource.CONSOLE: _("Entered by hand"),
    ConsentSource.REPLY: _("Reply of the person"),
    ConsentSource.PROVIDER: _("Provider"),
    ConsentSource.UNSUBSCRIBE_LINK: _("Unsubscribe link"),
    ConsentSource.ADMIN: _("Administration"),
}
SUPPRESSION_REASONS: dict[str, Any] = {
    SuppressionReason.OPT_OUT: _("Opted out"),
    SuppressionReason.COMPLAINT: _("Complained"),
    SuppressionReason.HARD_BOUNCE: _("Address does not exist"),
    SuppressionReason.INVALID: _("Not a valid address"),
    SuppressionReason.MANUAL: _("Added by hand"),
    SuppressionReason.PROVIDER: _("Blocked by the provider"),
}
CHANNELS: dict[str, Any] = {"sms": _("SMS"), "email": _("Email")}
PHONE_TYPES: dict[str, Any] = {"mobile": _("Mobile"), "fixed": _("Fixed line"), "other": _("Other")}
KINDS: dict[str, tuple[Any, str]] = {GroupKind.LIST: (_("List"), "list-check"), GroupKind.TAG: (_("Tag"), "tags")}

PHONE_PROBLEMS: dict[str, Any] = {
    PhoneProblem.EMPTY: _("Enter a phone number."),
    PhoneProblem.LETTERS: _("A phone number has no letters."),
    PhoneProblem.ROUNDED: _("A spreadsheet has rounded this number. Format the column as text and export it again."),
    PhoneProblem.NO_COUNTRY: _("Write the number with + and its country code, such as +34 600 11 22 33."),
    PhoneProblem.TOO_SHORT: _("This number is too short for its country."),
    PhoneProblem.TOO_LONG: _("This number is too long for its country. Write other countries' numbers with +."),
    PhoneProblem.NOT_IN_PLAN: _("There is no such number in its country."),
}
EMAIL_PROBLEMS: dict[str, Any] = {
    EmailProblem.EMPTY: _("Enter an email address."),
    EmailProblem.NO_AT: _("An email address has an @, such as ana@example.com."),
    EmailProblem.BAD_NAME: _("The part before the @ has letters that no email address has."),
    EmailProblem.BAD_DOMAIN: _("The part after the @ is no domain, such as example.com."),
    EmailProblem.TOO_LONG: _("This is longer than an email address can be."),
}

# The same in a few words, for tables of an import.
PHONE_PROBLEM_WORDS: dict[str, Any] = {
    PhoneProblem.LETTERS: _("Phone with letters"),
    PhoneProblem.ROUNDED: _("Digits of the phone lost by a spreadsheet"),
    PhoneProblem.NO_COUNTRY: _("Phone without a country code"),
    PhoneProblem.TOO_SHORT: _("Phone too short for its country"),
    PhoneProblem.TOO_LONG: _("Phone too long for its country"),
    PhoneProblem.NOT_IN_PLAN: _("Phone number that does not exist"),
}
EMAIL_PROBLEM_WORDS: dict[str, Any] = {
    EmailProblem.NO_AT: _("Email without @"),
    EmailProblem.BAD_NAME: _("Email with wrong letters before the @"),
    EmailProblem.BAD_DOMAIN: _("Email with a wrong domain"),
    EmailProblem.TOO_LONG: _("Email too long"),
}


# The same as choices of model fields. Functions, so that a word that changes is no change of a table.


def consent_choices() -> list[tuple[str, Any]]:
    return [(state.value, CONSENT[state][0]) for state in Consent]


def source_choices() -> list[tuple[str, Any]]:
    return [(source.value, SOURCES[source]) for source in ConsentSource]


def suppression_choices() -> list[tuple[str, Any]]:
    return [(reason.value, SUPPRESSION_REASONS[reason]) for reason in SuppressionReason]


def channel_choices() -> list[tuple[str, Any]]:
    return list(CHANNELS.items())


def kind_choices() -> list[tuple[str, Any]]:
    return [(kind.value, KINDS[kind][0]) for kind in GroupKind]


def phone_type_choices() -> list[tuple[str, Any]]:
    return list(PHONE_TYPES.items())
