"""The vendor: its routes, their scopes, and how often they may be called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from functools import partial
from typing import Any

from campaigns.sandbox.limits import SlidingWindow
from campaigns.sandbox.settings import BadSetting, update
from campaigns.sandbox.vendor import Handler, Vendor
from campaigns.sandbox.vendors.messaging_service import auth
from campaigns.sandbox.vendors.messaging_service.bulk_routes import BulkRoutes
from campaigns.sandbox.vendors.messaging_service.bulks import Bulks
from campaigns.sandbox.vendors.messaging_service.checks import read_json
from campaigns.sandbox.vendors.messaging_service.delivery import Delivery
from campaigns.sandbox.vendors.messaging_service.email import EmailReader
from campaigns.sandbox.vendors.messaging_service.errors import error_answer
from campaigns.sandbox.vendors.messaging_service.inbox import Inbox
from campaigns.sandbox.vendors.messaging_service.intake import Intake
from campaigns.sandbox.vendors.messaging_service.logs import Logs
from campaigns.sandbox.vendors.messaging_service.records import EMAIL, SMS, Entry
from campaigns.sandbox.vendors.messaging_service.reports import PendingReports
from campaigns.sandbox.vendors.messaging_service.rows import Rows
from campaigns.sandbox.vendors.messaging_service.settings import ServiceSettings
from campaigns.sandbox.vendors.messaging_service.sms import SmsReader, preview
from campaigns.sandbox.vendors.messaging_service.statuses import STATUSES
from campaigns.sandbox.vendors.messaging_service.suppressions import Suppressions
from campaigns.sandbox.vendors.messaging_service.uploads import Uploads
from campaigns.sandbox.wire import Answer, Call
from campaigns.sandbox.world import World


class MessagingService(Vendor):
    """messaging-service.com as its contract describes it."""

    slug = Entry.vendor
    prefixes = ("/email/", "/sms/", "/auth/")

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = settings = ServiceSettings()
        self._auth = auth.Authentication(settings, world.violations)
        self._rows = Rows(settings)
        self._reports = PendingReports(self._rows)
        self._delivery = Delivery(world, settings, self._rows, self._reports)
        self._bulks = Bulks(world, self._delivery)
        self._suppressions = Suppressions()
        self._uploads = Uploads()
        self._intake = Intake(world, settings, self._bulks, self._suppressions)
        self._logs = Logs(self._intake, settings, self._rows)
        self._inbox = Inbox(settings, self._rows, self._delivery)
        self._set_limits()

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """(method, path, handler) of every endpoint."""
        yield "POST", "/auth/1/oauth2/token", self._auth.issue_token
        guarded, logs, reports = self._guarded, self._logs, self._reports
        yield "POST", "/email/4/messages", guarded(auth.SEND_EMAIL, self._send_email)
        yield "GET", "/email/4/reports", guarded(auth.SEND_EMAIL, partial(reports.pull, EMAIL))
        yield "GET", "/email/4/logs", guarded(auth.READ_EMAIL_LOGS, partial(logs.search, EMAIL))
        yield from self._bulk_routes("/email/1/bulks", EMAIL, auth.READ_EMAIL_BULKS, auth.MANAGE_EMAIL)
        yield "POST", "/email/1/content", guarded(auth.MANAGE_EMAIL, self._uploads.store)
        yield "GET", "/email/1/suppressions", guarded(auth.MANAGE_EMAIL, self._suppressions.show)
        yield "POST", "/email/1/suppressions", guarded(auth.MANAGE_EMAIL, self._suppressions.add)
        yield "DELETE", "/email/1/suppressions", guarded(auth.MANAGE_EMAIL, self._suppressions.remove)
        yield "POST", "/sms/3/messages", guarded(auth.SEND_SMS, self._send_sms)
        yield "GET", "/sms/3/text/query", guarded(auth.SEND_SMS, self._send_sms_by_query)
        yield "GET", "/sms/3/reports", guarded(auth.SEND_SMS, partial(reports.pull, SMS))
        yield "GET", "/sms/3/logs", guarded(auth.READ_SMS_LOGS, partial(logs.search, SMS))
        yield from self._bulk_routes("/sms/1/bulks", SMS, auth.READ_SMS_BULKS, auth.MANAGE_SMS)
        yield "GET", "/sms/1/inbox/reports", guarded(auth.READ_INBOX, self._inbox.pull)
        yield "POST", "/sms/1/preview", guarded(auth.MANAGE_SMS, preview)

    def _bulk_routes(
        self, path: str, channel: str, readers: tuple[str, ...], managers: tuple[str, ...]
    ) -> Iterator[tuple[str, str, Handler]]:
        routes = BulkRoutes(self._bulks, channel)
        yield "GET", path, self._guarded(readers, routes.show_time)
        yield "PUT", path, self._guarded(managers, routes.change_time)
        yield "GET", f"{path}/status", self._guarded(readers, routes.show_status)
        yield "PUT", f"{path}/status", self._guarded(managers, routes.change_status)

    def error(self, status: int, path: str) -> Answer:
        return error_answer(status, path)

    def configure(self, values: Mapping[str, Any]) -> None:
        limits = values.get("rate_limits", {})
        if not isinstance(limits, dict) or not all(_is_limit(limit) for limit in limits.values()):
            raise BadSetting("rate_limits must map paths to [requests, seconds]")
        update(self._settings, {**values, "rate_limits": {**self._settings.rate_limits, **limits}})
        self._set_limits()

    def settings_shown(self) -> dict[str, Any]:
        return asdict(self._settings)

    def reset(self) -> None:
        fresh = ServiceSettings()
        for setting in fields(fresh):
            setattr(self._settings, setting.name, getattr(fresh, setting.name))
        for part in (
            self._auth, self._reports, self._bulks, self._suppressions, self._uploads, self._intake, self._inbox
        ):  # fmt: skip
            part.clear()
        self._set_limits()

    def receive_reply(self, source: str, text: str, answered: str | None) -> str:
        entry = None
        if answered is not None and (entry := self._intake.accepted.get(answered)) is None:
            raise ValueError(f"no message {answered!r} was accepted")
        return self._inbox.receive(source, text, entry, self._world.clock.now())

    def refused(self) -> list[dict[str, Any]]:
        return [
            {**entry.entry(number), "status": STATUSES[entry.refusal]}
            for number, entry in enumerate(self._intake.refused, 1)
        ]

    def _set_limits(self) -> None:
        self._limits = {path: SlidingWindow(*limit) for path, limit in self._settings.rate_limits.items()}

    def _guarded(self, scopes: tuple[str, ...], handler: Handler) -> Handler:
        """The handler behind authorization and the published rate limit of its path."""

        def guarded(call: Call) -> Answer:
            call.principal = self._auth.recognise(call, scopes)
            limit = self._limits.get(call.path)
            if limit is not None and not limit.admit(call.principal, call.now):
                return error_answer(429, call.path)
            return handler(call)

        return guarded

    def _send_email(self, call: Call) -> Answer:
        body = read_json(call.body, call.path)
        reader = EmailReader(body, call.now, self._settings.templates, self._uploads)
        drafts = reader.read()
        reader.checks.finish(call.path)
        self._note(call, reader.notes)
        return Answer(self._intake.accept(call, EMAIL, drafts, reader.schedule))

    def _send_sms(self, call: Call) -> Answer:
        reader = SmsReader(call.now)
        drafts = reader.read_body(read_json(call.body, call.path))
        return self._accept_sms(call, reader, drafts)

    def _send_sms_by_query(self, call: Call) -> Answer:
        reader = SmsReader(call.now)
        return self._accept_sms(call, reader, reader.read_query(call))

    def _accept_sms(self, call: Call, reader: SmsReader, drafts: list[Any]) -> Answer:
        reader.checks.finish(call.path)
        if "json" not in call.headers.get("Accept", ""):
            reader.notes["no_accept_header"] = "this route may answer XML to a client that does not ask for JSON"
        self._note(call, reader.notes)
        return Answer(self._intake.accept(call, SMS, drafts, reader.schedule, reader.counts_parts))

    def _note(self, call: Call, notes: dict[str, str]) -> None:
        """Add what a send request should not have done to the violations."""
        if call.body and not call.is_json:
            notes["content_type"] = "a body without Content-Type: application/json"
        for rule, detail in notes.items():
            self._world.violations.add(self.slug, rule, detail, call.arrival.number)


def _is_limit(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(number, int | float) for number in value)
