"""What CRM Messaging cannot take, found before anything leaves (contract, validation rules 1 to 14)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from campaigns.providers.base import Body, Channel, Message, Problem
from campaigns.providers.base import gettext_noop as _
from campaigns.providers.crm_messaging import fields, stored, times
from campaigns.providers.crm_messaging.phones import Country, is_allowed
from campaigns.states import Reason

MAX_VALUE, MAX_ADDRESS, MAX_CARD = 1000, 254, 64
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f<>,;\"]+@[^@\s\x00-\x1f\x7f<>,;\".]+(?:\.[^@\s\x00-\x1f\x7f<>,;\".]+)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FIELD_NAME = re.compile(r"\w{1,60}")

Problems = list[Problem]

_NO_TEMPLATE = Problem(
    Reason.INVALID_CONTENT, _("This provider sends only templates of its own: choose one."), "template_id"
)
_UNKNOWN_TEMPLATE = Problem(
    Reason.INVALID_CONTENT, _("The provider account describes no such template for this channel."), "template_id"
)
_NOT_ALLOWED = Problem(
    Reason.INVALID_CONTENT, _("The provider account does not let the CRM do the waiting."), fields.SCHEDULE_DATE
)
_BAD_DATE = Problem(
    Reason.INVALID_CONTENT,
    _("Write a date and time such as 2026-10-05 10:00, from 2 minutes to 30 days ahead."),
    fields.SCHEDULE_DATE,
)
_NO_PHONE = Problem(Reason.INVALID_RECIPIENT, _("This is no mobile number of an allowed country."), "address")
_NO_EMAIL = Problem(Reason.INVALID_RECIPIENT, _("This is not an email address."), "address")
_NO_VALUE = Problem(Reason.INVALID_CONTENT, _("A placeholder has no value."), "template_id")
_LONG_VALUE = Problem(Reason.INVALID_CONTENT, _("A value is longer than 1,000 characters."), "template_id")
_BRACES = Problem(
    Reason.INVALID_CONTENT,
    _("A value holds “{{” or “}}”, which the provider would take for a placeholder."),
    "template_id",
)


# -- the account (rules 1, 2 and the settings) --------------------------------------------------------
def check_base_url(url: str) -> Problems:
    """The credentials travel with every request, so nothing but https will do, except to this very machine."""
    if not url:
        return [Problem(Reason.REJECTED, _("The base URL of your account is needed."), "base_url")]
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        text = _("The address must begin with https://: user and password travel with every request.")
        return [Problem(Reason.REJECTED, text, "base_url")]
    if "@" in parts.netloc or parts.query:
        text = _("The address holds neither a user nor anything after a “?”.")
        return [Problem(Reason.REJECTED, text, "base_url")]
    return []


def check_credentials(credentials: Mapping[str, str]) -> Problems:
    """`user` and `password` as entered."""
    problems = []
    for name, value in credentials.items():
        if not value:
            problems.append(Problem(Reason.AUTH, _("The user and the password are needed."), name))
        elif _CONTROL.search(value):
            problems.append(Problem(Reason.AUTH, _("This contains characters that no credential has."), name))
    if ":" in credentials.get("user", ""):
        problems.append(Problem(Reason.AUTH, _("A user name holds no colon."), "user"))
    return problems


def check_settings(card_field: str, zone: str) -> Problems:
    problems = []
    if card_field and not _FIELD_NAME.fullmatch(card_field):
        text = _("Write the name of one contact field, as a placeholder would.")
        problems.append(Problem(Reason.INVALID_CONTENT, text, fields.CARD_FIELD))
    if not times.is_zone(zone):
        text = _("This is no time zone; write one such as Europe/Athens.")
        problems.append(Problem(Reason.INVALID_CONTENT, text, fields.TIME_ZONE))
    return problems


# -- the content (rules 3, 9 and 11) ------------------------------------------------------------------
def check_template(body: Body, lines: str) -> Problems:
    """Whether the account knows the template for this channel, and every one of its tags gets a value."""
    if not body.template_id:
        return [_NO_TEMPLATE]
    template = stored.find(lines, body.template_id, body.channel)
    if template is None:
        return [_UNKNOWN_TEMPLATE]
    if missing := [tag for tag in template.placeholders if tag not in body.names]:
        text = _("The template's tag %(name)s gets no value.")
        return [Problem(Reason.INVALID_CONTENT, text, "template_id", {"name": missing[0]})]
    if wrong := [name for name in body.names if not stored.TAG.fullmatch(name)]:
        text = _("%(name)s is no tag: a tag has letters, digits and “_” only, at most 64.")
        return [Problem(Reason.INVALID_CONTENT, text, "template_id", {"name": wrong[0]})]
    return []


def check_schedule(date: str, allowed: bool, zone: ZoneInfo, now: datetime) -> Problems:
    """`date` as the campaign has it; "" = at once."""
    if not date:
        return []
    if not allowed:
        return [_NOT_ALLOWED]
    due = times.moment(date, zone)
    return [] if due is not None and times.may_schedule(due, now) else [_BAD_DATE]


# -- one message (rules 6, 7, 9 and 10) ---------------------------------------------------------------
def check_message(body: Body, message: Message, allowed: tuple[Country, ...]) -> Problems:
    if body.channel is Channel.SMS:
        if not is_allowed(message.address, allowed):
            return [_NO_PHONE]
    elif not is_address(message.address):
        return [_NO_EMAIL]
    if len(message.values) != len(body.names):
        return [_NO_VALUE]
    if any(len(value) > MAX_VALUE for value in message.values):
        return [_LONG_VALUE]
    if any("{{" in value or "}}" in value for value in message.values):
        return [_BRACES]
    return []


def is_address(address: str) -> bool:
    return len(address) <= MAX_ADDRESS and _ADDRESS.fullmatch(address) is not None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
