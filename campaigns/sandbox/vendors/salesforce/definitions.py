"""Send definitions: created, listed, changed, deleted; each with the queue of what waits under it (contract §4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.sandbox.clock import iso_utc
from campaigns.sandbox.ids import uuid
from campaigns.sandbox.vendors.salesforce.errors import (
    ALREADY_EXISTS,
    INVALID_OPERATION,
    MISSING_FIELD,
    NOT_FOUND,
    WRONG_TYPE,
    WRONG_VALUE,
    Refusal,
    read_object,
)
from campaigns.sandbox.vendors.salesforce.messages import Sms
from campaigns.sandbox.wire import Answer, Call

ACTIVE, INACTIVE, DELETED = "active", "inactive", "deleted"
PAGE_SIZE = 50
ORDERS = ("definitionKey", "name", "createdDate", "modifiedDate", "status")
CHANGEABLE = ("name", "content", "status", "description", "subscriptions")
_filter = re.compile(r"status\s+(eq|neq)\s+'?(\w+)'?", re.IGNORECASE).fullmatch


@dataclass(slots=True)
class Definition:
    """`queue`: messages that have not left yet, oldest first, by their composite ids."""

    key: str
    id: str
    name: str
    message: str
    status: str
    subscriptions: Mapping[str, Any]
    description: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    modified_at: float = 0.0
    queue: dict[str, Sms] = field(default_factory=dict)

    @property
    def adds_contacts(self) -> bool:
        return self.subscriptions.get("autoAddSubscriber") is not False

    def head(self) -> dict[str, Any]:
        """As in the list: without its text."""
        return {
            "definitionKey": self.key,
            "definitionId": self.id,
            "name": self.name,
            "description": self.description,
            "status": self.status,
            "createdDate": iso_utc(self.created_at),
            "modifiedDate": iso_utc(self.modified_at),
        }

    def shown(self) -> dict[str, Any]:
        more = {"content": {"message": self.message}, "subscriptions": self.subscriptions, "options": self.options}
        return {"requestId": uuid(), **self.head(), **more}


def _seeded(now: float) -> Iterator[Definition]:
    texts = {
        "demo-active": (ACTIVE, "%%FirstName%%, your order is on its way.", True),
        "demo-inactive": (INACTIVE, "%%FirstName%%, this waits.", True),
        "demo-closed": (ACTIVE, "%%FirstName%%, for known contacts only.", False),
    }
    for key, (status, text, adds) in texts.items():
        subscriptions = {"shortCode": "40404", "countryCode": "ES", "keyword": "DEMO", "autoAddSubscriber": adds,
                         "updateSubscriber": True}  # fmt: skip
        yield Definition(key, uuid(), key.replace("-", " ").capitalize(), text, status, subscriptions,
                         created_at=now, modified_at=now)  # fmt: skip


class Definitions:
    """The definitions of the business unit. `activated` is told of one whose waiting messages may go,
    `cleared` of the messages that a cleared queue held."""

    def __init__(
        self,
        now: Callable[[], float],
        activated: Callable[[Definition], None],
        cleared: Callable[[list[Sms]], None],
    ) -> None:
        self._now, self._activated, self._cleared = now, activated, cleared
        self.clear()

    def clear(self) -> None:
        self._by_key = {definition.key: definition for definition in _seeded(self._now())}

    def get(self, key: object) -> Definition | None:
        """A definition that can be sent with: known and not deleted."""
        found = self._by_key.get(key) if isinstance(key, str) else None
        return found if found is not None and found.status != DELETED else None

    def create(self, call: Call) -> Answer:
        body = read_object(call.body)
        subscriptions = _object(body, "subscriptions")
        required = {
            "definitionKey": body.get("definitionKey"),
            "name": body.get("name"),
            "content.message": _object(body, "content").get("message"),
            "subscriptions.shortCode": subscriptions.get("shortCode"),
            "subscriptions.keyword": subscriptions.get("keyword"),
        }
        for name, value in required.items():
            if value is None or value == "":
                raise Refusal(MISSING_FIELD, name)
            if not isinstance(value, str):
                raise Refusal(WRONG_TYPE, name)
        key, name = str(body["definitionKey"]), str(body["name"])
        if key in self._by_key or self._has_name(name):
            raise Refusal(ALREADY_EXISTS, key, 409)
        self._by_key[key] = definition = Definition(
            key, uuid(), name, str(required["content.message"]), _status(body.get("status", ACTIVE)), subscriptions,
            str(body.get("description") or ""), _object(body, "options"), call.now, call.now,
        )  # fmt: skip
        return Answer(definition.shown(), 201)

    def show(self, call: Call) -> Answer:
        return Answer(self._of(call).shown())

    def list_page(self, call: Call) -> Answer:
        """`$filter` on the status, `$orderBy`, `$page` and `$pageSize`; without a filter all but deleted ones."""
        query = {name.lower(): value for name, value in call.query.items()}
        chosen = [one for one in self._by_key.values() if _passes(one, query.get("$filter"))]
        order = query.get("$orderby", "definitionKey")
        if order not in ORDERS:
            raise Refusal(WRONG_VALUE, "$orderBy")
        heads = sorted((one.head() for one in chosen), key=lambda head: str(head[order]))
        page, size = _number(query, "$page", 1), _number(query, "$pagesize", PAGE_SIZE)
        part = heads[(page - 1) * size : page * size]
        return Answer({"requestId": uuid(), "definitions": part, "count": len(heads), "page": page, "pageSize": size})

    def change(self, call: Call) -> Answer:
        definition, body = self._of(call), read_object(call.body)
        for name in body:
            if name not in CHANGEABLE:
                raise Refusal(WRONG_VALUE, name)
        name = body.get("name", definition.name)
        if name != definition.name and self._has_name(name):
            raise Refusal(ALREADY_EXISTS, str(name), 409)
        was, status = definition.status, _status(body.get("status", definition.status))
        definition.name, definition.status, definition.modified_at = str(name), status, call.now
        definition.description = str(body.get("description", definition.description) or "")
        definition.message = str(_object(body, "content").get("message", definition.message))
        definition.subscriptions = {**definition.subscriptions, **_object(body, "subscriptions")}
        if status == ACTIVE and was != ACTIVE:
            self._activated(definition)
        return Answer(definition.shown())

    def delete(self, call: Call) -> Answer:
        """The key stays taken."""
        definition = self._of(call)
        definition.status, definition.modified_at = DELETED, call.now
        return Answer({"requestId": uuid(), "message": "Success"})

    def queue_metrics(self, call: Call) -> Answer:
        queue = self._of(call).queue
        oldest = next(iter(queue.values())).submission.at if queue else call.now
        return Answer({"requestId": uuid(), "count": len(queue), "ageSeconds": int(call.now - oldest)})

    def clear_queue(self, call: Call) -> Answer:
        definition = self._of(call)
        if definition.status != INACTIVE:
            raise Refusal(INVALID_OPERATION, "the definition is not inactive")
        waiting = list(definition.queue.values())
        definition.queue.clear()
        self._cleared(waiting)
        return Answer({"requestId": uuid(), "message": "Queued"})

    def _of(self, call: Call) -> Definition:
        definition = self._by_key.get(call.match["key"])
        if definition is None:
            raise Refusal(NOT_FOUND, call.match["key"], 404)
        return definition

    def _has_name(self, name: object) -> bool:
        return any(one.name == name for one in self._by_key.values())


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal(WRONG_TYPE, name)
    return value


def _status(value: object) -> str:
    status = str(value).lower()
    if status not in (ACTIVE, INACTIVE):
        raise Refusal(WRONG_VALUE, "status")
    return status


def _passes(definition: Definition, condition: str | None) -> bool:
    if not condition:
        return definition.status != DELETED
    found = _filter(condition.strip())
    if found is None:
        raise Refusal(WRONG_VALUE, "$filter")
    return (definition.status == found[2].lower()) == (found[1].lower() == "eq")


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise Refusal(WRONG_VALUE, name)
    return int(text)
