"""Event Notification Service: callbacks with their handshake, subscriptions, signed batches of events (contract §6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson

from campaigns.sandbox.callbacks import Manners
from campaigns.sandbox.ids import uuid
from campaigns.sandbox.vendors.salesforce.errors import (
    INVALID_OPERATION,
    MISSING_FIELD,
    NOT_FOUND,
    VALIDATION,
    WRONG_TYPE,
    WRONG_VALUE,
    Refusal,
    error_answer,
    read_list,
    read_object,
)
from campaigns.sandbox.vendors.salesforce.events import PREFIX, Happening
from campaigns.sandbox.vendors.salesforce.settings import SalesforceSettings
from campaigns.sandbox.vendors.salesforce.tokens import SLUG
from campaigns.sandbox.wire import Answer, Call
from campaigns.sandbox.world import World

HANDSHAKE_SECONDS = 30.0  # real time in which the URL must answer 200
VERIFY_WITHIN_S = 4 * 3600.0
PATIENCE = 2.0  # real seconds for an answer to a batch
RETRIES, RETRY_DELAY_S = 3, 30.0  # ours: the vendor publishes no schedule
BATCH_SIZES = (1, 1000)
MOST_SUBSCRIPTIONS = 200  # per callback
ACTIVE, PAUSED = "active", "paused"
SIGNATURE = "x-sfmc-ens-signature"


@dataclass(slots=True)
class Callback:
    id: str
    name: str
    url: str
    batch_size: int
    made_at: float
    signature_key: str
    verification_key: str
    verified: bool = False

    def shown(self) -> dict[str, Any]:
        """The answer to its creation: the only one that holds the signature key."""
        return {"callbackId": self.id, "callbackName": self.name, "url": self.url, "maxBatchSize": self.batch_size,
                "signatureKey": self.signature_key}  # fmt: skip


@dataclass(slots=True)
class Subscription:
    id: str
    callback: Callback
    name: str
    kinds: frozenset[str]
    filters: Sequence[Any]
    active_from: float
    status: str = ACTIVE
    reason: str = ""
    dropped: int = field(default=0)

    def shown(self) -> dict[str, Any]:
        return {"subscriptionId": self.id, "callbackId": self.callback.id, "subscriptionName": self.name,
                "eventCategoryTypes": sorted(self.kinds), "filters": list(self.filters), "status": self.status,
                "statusReason": self.reason}  # fmt: skip


class Notifications:
    """Set-up by the three ENS routes; `tell` posts what happens to those who asked for it."""

    def __init__(self, world: World, settings: SalesforceSettings) -> None:
        self._world, self._settings = world, settings
        self.clear()

    def clear(self) -> None:
        self._callbacks: dict[str, Callback] = {}
        self._subscriptions: dict[str, Subscription] = {}

    # -- set-up -----------------------------------------------------------------------------------
    def create_callbacks(self, call: Call) -> Answer:
        """POST /platform/v1/ens-callbacks: calls each URL before it answers."""
        made = [self._callback(values, call.now) for values in read_list(call.body)]
        return Answer(until=lambda: self._greet(made))

    async def _greet(self, callbacks: Sequence[Callback]) -> Answer:
        """Post the verification keys; a URL that does not take its own refuses the whole request."""
        for callback in callbacks:
            self._callbacks[callback.id] = callback  # known already: whoever is quick may verify at once
        for callback in callbacks:
            body = orjson.dumps({"callbackId": callback.id, "verificationKey": callback.verification_key})
            if await self._world.courier.ask(callback.url, body, HANDSHAKE_SECONDS) != 200:
                for one in callbacks:
                    self._callbacks.pop(one.id, None)
                return error_answer(400, VALIDATION, f"{callback.url} did not answer 200 to the verification")
        return Answer([callback.shown() for callback in callbacks], 201)

    def verify(self, call: Call) -> Answer:
        """POST /platform/v1/ens-verify"""
        values = read_object(call.body)
        callback = self._callbacks.get(str(values.get("callbackId")))
        if callback is None or not hmac.compare_digest(
            str(values.get("verificationKey")).encode(), callback.verification_key.encode()
        ):
            raise Refusal(NOT_FOUND, "callbackId or verificationKey", 404)
        if call.now - callback.made_at > VERIFY_WITHIN_S:
            raise Refusal(NOT_FOUND, "the verification key has expired", 404)
        callback.verified = True
        return Answer({"callbackId": callback.id, "status": "verified"})

    def subscribe(self, call: Call) -> Answer:
        """POST /platform/v1/ens-subscriptions: 304 when they all exist."""
        wanted = [self._subscription(values, call.now) for values in read_list(call.body)]
        fresh = [one for one in wanted if not self._exists(one)]
        for one in fresh:
            self._subscriptions[one.id] = one
        return Answer([one.shown() for one in fresh], 201) if fresh else Answer(status=304)

    def change_subscriptions(self, call: Call) -> Answer:
        """PUT /platform/v1/ens-subscriptions: pause and go on."""
        changed = []
        for values in read_list(call.body):
            found = self._subscriptions.get(str(values.get("subscriptionId")))
            if found is None:
                raise Refusal(NOT_FOUND, "subscriptionId", 404)
            if values.get("status") not in (ACTIVE, PAUSED):
                raise Refusal(WRONG_VALUE, "status")
            found.status, found.reason = str(values["status"]), str(values.get("statusReason") or "")
            changed.append(found.shown())
        return Answer(changed)

    def _callback(self, values: Mapping[str, Any], now: float) -> Callback:
        name, url, size = values.get("callbackName"), values.get("url"), values.get("maxBatchSize", BATCH_SIZES[1])
        if not isinstance(name, str) or not name:
            raise Refusal(MISSING_FIELD, "callbackName")
        if not isinstance(url, str) or not _is_allowed(url):
            raise Refusal(WRONG_VALUE, "url")
        if isinstance(size, bool) or not isinstance(size, int) or not BATCH_SIZES[0] <= size <= BATCH_SIZES[1]:
            raise Refusal(WRONG_VALUE, "maxBatchSize")
        key = base64.b64encode(hashlib.sha256(uuid().encode()).digest()).decode()
        return Callback(uuid(), name, url, size, now, key, uuid())

    def _subscription(self, values: Mapping[str, Any], now: float) -> Subscription:
        callback = self._callbacks.get(str(values.get("callbackId")))
        if callback is None:
            raise Refusal(NOT_FOUND, "callbackId", 404)
        if not callback.verified:
            raise Refusal(INVALID_OPERATION, "the callback is not verified")
        if sum(one.callback is callback for one in self._subscriptions.values()) >= MOST_SUBSCRIPTIONS:
            raise Refusal(INVALID_OPERATION, "the callback has too many subscriptions")
        name, kinds, filters = values.get("subscriptionName"), values.get("eventCategoryTypes"), values.get("filters")
        if not isinstance(name, str) or not name:
            raise Refusal(MISSING_FIELD, "subscriptionName")
        if not isinstance(kinds, list) or not kinds or not all(str(kind).startswith(PREFIX) for kind in kinds):
            raise Refusal(WRONG_VALUE, "eventCategoryTypes")
        if not isinstance(filters, list | None):
            raise Refusal(WRONG_TYPE, "filters")
        begins = now + self._settings.subscription_delay_s
        return Subscription(uuid(), callback, name, frozenset(kinds), filters or [], begins)

    def _exists(self, wanted: Subscription) -> bool:
        return any(one.callback is wanted.callback and one.name == wanted.name for one in self._subscriptions.values())

    # -- delivery ---------------------------------------------------------------------------------
    def tell(self, happenings: Sequence[Happening]) -> None:
        """Post these to every active subscription in batches. What a paused one would get is lost."""
        now = self._world.clock.now()
        for one in self._subscriptions.values():
            wanted = [happening for happening in happenings if PREFIX + happening.kind in one.kinds]
            if one.status == PAUSED or one.active_from > now:
                one.dropped += len(wanted)
                continue
            size = one.callback.batch_size
            for start in range(0, len(wanted), size):
                self._post(one.callback, wanted[start : start + size], now)

    def _post(self, callback: Callback, happenings: Sequence[Happening], now: float) -> None:
        manners = Manners(
            accepts=lambda status: 200 <= status <= 204, sign=partial(self._signature, callback), timeout=PATIENCE
        )
        render = partial(self._body, happenings)
        renders = [render, render] if self._settings.repeat_batches else [render]
        self._world.courier.send(SLUG, "ens", callback.url, renders, _retry_delay, now, manners)

    def _body(self, happenings: Sequence[Happening]) -> bytes:
        return orjson.dumps([happening.shown(self._settings) for happening in happenings])

    def _signature(self, callback: Callback, body: bytes) -> dict[str, str]:
        key = callback.signature_key + ("-wrong" if self._settings.sign_wrongly else "")
        digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
        return {SIGNATURE: base64.b64encode(digest).decode()}


def _retry_delay(attempt: int) -> float | None:
    return RETRY_DELAY_S if attempt <= RETRIES else None


def _is_allowed(url: str) -> bool:
    """HTTPS without port and query; plain HTTP with a port only to this machine, which the real service refuses."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.query or not parts.hostname:
        return False
    if parts.scheme == "https":
        return port is None
    return parts.scheme == "http" and _is_loopback(parts.hostname)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
