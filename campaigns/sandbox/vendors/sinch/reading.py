"""Reading send requests: every structural rule of the contract. One fault refuses the whole request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from campaigns.sandbox.vendors.sinch.errors import BadRequest
from campaigns.sandbox.vendors.sinch.timing import TIMING_FIELDS

MOST_ITEMS = 1000
LONGEST_TEXT, LONGEST_CORRELATION, LONGEST_EXTRA = 1280, 64, 255  # characters, counted as UTF-16 units

# Where the contract puts a field in a bulk body. Elsewhere it is ignored, and that is noted as a violation.
ROOT_FIELDS = frozenset({"flowId", "campaignAlias", "subAccount", "templateId", "templateName", *TIMING_FIELDS})
ITEM_FIELDS = frozenset({"destination", "messageText", "params", "correlationId", "extraInfo"})
DEFAULT_FIELDS = frozenset({"messageText", "params", "flashSMS"})
KNOWN_FIELDS = ROOT_FIELDS | ITEM_FIELDS | DEFAULT_FIELDS


@dataclass(frozen=True, slots=True)
class Item:
    """One message as requested."""

    destination: str
    text: str
    correlation_id: str | None
    extra_info: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class SendRequest:
    """A request without structural faults. `root` holds the fields that apply to all messages;
    `misplaced` counts fields that stand where they have no effect."""

    items: list[Item]
    root: Mapping[str, Any]
    misplaced: Counter[str] = field(default_factory=Counter)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises BadRequest."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest("The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    return value


def read_single(body: Mapping[str, Any]) -> SendRequest:
    """The flat object of send-sms. Raises BadRequest."""
    _check_flow(body, body.get("params"))
    _check_flash(body)
    return SendRequest([_read_item(body, {}, "", body.get("flowId") is not None)], body)


def read_bulk(body: Mapping[str, Any]) -> SendRequest:
    """The object of send-bulk-sms. Raises BadRequest."""
    items, defaults = body.get("messages"), body.get("defaultValues")
    if not isinstance(items, list) or not items:
        raise BadRequest("messages must be a list with at least one message.")
    if len(items) > MOST_ITEMS:
        raise BadRequest(f"messages may hold at most {MOST_ITEMS} messages, not {len(items)}.")
    if defaults is None:
        defaults = {}
    elif not isinstance(defaults, dict):
        raise BadRequest("defaultValues must be an object.")
    _check_flow(body, defaults.get("params"))
    _check_flash(defaults)
    misplaced = Counter(f"{name} at the root" for name in body.keys() & (KNOWN_FIELDS - ROOT_FIELDS))
    misplaced.update(f"{name} in defaultValues" for name in defaults.keys() & (KNOWN_FIELDS - DEFAULT_FIELDS))
    _text(defaults, "defaultValues.")
    has_flow = body.get("flowId") is not None
    read: list[Item] = []
    for position, item in enumerate(items):
        if not isinstance(item, dict):
            raise BadRequest(f"messages[{position}] must be an object.")
        if extra := item.keys() - ITEM_FIELDS:
            misplaced.update(f"{name} in a message" for name in extra & KNOWN_FIELDS)
        if "params" in item:
            _check_flow(body, item["params"])
        read.append(_read_item(item, defaults, position, has_flow))
    return SendRequest(read, body, misplaced)


def _read_item(item: Mapping[str, Any], defaults: Mapping[str, Any], position: int | str, has_flow: bool) -> Item:
    destination = item.get("destination")
    if type(destination) is not str or not destination.strip():
        raise BadRequest(f"{_where(position)}destination is required.")
    text = _text(item, position) or str(defaults.get("messageText") or "")
    if not text and not has_flow:
        raise BadRequest(f"{_where(position)}messageText is required.")
    correlation_id, extra_info = item.get("correlationId"), item.get("extraInfo")
    if correlation_id is not None:
        _check_length(correlation_id, LONGEST_CORRELATION, "correlationId", position)
    if extra_info is not None:
        _check_length(extra_info, LONGEST_EXTRA, "extraInfo", position)
    if not has_flow:
        return Item(destination, text, correlation_id, extra_info or "")
    params = {**(defaults.get("params") or {}), **(item.get("params") or {})}
    return Item(destination, text, correlation_id, extra_info or "", params)


def _text(values: Mapping[str, Any], position: int | str) -> str:
    text = values.get("messageText")
    if text is None:
        return ""
    _check_length(text, LONGEST_TEXT, "messageText", position)
    return str(text)


def _check_length(value: Any, most: int, name: str, position: int | str) -> None:
    if type(value) is not str:
        raise BadRequest(f"{_where(position)}{name} must be a string.")
    if len(value) > most or (2 * len(value) > most and len(value.encode("utf-16-le")) > 2 * most):
        raise BadRequest(f"{_where(position)}{name} may have at most {most} characters.")


def _where(position: int | str) -> str:
    return f"messages[{position}]." if isinstance(position, int) else position


def _check_flow(root: Mapping[str, Any], params: Any) -> None:
    flow = root.get("flowId")
    if flow is not None and (not isinstance(flow, str) or not flow):
        raise BadRequest("flowId must be a string.")
    if params is None:
        return
    if flow is None:
        raise BadRequest("params needs flowId.")
    if not isinstance(params, dict):
        raise BadRequest("params must be an object.")


def _check_flash(values: Mapping[str, Any]) -> None:
    flash = values.get("flashSMS")
    if flash is not None and not isinstance(flash, bool) and flash not in ("true", "false"):
        raise BadRequest("flashSMS must be true or false.")
