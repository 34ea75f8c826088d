"""What Sinch Messaging cannot take, found before anything leaves (contract §16)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from campaigns.providers.adapter import digits, is_header_value
from campaigns.providers.base import Body, Channel, Message, Problem
from campaigns.providers.base import gettext_noop as _
from campaigns.providers.sinch_messaging import alphabet, timing
from campaigns.providers.sinch_messaging.bodies import MAX_EXTRA_INFO
from campaigns.states import Reason

_PHONE = re.compile(r"[1-9][0-9]{9,14}")
_PRICE = re.compile(r"[0-9]{1,6}([.,][0-9]{1,6})?")
_ID = re.compile(r"\S{1,200}")
_ALIAS = re.compile(r"[A-Za-z0-9_-]{1,50}")
_OPEN_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)

_EMPTY = Problem(Reason.INVALID_CONTENT, _("The text is empty."), "text")
_UNFILLED = Problem(Reason.INVALID_CONTENT, _("A placeholder in the text was not filled."), "text")
_NO_PHONE = Problem(Reason.INVALID_RECIPIENT, _("This is not a phone number with its country code."), "address")
_NO_FLOW = Problem(Reason.INVALID_CONTENT, _("The id of the flow is missing or contains a space."), "template_id")
_SMS_ONLY = Problem(Reason.INVALID_CONTENT, _("This provider sends SMS only."))


def is_alias(alias: str) -> bool:
    return _ALIAS.fullmatch(alias) is not None


def check_account(credentials: Mapping[str, str], options: Mapping[str, str]) -> list[Problem]:
    """Credentials and options: field name -> value as entered."""
    problems = []
    for name, value in credentials.items():
        if not value:
            problems.append(Problem(Reason.AUTH, _("The user name and the authentication token are needed."), name))
        elif not is_header_value(value):
            problems.append(Problem(Reason.AUTH, _("This contains characters that no credential has."), name))
    if options["number_check_price"] and not _PRICE.fullmatch(options["number_check_price"]):
        problems.append(Problem(Reason.INVALID_CONTENT, _("Enter a price such as 0.012."), "number_check_price"))
    return problems + _check_alias(options["campaign_alias"])


def check_body(body: Body) -> list[Problem]:
    if body.channel is not Channel.SMS:
        return [_SMS_ONLY]
    return _check_content(body) + check_options(body.options)


def check_options(options: Mapping[str, str]) -> list[Problem]:
    """What is wrong with a campaign's delivery options."""
    problems = timing.read(options, None)[1] + _check_alias(options.get("campaign_alias", ""))
    if alphabet.characters(options.get("extra_info", "")) > MAX_EXTRA_INFO:
        problems.append(Problem(Reason.INVALID_CONTENT, _("This note has more than 255 characters."), "extra_info"))
    return problems


def check_message(body: Body, message: Message) -> list[Problem]:
    if not _PHONE.fullmatch(digits(message.address)):
        return [_NO_PHONE]
    if body.template_id:
        return []
    if not message.text.strip():
        return [_EMPTY]
    if "{{" in message.text and _OPEN_PLACEHOLDER.search(message.text):
        return [_UNFILLED]
    return _check_length(message.text)


def _check_content(body: Body) -> list[Problem]:
    if body.template_id:
        return [] if _ID.fullmatch(body.template_id) else [_NO_FLOW]
    if not body.text.strip():
        return [_EMPTY]
    # With placeholders the length is known per recipient only.
    return [] if "{{" in body.text else _check_length(body.text)


def _check_alias(alias: str) -> list[Problem]:
    if not alias or is_alias(alias):
        return []
    text = _("A campaign alias has letters, digits, “-” and “_” only, at most 50. It will be left out.")
    return [Problem(Reason.INVALID_CONTENT, text, "campaign_alias", warning=True)]


def _check_length(text: str) -> list[Problem]:
    size = alphabet.characters(text)
    if size <= alphabet.MAX_CHARACTERS:
        return []
    words = _("The text has %(size)s characters; this provider takes %(most)s at most.")
    return [Problem(Reason.TOO_LONG, words, "text", {"size": size, "most": alphabet.MAX_CHARACTERS})]
