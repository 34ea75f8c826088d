"""Reading send requests: the checks of the contract in its order, first of the request, then of each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.sandbox.ids import uuid
from campaigns.sandbox.vendors.salesforce.definitions import Definition, Definitions
from campaigns.sandbox.vendors.salesforce.errors import (
    BAD_CONTACT,
    BAD_DEFINITION,
    BAD_NUMBER,
    BAD_RESUBSCRIBE,
    DUPLICATE_KEY,
    LONG_KEY,
    NO_CONTACT,
    NO_DEFINITION,
    NO_NUMBER,
    NOBODY,
    TOO_MANY,
    UNKNOWN_FIELD,
    VALIDATION,
    WRONG_TYPE,
    Refusal,
    message,
    read_object,
)

MOST_RECIPIENTS, LONGEST_KEY = 2000, 100
MANY_FIELDS = frozenset({"definitionKey", "recipients", "subscriptions", "content", "attributes"})
ONE_FIELDS = frozenset({"definitionKey", "recipient", "content"})
ROW_FIELDS = frozenset({"contactKey", "to", "messageKey", "attributes"})
_digits = re.compile(r"[0-9]{8,15}").fullmatch


@dataclass(frozen=True, slots=True)
class Row:
    """One recipient as requested. `error`: its code, 0 when it can be taken."""

    key: str
    contact_key: str
    number: str
    attributes: Mapping[str, Any]
    error: int = 0

    def answer(self) -> dict[str, Any]:
        """Its row in `responses`."""
        if not self.error:
            return {"messageKey": self.key}
        return {"messageKey": self.key, "errorcode": self.error, "message": message(self.error)}


@dataclass(frozen=True, slots=True)
class SendRequest:
    """A request that passed the checks that concern all of it. `text`: the override, None = the definition's."""

    definition: Definition
    rows: Sequence[Row]
    attributes: Mapping[str, Any]
    resubscribe: bool
    text: str | None


def read_many(body: bytes, definitions: Definitions, is_used: Callable[[str], bool]) -> SendRequest:
    """POST …/messages/. `is_used`: whether a messageKey is taken beyond this request. Raises Refusal."""
    values = read_object(body)
    definition = _definition(values, definitions)
    if "recipient" in values and "recipients" in values:
        raise Refusal(VALIDATION, "recipient and recipients exclude each other")
    rows = values.get("recipients")
    if not isinstance(rows, list) or not rows:
        raise Refusal(NOBODY)
    if len(rows) > MOST_RECIPIENTS:
        raise Refusal(TOO_MANY, str(len(rows)))
    if not all(isinstance(row, dict) for row in rows):
        raise Refusal(WRONG_TYPE, "recipients")
    _refuse_unknown(values, MANY_FIELDS)
    for row in rows:
        _refuse_unknown(row, ROW_FIELDS)
    return SendRequest(definition, _checked(rows, is_used), _attributes(values), _resubscribe(values), _text(values))


def read_one(body: bytes, key: str, definitions: Definitions, is_used: Callable[[str], bool]) -> SendRequest:
    """POST …/messages/{messageKey}. Raises Refusal."""
    values = read_object(body)
    definition = _definition(values, definitions)
    if "recipients" in values:
        raise Refusal(VALIDATION, "this route takes one recipient")
    row = values.get("recipient")
    if not isinstance(row, dict):
        raise Refusal(NOBODY)
    _refuse_unknown(values, ONE_FIELDS)
    _refuse_unknown(row, ROW_FIELDS - {"messageKey"})
    return SendRequest(definition, _checked([{**row, "messageKey": key}], is_used), {}, False, _text(values))


def _definition(values: Mapping[str, Any], definitions: Definitions) -> Definition:
    key = values.get("definitionKey")
    if key is None or key == "":
        raise Refusal(NO_DEFINITION)
    definition = definitions.get(key)
    if definition is None:
        raise Refusal(BAD_DEFINITION, str(key))
    return definition


def _refuse_unknown(values: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := values.keys() - known:
        raise Refusal(UNKNOWN_FIELD, sorted(unknown)[0])


def _checked(rows: Sequence[Mapping[str, Any]], is_used: Callable[[str], bool]) -> list[Row]:
    seen: set[str] = set()
    read = []
    for row in rows:
        key = row.get("messageKey")
        key = uuid() if key is None or key == "" else str(key)
        error = _fault(row, key, key in seen or is_used(key))
        seen.add(key)
        read.append(Row(key, str(row.get("contactKey") or ""), str(row.get("to") or ""), _attributes(row), error))
    return read


def _fault(row: Mapping[str, Any], key: str, is_double: bool) -> int:
    """The code of what is wrong with one row, in the contract's order; 0 = nothing."""
    contact, number = row.get("contactKey"), row.get("to")
    if contact is None or contact == "":
        return NO_CONTACT
    if not isinstance(contact, str):
        return BAD_CONTACT
    if not isinstance(number, str) or not number.strip():
        return NO_NUMBER if number is None or isinstance(number, str) else BAD_NUMBER
    if not _digits(number):
        return BAD_NUMBER
    if len(key) > LONGEST_KEY:
        return LONG_KEY
    return DUPLICATE_KEY if is_double else 0


def _attributes(values: Mapping[str, Any]) -> Mapping[str, Any]:
    found = values.get("attributes")
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(value, str | int | float) for value in found.values()):
        raise Refusal(WRONG_TYPE, "attributes")
    return found


def _resubscribe(values: Mapping[str, Any]) -> bool:
    subscriptions = values.get("subscriptions")
    if subscriptions is None:
        return False
    if not isinstance(subscriptions, dict):
        raise Refusal(WRONG_TYPE, "subscriptions")
    _refuse_unknown(subscriptions, frozenset({"resubscribe"}))
    value = subscriptions.get("resubscribe", False)
    if not isinstance(value, bool):
        raise Refusal(BAD_RESUBSCRIBE)
    return value


def _text(values: Mapping[str, Any]) -> str | None:
    content = values.get("content")
    if content is None:
        return None
    if not isinstance(content, dict):
        raise Refusal(WRONG_TYPE, "content")
    _refuse_unknown(content, frozenset({"message"}))
    text = content.get("message")
    if text is not None and not isinstance(text, str):
        raise Refusal(WRONG_TYPE, "content.message")
    return text
