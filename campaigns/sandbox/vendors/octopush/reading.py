"""Reading requests as leniently as the vendor says it does: a wrong type is cast, a wrong value repaired or ignored
(contract §0, §13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from campaigns.sandbox.vendors.octopush.errors import Errors
from campaigns.sandbox.vendors.octopush.settings import OctopushSettings

PARIS = ZoneInfo("Europe/Paris")
PRODUCTS = ("sms_premium", "sms_low_cost", "sms_vocal")
LONGEST_TEXT = 1224
SENDER_LENGTH = range(3, 12)

SLOTS = ("first_name", "last_name", "param1", "param2", "param3", "param4", "param5")
LONGEST_VALUE = 50

_number = re.compile(r"\+[1-9][0-9]{7,14}").fullmatch
_stop = re.compile(r"STOP \w+ (?:[0-9]{5}|XXXXX)").search
_not_of_a_sender = re.compile(r"[^A-Za-z0-9 ]")
_placeholder = re.compile(r"\{(" + "|".join(SLOTS) + r")\}")


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at the vendor: the number, and what the placeholders stand for."""

    number: str
    values: Mapping[str, str]

    def fill(self, text: str) -> str:
        """`text` with the placeholders replaced; a missing value leaves nothing."""
        return _placeholder.sub(lambda found: self.values.get(found[1], ""), text)


@dataclass(frozen=True, slots=True)
class Content:
    """What the two kinds of campaign share. `send_at`: seconds since 1970, None = at once."""

    text: str
    product: str
    purpose: str
    sender: str
    send_at: float | None
    with_replies: bool
    keep_off_blacklist: bool
    simulation: bool
    request_id: str


def read_object(body: bytes, errors: Errors) -> Mapping[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise errors.refuse("no_data") from None
    if not isinstance(value, dict):
        raise errors.refuse("no_data")
    return value


def read_content(body: Mapping[str, Any], settings: OctopushSettings, errors: Errors) -> Content:
    """Text, sender and switches of a campaign. Raises the refusals of §13."""
    text = as_text(body.get("text"))
    if not text.strip():
        raise errors.refuse("no_text")
    if len(text) > LONGEST_TEXT:
        raise errors.refuse("text_too_long")
    product, purpose = as_text(body.get("type")), as_text(body.get("purpose"))
    content = Content(
        text=text,
        product=product if product in PRODUCTS else "sms_premium",
        purpose=purpose if purpose == "alert" else "wholesale",
        sender=_sender(as_text(body.get("sender")), errors),
        send_at=read_moment(body.get("send_at")),
        with_replies=as_flag(body.get("with_replies")),
        keep_off_blacklist=as_flag(body.get("auto_remove_blacklisted_numbers")),
        simulation=as_flag(body.get("simulation_mode")),
        request_id=as_text(body.get("request_id")),
    )
    if content.purpose == "wholesale" and not _has_stop(text, settings):
        raise errors.refuse("stop_missing")
    return content


def read_contacts(rows: Any) -> list[Contact]:
    """The contacts with a possible number; the others are dropped without a word."""
    contacts = []
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and _number(number := as_text(row.get("phone_number"))):
            values = {name: as_text(row.get(name))[:LONGEST_VALUE] for name in SLOTS if row.get(name) is not None}
            contacts.append(Contact(number, values))
    return contacts


def read_moment(value: Any) -> float | None:
    """An ISO 8601 moment, in Paris time unless it says otherwise; what cannot be read is ignored."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=PARIS)).timestamp()


def as_text(value: Any) -> str:
    return "" if value is None else str(value)


def as_flag(value: Any) -> bool:
    return str(value).lower() in ("true", "1", "yes", "on")


def _sender(sender: str, errors: Errors) -> str:
    """The sender without the characters that it may not have."""
    kept = _not_of_a_sender.sub("", sender)
    if sender and len(kept) not in SENDER_LENGTH:
        raise errors.refuse("bad_sender")
    return kept


def _has_stop(text: str, settings: OctopushSettings) -> bool:
    return settings.stop_mention in text if settings.stop_strict else _stop(text) is not None
