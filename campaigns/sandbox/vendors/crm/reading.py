"""Reading `POST /api/SendMessages`: the checks of the contract, in its order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from campaigns.sandbox.vendors.crm import errors
from campaigns.sandbox.vendors.crm.errors import Failure
from campaigns.sandbox.vendors.crm.templates import EMAIL, Template
from campaigns.sandbox.vendors.crm.times import parse_moment
from campaigns.sandbox.wire import Call

_greek_mobile = re.compile(r"(?:\+30|0030|30)?(69\d{8})").fullmatch
_email = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+").fullmatch


@dataclass(frozen=True, slots=True)
class SendRequest:
    """A call that passed. `send_at`: virtual seconds, the call's own time when it is due at once."""

    template: Template
    send_at: float
    recipients: list[dict[str, Any]]
    undocumented: frozenset[str]  # names of fields that the contract does not know


ROOT_FIELDS = frozenset({"templateId", "scheduleDate", "recipients"})
RECIPIENT_FIELDS = frozenset({"uniqueId", "cardNumber", "email", "mobilePhone", "payload"})


def read(call: Call, templates: Mapping[int, Template]) -> SendRequest:
    """The request, or Failure with the first thing that is wrong with the call as a whole."""
    body = _object(call)
    template = _template(call, body.get("templateId"), templates)
    recipients = _recipients(call, body.get("recipients"))
    strange = body.keys() - ROOT_FIELDS
    for recipient in recipients:
        strange |= recipient.keys() - RECIPIENT_FIELDS
    return SendRequest(template, _send_at(call, body.get("scheduleDate")), recipients, frozenset(strange))


def destination(template: Template, recipient: Mapping[str, Any]) -> str | None:
    """The address of the template's channel (a phone with its country code), or None when it is not valid."""
    if template.channel == EMAIL:
        email = recipient.get("email")
        return email.strip() if isinstance(email, str) and _email(email.strip()) else None
    mobile = recipient.get("mobilePhone")
    match = _greek_mobile(mobile) if isinstance(mobile, str) else None
    return f"+30{match[1]}" if match else None


def _object(call: Call) -> dict[str, Any]:
    try:
        body = orjson.loads(call.body) if call.is_json else None
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise Failure(call, errors.BAD_BODY)
    return body


def _template(call: Call, template_id: Any, templates: Mapping[int, Template]) -> Template:
    if isinstance(template_id, bool) or not isinstance(template_id, int):
        raise Failure(call, errors.TEMPLATE_ID)
    template = templates.get(template_id)
    if template is None:
        raise Failure(call, errors.TEMPLATE_UNKNOWN, template_id)
    if not template.active:
        raise Failure(call, errors.TEMPLATE_INACTIVE, template_id)
    return template


def _recipients(call: Call, recipients: Any) -> list[dict[str, Any]]:
    if not isinstance(recipients, list) or not recipients or not all(isinstance(row, dict) for row in recipients):
        raise Failure(call, errors.RECIPIENTS)
    seen: set[str] = set()
    for recipient in recipients:
        unique_id = recipient.get("uniqueId")
        if not isinstance(unique_id, str) or not unique_id.strip():
            raise Failure(call, errors.UNIQUE_ID_MISSING)
        if unique_id in seen:
            raise Failure(call, errors.UNIQUE_ID_REPEATED, unique_id)
        seen.add(unique_id)
    return recipients


def _send_at(call: Call, date: Any) -> float:
    """A moment that has passed means now."""
    if date is None:
        return call.now
    moment = parse_moment(date)
    if moment is None:
        raise Failure(call, errors.SCHEDULE_DATE)
    return max(moment, call.now)
