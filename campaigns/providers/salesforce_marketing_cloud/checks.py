"""What Marketing Cloud cannot take, found before anything leaves (contract, "Validation rules")."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from campaigns.providers.adapter import digits
from campaigns.providers.base import Body, Channel, Message, Problem
from campaigns.providers.base import gettext_noop as _
from campaigns.providers.salesforce_marketing_cloud.bodies import contact_key, definition_key
from campaigns.providers.salesforce_marketing_cloud.definitions import PLACEHOLDER
from campaigns.providers.salesforce_marketing_cloud.fields import LARGEST_BATCH
from campaigns.states import Reason

LONGEST_TEXT, LONGEST_VALUE, LONGEST_CONTACT = 1600, 4000, 100  # characters

_SUBDOMAIN = re.compile(r"[a-z0-9-]{1,63}")
_MESSAGE_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")
_PHONE = re.compile(r"[0-9]{8,15}")
_ATTRIBUTE = re.compile(r"[A-Za-z0-9_ ]+")
_MARK = "%%"  # begins a placeholder and all AMPscript

_SMS_ONLY = Problem(Reason.INVALID_CONTENT, _("This provider sends SMS only."))
_EMPTY = Problem(Reason.INVALID_CONTENT, _("The text is empty."), "text")
_NO_PHONE = Problem(Reason.INVALID_RECIPIENT, _("This is not a phone number with its country code."), "address")
_NO_CONTACT = Problem(Reason.INVALID_RECIPIENT, _("The contact has no usable id."), "address")
_NO_DEFINITION = Problem(
    Reason.INVALID_CONTENT,
    _("Choose a send definition: Marketing Cloud sends every text through one."),
    "definition_key",
)
FOREIGN_HOST = Problem(
    Reason.AUTH, _("Leave the base address empty: the hosts are built from the subdomain."), "base_url"
)
_CODE_IN_DATA = Problem(Reason.INVALID_CONTENT, _("A value holds “%%%%”, which begins program code there."), "text")
_LONG_VALUE = Problem(Reason.INVALID_CONTENT, _("A value is longer than 4,000 characters."), "text")


def is_message_key(reference: str) -> bool:
    """Rule 6."""
    return _MESSAGE_KEY.fullmatch(reference) is not None


def names_in(listed: str) -> frozenset[str]:
    """The profile attributes of the account's setting."""
    return frozenset(name.strip() for name in listed.split(",") if name.strip())


def check_account(credentials: Mapping[str, str], batch_size: str) -> list[Problem]:
    """`credentials`: field name -> value as entered; `batch_size` as entered."""
    problems = []
    if not _SUBDOMAIN.fullmatch(credentials["subdomain"]):
        text = _("A subdomain has small letters, digits and “-” only. Enter no whole address.")
        problems.append(Problem(Reason.AUTH, text, "subdomain"))
    for name in ("client_id", "client_secret"):
        if not credentials[name]:
            problems.append(Problem(Reason.AUTH, _("The client id and the client secret are needed."), name))
    account_id = credentials["account_id"]
    if account_id and not (account_id.isascii() and account_id.isdigit()):
        problems.append(Problem(Reason.AUTH, _("A business unit is a number (its MID)."), "account_id"))
    if batch_size and not (batch_size.isdecimal() and 1 <= int(batch_size) <= LARGEST_BATCH):
        text = _("A request takes 1 to %(most)s recipients.")
        problems.append(Problem(Reason.INVALID_CONTENT, text, "batch_size", {"most": LARGEST_BATCH}))
    return problems


def check_body(body: Body, profile: Collection[str], may_resubscribe: bool) -> list[Problem]:
    """What is wrong for everybody. `profile`: attributes that Marketing Cloud fills in by itself."""
    if body.channel is not Channel.SMS:
        return [_SMS_ONLY]
    problems = [_NO_DEFINITION] if not definition_key(body) else []
    problems += check_resubscribe(body, may_resubscribe)
    if body.template_id:
        return problems + _check_names(body)
    if not body.text.strip():
        return [*problems, _EMPTY]
    return problems + _check_marks(body.text, profile) + ([] if "{{" in body.text else _check_length(body.text))


def check_resubscribe(body: Body, allowed: bool) -> list[Problem]:
    """Rule 11: only a service message, and only where an administrator has allowed it for the account."""
    if not wants_resubscribe(body):
        return []
    if body.purpose != "service":
        text = _("Only a service message may re-subscribe numbers that texted STOP.")
        return [Problem(Reason.REJECTED, text, "resubscribe")]
    if not allowed:
        text = _("The provider account does not allow campaigns to re-subscribe numbers that texted STOP.")
        return [Problem(Reason.REJECTED, text, "resubscribe")]
    return []


def wants_resubscribe(body: Body) -> bool:
    return body.options.get("resubscribe", "").lower() in ("true", "on", "yes", "1")


def check_message(body: Body, message: Message) -> list[Problem]:
    if not _PHONE.fullmatch(digits(message.address)):
        return [_NO_PHONE]
    key = contact_key(message)
    if not 0 < len(key) <= LONGEST_CONTACT or not key.isprintable():
        return [_NO_CONTACT]
    if any(_MARK in value for value in message.values):
        return [_CODE_IN_DATA]
    if any(len(value) > LONGEST_VALUE for value in message.values):
        return [_LONG_VALUE]
    if body.template_id:
        return _check_length(message.text) if message.text else []
    return _check_length(message.text) if message.text.strip() else [_EMPTY]


def _check_names(body: Body) -> list[Problem]:
    """Rule 7."""
    bad = next((name for name in body.names if not _ATTRIBUTE.fullmatch(name)), None)
    if bad is None:
        return []
    text = _("“%(name)s” is no attribute name: letters, digits, spaces and “_” only.")
    return [Problem(Reason.INVALID_CONTENT, text, "text", {"name": bad})]


def _check_marks(text: str, profile: Collection[str]) -> list[Problem]:
    """Rules 8 and 9 for our own text: `%%Name%%` only for attributes that are there without us."""
    without_known = PLACEHOLDER.sub(lambda found: "" if found[1] in profile else found[0], text)
    if _MARK not in without_known:
        return []
    words = _("The text holds “%%%%”. Write a placeholder of ours, or name the profile attribute in the account.")
    return [Problem(Reason.INVALID_CONTENT, words, "text")]


def _check_length(text: str) -> list[Problem]:
    if len(text) <= LONGEST_TEXT:
        return []
    words = _("The text has %(size)s characters; this provider takes %(most)s at most.")
    return [Problem(Reason.TOO_LONG, words, "text", {"size": len(text), "most": LONGEST_TEXT})]
