"""Accepting messages: the answer's rows, log entries, and the start of what becomes of them."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from campaigns.sandbox.ids import uuid
from campaigns.sandbox.misbehaviour import hang
from campaigns.sandbox.vendors.salesforce.definitions import Definitions
from campaigns.sandbox.vendors.salesforce.errors import (
    NOBODY_VALID,
    SOME_FAILED,
    error_answer,
    message,
)
from campaigns.sandbox.vendors.salesforce.lifecycle import Lifecycle
from campaigns.sandbox.vendors.salesforce.messages import MISSING_ATTRIBUTE, Batch, Sms, rendered
from campaigns.sandbox.vendors.salesforce.reading import Row, SendRequest, read_many, read_one
from campaigns.sandbox.vendors.salesforce.settings import DAYS, SalesforceSettings
from campaigns.sandbox.vendors.salesforce.tokens import SLUG
from campaigns.sandbox.wire import Answer, Call
from campaigns.sandbox.world import World

KEY_MEMORY_S = 72 * 3600  # for which a messageKey stays taken where doubles are refused across requests
UNKNOWN_CONTACT = 11
HANG_SECONDS = 300.0
PARTIAL = "partial_after_timeout"


class Sending:
    """The two send routes."""

    def __init__(
        self, world: World, settings: SalesforceSettings, definitions: Definitions, lifecycle: Lifecycle
    ) -> None:
        self._world, self._settings, self._definitions, self._lifecycle = world, settings, definitions, lifecycle
        self.clear()

    def clear(self) -> None:
        self._used: dict[str, float] = {}  # messageKey -> when it was last accepted
        self._contacts: set[str] = set()
        self._numbers = itertools.count(1)
        self.refused: list[dict[str, Any]] = []

    def many(self, call: Call) -> Answer:
        """POST /messaging/v1/sms/messages/"""
        return self._take(call, read_many(call.body, self._definitions, self._is_used(call)))

    def one(self, call: Call) -> Answer:
        """POST /messaging/v1/sms/messages/{messageKey}"""
        return self._take(call, read_one(call.body, call.match["key"], self._definitions, self._is_used(call)))

    def _is_used(self, call: Call) -> Any:
        if self._settings.dedupe_scope != DAYS:
            return lambda key: False
        return lambda key: call.now - self._used.get(key, float("-inf")) < KEY_MEMORY_S

    def _take(self, call: Call, request: SendRequest) -> Answer:
        good = [row for row in request.rows if not row.error]
        bad = len(request.rows) - len(good)
        self._remember_refused(call, request)
        if not good:
            return error_answer(400, NOBODY_VALID)
        if call.fault == PARTIAL:
            good = good[: len(good) // 2]
        request_id = uuid()
        self._accept(call, request, good, request_id)
        body: dict[str, Any] = {"requestId": request_id, "errorcode": 0}
        if bad:
            text = message(SOME_FAILED, f"{bad} subscribers failed to queue out of {len(request.rows)}")
            body |= {"errorcode": SOME_FAILED, "message": text}
        answer = Answer({**body, "responses": [row.answer() for row in request.rows]}, 202)
        return self._delayed(call, answer)

    def _accept(self, call: Call, request: SendRequest, rows: list[Row], request_id: str) -> None:
        definition = request.definition
        batch = Batch(call.arrival.number, call.now, request_id, definition.key, definition.id, request.resubscribe)
        template = definition.message if request.text is None else request.text
        messages = [self._message(batch, row, request, template) for row in rows]
        self._world.log.accept(messages)
        call.arrival.accepted = len(messages)
        self._lifecycle.begin(definition, messages)

    def _message(self, batch: Batch, row: Row, request: SendRequest, template: str) -> Sms:
        text, complete = rendered(template, row.attributes, request.attributes)
        doomed = 0 if complete else MISSING_ATTRIBUTE
        if request.definition.adds_contacts:
            self._contacts.add(row.contact_key)
        elif row.contact_key not in self._contacts:
            doomed = UNKNOWN_CONTACT
        if any("%%" in str(value) for value in row.attributes.values()):
            self._world.violations.add(SLUG, "code_in_data", f"an attribute of {row.key} holds %%", batch.number)
        self._used[row.key] = batch.at
        composite_id = f"api.{batch.request_id[:4]}.{next(self._numbers)}"
        return Sms(batch, row.key, composite_id, row.number, row.contact_key, text, doomed)

    def _remember_refused(self, call: Call, request: SendRequest) -> None:
        for row in request.rows:
            if row.error:
                call.arrival.refused += 1
                entry = {"vendor": SLUG, "reference": row.key, "destination": row.number, "code": row.error}
                self.refused.append({**entry, "request": call.arrival.number})

    def _delayed(self, call: Call, answer: Answer) -> Answer:
        """The answer under a fault of this vendor's own kind."""
        if call.fault == PARTIAL:
            answer.until = lambda: _never(call, answer, self._world.released)
        return answer


async def _never(call: Call, answer: Answer, released: asyncio.Event) -> Answer:
    """Hangs until the client has gone; nobody reads this answer."""
    await hang(call.request, HANG_SECONDS, released)
    return Answer(answer.payload, answer.status)
