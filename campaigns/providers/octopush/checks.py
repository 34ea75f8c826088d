"""What Octopush cannot take, found before anything leaves (contract §11)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from campaigns import sms
from campaigns.providers.adapter import is_header_value
from campaigns.providers.base import Body, Channel, Message, Problem
from campaigns.providers.base import gettext_noop as _
from campaigns.providers.octopush import bodies, fields, placeholders
from campaigns.states import Reason

_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
_SENDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ]{1,9}[A-Za-z0-9]")

_EMPTY = Problem(Reason.INVALID_CONTENT, _("The text is empty."), "text")
_NO_PHONE = Problem(Reason.INVALID_RECIPIENT, _("This is not a phone number with its country code."), "address")
_SMS_ONLY = Problem(Reason.INVALID_CONTENT, _("This provider sends SMS only."))
_NO_PURPOSE = Problem(Reason.INVALID_CONTENT, _("Say whether this is marketing or a service message."), "purpose")
_BRACES = Problem(
    Reason.INVALID_CONTENT,
    _("Octopush would replace what stands between { and }. Write the text without these brackets."),
    "text",
)
_BAD_PRODUCT = Problem(Reason.INVALID_CONTENT, _("Octopush has no such product."), "type")
_BAD_MODE = Problem(Reason.INVALID_CONTENT, _("Octopush has no such way of sending."), "mode")
_BAD_SENDER = Problem(
    Reason.INVALID_CONTENT,
    _("A sender has 3 to 11 letters without accents, digits and inner spaces."),
    "sender",
)
_TOO_MANY_PLACEHOLDERS = Problem(
    Reason.INVALID_CONTENT,
    _("A campaign on a list or tag takes at most 7 different placeholders. Use fewer, or send directly."),
    "text",
)
_VALUE_DOES_NOT_FIT = Problem(
    Reason.INVALID_CONTENT,
    _("In a campaign on a list or tag every value has 1 to 50 characters. Shorten it, or send directly."),
    "text",
)


def check_account(credentials: Mapping[str, str], stop_mention: str) -> list[Problem]:
    """`credentials`: field name -> value as entered."""
    problems = []
    for name, value in credentials.items():
        if not value:
            problems.append(Problem(Reason.AUTH, _("The API login and the API key are needed."), name))
        elif not is_header_value(value):
            problems.append(Problem(Reason.AUTH, _("This contains characters that no credential has."), name))
    if placeholders.has_braces(stop_mention):
        problems.append(Problem(Reason.INVALID_CONTENT, _BRACES.text, "stop_mention"))
    return problems


def check_body(body: Body, stop_mention: str) -> list[Problem]:
    """`stop_mention`: what a marketing text must contain, letter by letter."""
    if body.channel is not Channel.SMS:
        return [_SMS_ONLY]
    problems = []
    if not body.text.strip():
        problems.append(_EMPTY)
    if placeholders.has_braces(placeholders.literal(body.text)):
        problems.append(_BRACES)
    if body.purpose not in ("marketing", "service"):
        problems.append(_NO_PURPOSE)
    elif body.purpose == "marketing" and stop_mention not in body.text:
        words = _("A marketing text must contain “%(mention)s”, exactly so.")
        problems.append(Problem(Reason.INVALID_CONTENT, words, "text", {"mention": stop_mention}))
    if body.sender and not _SENDER.fullmatch(body.sender):
        problems.append(_BAD_SENDER)
    if bodies.answer(body, "type") not in fields.PRODUCTS:
        problems.append(_BAD_PRODUCT)
    if bodies.answer(body, "mode") not in (fields.DIRECT, fields.LIST, fields.TAG):
        problems.append(_BAD_MODE)
    if is_on_list(body) and body.text and not placeholders.theirs(body):
        problems.append(_TOO_MANY_PLACEHOLDERS)
    return problems + _check_length(placeholders.literal(body.text))


def check_message(body: Body, message: Message) -> list[Problem]:
    if not _PHONE.fullmatch(message.address):
        return [_NO_PHONE]
    if not message.text.strip():
        return [_EMPTY]
    if placeholders.has_braces(message.text):
        return [_BRACES]
    if is_on_list(body) and not placeholders.fits(message):
        return [_VALUE_DOES_NOT_FIT]
    return _check_length(message.text)


def is_on_list(body: Body) -> bool:
    return bodies.answer(body, "mode") in (fields.LIST, fields.TAG)


def _check_length(text: str) -> list[Problem]:
    """1,224 characters, 536 when one of them is outside the GSM alphabet; two-septet characters count twice."""
    count = sms.count(text)
    most = placeholders.LONGEST_TEXT if count.encoding == "gsm7" else placeholders.LONGEST_UNICODE
    if count.characters <= most:
        return []
    words = _("The text has %(size)s characters; this provider takes %(most)s at most.")
    return [Problem(Reason.TOO_LONG, words, "text", {"size": count.characters, "most": most})]
