"""The vendor: its routes, who may use them, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from campaigns.sandbox.limits import SlidingWindow
from campaigns.sandbox.vendor import Handler, Vendor
from campaigns.sandbox.vendors.sinch.errors import error_answer
from campaigns.sandbox.vendors.sinch.lookup import look_up
from campaigns.sandbox.vendors.sinch.messages import Sms
from campaigns.sandbox.vendors.sinch.pushes import Pushes
from campaigns.sandbox.vendors.sinch.queries import StatusQueries
from campaigns.sandbox.vendors.sinch.reading import SendRequest, read_bulk, read_object, read_single
from campaigns.sandbox.vendors.sinch.registry import CampaignRegistry
from campaigns.sandbox.vendors.sinch.replies import Replies
from campaigns.sandbox.vendors.sinch.sending import Sending
from campaigns.sandbox.vendors.sinch.settings import SinchSettings, change
from campaigns.sandbox.wire import Answer, Call, ErrorAnswer
from campaigns.sandbox.world import World


class Sinch(Vendor):
    """Sinch Messaging as its contract describes it."""

    slug = Sms.vendor
    aliases = ("sinch",)
    prefixes = ("/v1/", "/api/v1/")

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = SinchSettings()
        self._registry = CampaignRegistry()
        self._queries = StatusQueries(world.log)
        self._replies = Replies(world, self._settings)
        self._sending = Sending(
            world, self._settings, self._registry, Pushes(world, self._settings, self._queries, self._replies)
        )
        self._set_limits()

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """(method, path, handler) of every endpoint."""
        yield "POST", "/v1/send-sms", self._guarded(self._send_single)
        yield "GET", "/v1/send-sms", self._guarded(self._send_by_query)
        yield "POST", "/v1/send-bulk-sms", self._guarded(self._send_bulk)
        yield "POST", "/v1/sms/status/search", self._guarded(self._limited(self._queries.search))
        yield "GET", "/v1/sms/status/list", self._guarded(self._limited(self._queries.list_new))
        yield "GET", "/v1/sms/receive/list", self._guarded(lambda call: self._replies.list_new(call, self._user(call)))
        yield "GET", "/v1/sms/receive/search", self._guarded(lambda call: self._replies.search(call, self._user(call)))
        yield "POST", "/v1/carrier/lookup", self._guarded(look_up)
        yield "GET", "/api/v1/campaigns", self._guarded(self._registry.list_page)
        yield "POST", "/api/v1/campaigns", self._guarded(self._registry.create)
        for path in ("/api/v1/campaigns/{id}", "/api/v1/campaign/{id}"):
            yield "GET", path, self._guarded(self._registry.show)
        yield "PUT", "/api/v1/campaigns/{id}", self._guarded(self._registry.change)
        yield "DELETE", "/api/v1/campaigns/{id}", self._guarded(self._registry.delete)

    def error(self, status: int, path: str) -> Answer:
        return error_answer(status)

    def configure(self, values: Mapping[str, Any]) -> None:
        change(self._settings, values)
        self._set_limits()

    def settings_shown(self) -> dict[str, Any]:
        return asdict(self._settings)

    def reset(self) -> None:
        fresh = SinchSettings()
        for setting in fields(fresh):
            setattr(self._settings, setting.name, getattr(fresh, setting.name))
        for part in (self._registry, self._queries, self._replies, self._sending):
            part.clear()
        self._set_limits()

    def receive_reply(self, source: str, text: str, answered: str | None) -> str:
        message = None
        if answered is not None:
            found = self._world.log.find(self.slug, answered)
            if not found or not isinstance(found[0], Sms):
                raise ValueError(f"no message {answered!r} was accepted")
            message = found[0]
        return self._replies.receive(source, text, message, self._world.clock.now())

    def _set_limits(self) -> None:
        self._requests = SlidingWindow(self._settings.requests_per_second, 1.0)
        self._status_queries = SlidingWindow(self._settings.status_queries_per_second, 1.0)

    def _guarded(self, handler: Handler) -> Handler:
        """The handler behind the rate limit of all requests and the two headers."""

        def guarded(call: Call) -> Answer:
            if not self._requests.admit(call.address, call.now):
                return error_answer(429)
            call.principal = self._authenticate(call)
            if call.body and not call.is_json:
                self._world.violations.add(
                    self.slug, "content_type", "a body without Content-Type: application/json", call.arrival.number
                )
            return handler(call)

        return guarded

    def _limited(self, handler: Handler) -> Handler:
        """The handler behind the rate limit of status queries."""

        def limited(call: Call) -> Answer:
            if not self._status_queries.admit(call.address, call.now):
                return error_answer(429)
            return handler(call)

        return limited

    def _authenticate(self, call: Call) -> str:
        """The name of the user. Raises 401 or 403."""
        name, token = call.headers.get("UserName", ""), call.headers.get("AuthenticationToken", "")
        users = self._settings.users
        if name not in users:
            name = next((known for known, user in users.items() if name and user.get("email") == name), "")
        user = users.get(name)
        if user is None or not token or user.get("token") != token:
            raise ErrorAnswer(error_answer(401))
        if user.get("blocked"):
            raise ErrorAnswer(error_answer(403))
        return name

    def _user(self, call: Call) -> Mapping[str, Any]:
        user: Mapping[str, Any] = self._settings.users[call.principal]
        return user

    def _send_single(self, call: Call) -> Answer:
        return self._accept_single(call, read_single(read_object(call.body)))

    def _send_by_query(self, call: Call) -> Answer:
        """The whole message in the query string: documented, but text and token end up in logs."""
        self._world.violations.add(self.slug, "send_by_query", "text in a query string", call.arrival.number)
        return self._accept_single(call, read_single(dict(call.query)))

    def _accept_single(self, call: Call, request: SendRequest) -> Answer:
        batch = self._sending.accept(call, request, self._user(call))
        return Answer([_receipt(message) for message in batch.messages])

    def _send_bulk(self, call: Call) -> Answer:
        request = read_bulk(read_object(call.body))
        batch = self._sending.accept(call, request, self._user(call))
        return Answer({"id": batch.request_id, "messages": [_receipt(message) for message in batch.messages]})


def _receipt(message: Sms) -> dict[str, str]:
    if message.reference is None:
        return {"id": message.provider_id}
    return {"id": message.provider_id, "correlationId": message.reference}
