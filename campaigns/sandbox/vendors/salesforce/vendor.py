"""The vendor: its routes, who may use them, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from campaigns.sandbox.limits import SlidingWindow
from campaigns.sandbox.vendor import Handler, Vendor
from campaigns.sandbox.vendors.salesforce.definitions import Definitions
from campaigns.sandbox.vendors.salesforce.errors import blocked, error_answer, rate_limited
from campaigns.sandbox.vendors.salesforce.idle import IdleConnections
from campaigns.sandbox.vendors.salesforce.lifecycle import Lifecycle
from campaigns.sandbox.vendors.salesforce.notifications import Notifications
from campaigns.sandbox.vendors.salesforce.sending import PARTIAL, Sending
from campaigns.sandbox.vendors.salesforce.settings import SalesforceSettings, change
from campaigns.sandbox.vendors.salesforce.statuses import Statuses
from campaigns.sandbox.vendors.salesforce.tokens import SLUG, Tokens
from campaigns.sandbox.wire import Answer, Call
from campaigns.sandbox.world import World

LIMITED, BLOCKED, IDLE_CLOSE = "http_429_50100", "http_429_50200", "idle_close_5s"
SMS, ENS = "/messaging/v1/sms", "/platform/v1"


class Salesforce(Vendor):
    """Marketing Cloud Engagement as its contract describes it."""

    slug = SLUG
    aliases = ("salesforce",)
    prefixes = ("/messaging/v1/", "/platform/v1/", "/v2/")
    fault_kinds = frozenset({LIMITED, BLOCKED, PARTIAL, IDLE_CLOSE})

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = SalesforceSettings()
        self._tokens = Tokens(world, self._settings)
        self._notifications = Notifications(world, self._settings)
        self._lifecycle = Lifecycle(world, self._settings, self._notifications)
        self._definitions = Definitions(world.clock.now, self._lifecycle.activated, self._lifecycle.cleared)
        self._sending = Sending(world, self._settings, self._definitions, self._lifecycle)
        self._statuses = Statuses(world.log, self._lifecycle)
        self._idle = IdleConnections()
        self._set_limits()

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """(method, path, handler) of every endpoint."""
        yield "POST", "/v2/token", self._faulty(self._tokens.issue)
        for messages in (f"{SMS}/messages", f"{SMS}/messages/"):
            yield "POST", messages, self._guarded("sms_send", self._sending.many)
            yield "GET", messages, self._guarded("sms_read", self._statuses.list_not_sent)
        yield "POST", f"{SMS}/messages/{{key}}", self._guarded("sms_send", self._sending.one)
        yield "GET", f"{SMS}/messages/{{key}}", self._guarded("sms_read", self._limited(self._statuses.show))
        definitions = self._definitions
        yield "POST", f"{SMS}/definitions", self._guarded("sms_write", definitions.create)
        yield "GET", f"{SMS}/definitions", self._guarded("sms_read", definitions.list_page)
        one = f"{SMS}/definitions/{{key}}"
        yield "GET", one, self._guarded("sms_read", definitions.show)
        yield "PATCH", one, self._guarded("sms_write", definitions.change)
        yield "DELETE", one, self._guarded("sms_write", definitions.delete)
        yield "GET", f"{one}/queue", self._guarded("sms_read", definitions.queue_metrics)
        yield "DELETE", f"{one}/queue", self._guarded("sms_write", definitions.clear_queue)
        notifications, right = self._notifications, "event_notification_{}_{}".format
        yield "POST", f"{ENS}/ens-callbacks", self._guarded(right("callback", "create"), notifications.create_callbacks)
        yield "POST", f"{ENS}/ens-verify", self._guarded(right("callback", "update"), notifications.verify)
        yield (
            "POST",
            f"{ENS}/ens-subscriptions",
            self._guarded(right("subscription", "create"), notifications.subscribe),
        )
        yield (
            "PUT",
            f"{ENS}/ens-subscriptions",
            self._guarded(right("subscription", "update"), notifications.change_subscriptions),
        )

    def error(self, status: int, path: str) -> Answer:
        return error_answer(status)

    def configure(self, values: Mapping[str, Any]) -> None:
        change(self._settings, values)
        self._set_limits()

    def settings_shown(self) -> dict[str, Any]:
        return asdict(self._settings)

    def reset(self) -> None:
        fresh = SalesforceSettings()
        for setting in fields(fresh):
            setattr(self._settings, setting.name, getattr(fresh, setting.name))
        for part in (self._tokens, self._notifications, self._lifecycle, self._definitions, self._sending):
            part.clear()
        self._set_limits()

    def refused(self) -> list[dict[str, Any]]:
        return list(self._sending.refused)

    def _set_limits(self) -> None:
        self._gets = SlidingWindow(self._settings.gets_per_second, 1.0)

    def _faulty(self, handler: Handler) -> Handler:
        """The handler with the misbehaviours that only this vendor has."""

        def faulty(call: Call) -> Answer:
            self._idle.used(call)
            if call.fault == LIMITED:
                return rate_limited()
            if call.fault == BLOCKED:
                return blocked()
            if call.fault == IDLE_CLOSE:
                self._idle.close_after(call, self._settings.idle_close_s)
            if call.body and not call.is_json:
                detail = "a body without Content-Type: application/json"
                self._world.violations.add(self.slug, "content_type", detail, call.arrival.number)
            return handler(call)

        return faulty

    def _guarded(self, scope: str, handler: Handler) -> Handler:
        """The handler behind the token and its scope."""

        def guarded(call: Call) -> Answer:
            call.principal = self._tokens.require(call, scope)
            return handler(call)

        return self._faulty(guarded)

    def _limited(self, handler: Handler) -> Handler:
        """The handler behind the rate limit of status look-ups."""

        def limited(call: Call) -> Answer:
            if not self._gets.admit(call.principal, call.now):
                return rate_limited()
            return handler(call)

        return limited
