"""CRM Messaging: SMS and email by templates that the CRM holds, one dispatch per call, asked about afterwards."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from campaigns import sms as gsm
from campaigns.providers.adapter import HttpAdapter, require
from campaigns.providers.base import (
    Body,
    Capabilities,
    Channel,
    Connection,
    Count,
    Event,
    Hook,
    HookUrl,
    Message,
    Misconfigured,
    NotSent,
    Outgoing,
    Problem,
    ProviderError,
    Receipt,
    Refused,
)
from campaigns.providers.crm_messaging import (
    answers,
    bodies,
    checks,
    dispatches,
    fields,
    journal,
    phones,
    stored,
    times,
)
from campaigns.providers.crm_messaging.codes import ASK_STATUSES, RETRY_AFTER, SEND_STATUSES
from campaigns.providers.http import Answer, HttpClient
from campaigns.providers.remote import Course, Followed, RemoteTemplate
from campaigns.states import Reason

MAX_BATCH = 500
CALLS_PER_SECOND = 2.0
SEND, ASK = "/api/SendMessages", "/api/Dispatches/{}"
# An id that no dispatch has: asking for it needs the credentials and does nothing.
_NOBODYS_DISPATCH = "0"
# Contract §3.2: after 5, 10, 20 and 40 s, then every minute up to a quarter of an hour, then every five minutes.
FOLLOW_AFTER = (5.0, 10.0, 20.0, 40.0, *(float(second) for second in range(100, 900, 60)), 1180.0)
FOLLOW_FOR = 24 * 3600.0


class CrmMessaging(HttpAdapter):
    slug = "crm-messaging"
    label = "CRM Messaging"
    channels: ClassVar[tuple[Channel, ...]] = (Channel.SMS, Channel.EMAIL)
    default_base_url = ""
    credential_fields = fields.CREDENTIALS
    option_fields = fields.OPTIONS
    hook_urls: ClassVar[tuple[HookUrl, ...]] = ()
    message_fields = fields.MESSAGE_OPTIONS

    # -- what it can do ---------------------------------------------------------------------------
    def capabilities(self, channel: Channel) -> Capabilities:
        card_field = self.option(fields.CARD_FIELD)
        return Capabilities(
            max_batch=MAX_BATCH,
            receipts=False,
            own_text=False,
            remote_templates=True,
            lists_templates=True,
            contact_fields=(card_field,) if card_field else (),
            follow_after=FOLLOW_AFTER,
            follow_for=FOLLOW_FOR,
            requests_at_once=1,
            requests_per_second=CALLS_PER_SECOND,
        )

    async def templates(self, channel: Channel) -> list[RemoteTemplate]:
        """Those that the account's settings describe; the vendor has no call for them."""
        return [template for template in stored.read(self._template_lines()) if template.channel == channel]

    def count(self, text: str) -> Count:
        return gsm.count(text)

    # -- checks before anything leaves ------------------------------------------------------------
    def check_account(self) -> list[Problem]:
        return [
            *checks.check_base_url(self.config.base_url),
            *checks.check_credentials({field.name: self.credential(field.name) for field in self.credential_fields}),
            *self._check_settings(),
        ]

    def _check_settings(self) -> list[Problem]:
        return [
            *stored.problems(self._template_lines()),
            *phones.problems(self.option(fields.COUNTRIES)),
            *checks.check_settings(self.option(fields.CARD_FIELD), self.option(fields.TIME_ZONE)),
        ]

    def check_body(self, body: Body) -> list[Problem]:
        if problems := self._check_settings():
            return problems
        date, allowed = body.options.get(fields.SCHEDULE_DATE, ""), self.flag(fields.MAY_SCHEDULE)
        return [
            *checks.check_template(body, self._template_lines()),
            *checks.check_schedule(date, allowed, self._zone(), times.now()),
        ]

    def check(self, body: Body, message: Message) -> list[Problem]:
        if problems := checks.check_template(body, self._template_lines()):
            return problems
        return checks.check_message(body, message, self._countries())

    # -- sending ----------------------------------------------------------------------------------
    async def send(self, batch: Outgoing) -> list[Receipt]:
        require(0 < len(batch.messages) <= MAX_BATCH, "a batch holds 1 to 500 messages")
        http = self.http  # says what the account lacks before anything about the template
        if problems := checks.check_template(batch.body, self._template_lines()):
            raise Refused(problems[0].reason, problems[0].text % problems[0].values)
        settings = self._settings(batch.body)
        call = bodies.send_messages(batch.body, batch.messages, settings)
        answer = None
        try:
            answer = await http.exchange("POST", SEND, body=call)
            self._check_sent(answer, batch.messages)
            return self._receipts(batch, answer, settings.due)
        except ProviderError as error:
            journal.failed("POST", self.config.base_url + SEND, error, answer, http.redact, call)
            raise

    def _receipts(self, batch: Outgoing, answer: Answer, due: datetime | None) -> list[Receipt]:
        try:
            return answers.receipts(batch.body, batch.messages, self.http.parsed(answer), due)
        except ValueError as error:
            raise self.http.unreadable(answer) from error

    def _check_sent(self, answer: Answer, messages: Sequence[Message]) -> None:
        """Raises what an answer other than a readable 200 means."""
        if answer.ok and answers.is_page(answer):
            raise Misconfigured(Reason.REJECTED, "A web page answered instead of the API.", http_status=answer.status)
        if answer.status == 404 and answers.error_body(answer) is None:
            raise Misconfigured(Reason.REJECTED, "There is no such API at the base URL.", "404", 404)
        try:
            self.http.check(answer, SEND_STATUSES)
        except NotSent as error:
            if error.reason is Reason.RATE_LIMITED and error.retry_after is None:
                error.retry_after = RETRY_AFTER
            raise
        except Refused as error:
            if answer.status == 400 and len(messages) == 1 and answers.names_an_address(error.text):
                raise Refused(Reason.INVALID_RECIPIENT, error.text, error.code, error.http_status) from error
            raise

    def _settings(self, body: Body) -> bodies.Settings:
        return bodies.Settings(
            countries=self._countries(),
            national=self.option(fields.PHONE_STYLE) == fields.NATIONAL,
            card_field=self.option(fields.CARD_FIELD),
            zone=self._zone(),
            due=self._due(body),
        )

    def _due(self, body: Body) -> datetime | None:
        """When the vendor is to send; None = at once, also for a date that came too near while we were sending."""
        if not self.flag(fields.MAY_SCHEDULE):
            return None
        due = times.moment(body.options.get(fields.SCHEDULE_DATE, ""), self._zone())
        return due if due is not None and times.may_schedule(due, times.now()) else None

    # -- asking -----------------------------------------------------------------------------------
    async def follow(self, ticket: str, channel: Channel) -> Followed:
        answer = await self._ask(ticket)
        if answer.status == 404:
            return Followed(ticket, Course.MISSING, *answers.error_of(answer))
        try:
            return dispatches.followed(ticket, self.http.parsed(answer, safe=True), self._zone())
        except ValueError as error:
            raise self.http.unreadable(answer, safe=True) from error

    async def test(self) -> Connection:
        """Asks for a dispatch that nobody has: refused credentials are told apart from "not found"."""
        try:
            answer = await self._ask(_NOBODYS_DISPATCH)
        except ProviderError as error:
            return Connection(False, error.reason, error.text)
        if answers.error_body(answer) is None and (answers.is_page(answer) or not answer.ok):
            return Connection(False, Reason.REJECTED, "There is no such API at the base URL.")
        return Connection(True)

    async def _ask(self, ticket: str) -> Answer:
        """The dispatch, or 404; every other status is raised. A question can always be asked again."""
        http, path, answer = self.http, ASK.format(quote(ticket, safe="")), None
        try:
            answer = await http.exchange("GET", path, safe=True)
            if answer.status != 404:
                http.check(answer, ASK_STATUSES, safe=True)
        except ProviderError as error:
            journal.failed("GET", self.config.base_url + path, error, answer, http.redact)
            raise
        return answer

    async def look_up(self, references: Sequence[str], channel: Channel) -> list[Event]:
        """Nothing can be searched for at this vendor (`Capabilities.look_up_after` is empty)."""
        return []

    def parse(self, hook: Hook) -> list[Event]:
        raise ValueError("this vendor calls nobody back")

    # -- the account ------------------------------------------------------------------------------
    def _template_lines(self) -> str:
        return self.option(fields.TEMPLATES)

    def _countries(self) -> tuple[phones.Country, ...]:
        return phones.countries(self.option(fields.COUNTRIES))

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.option(fields.TIME_ZONE))

    def _open_client(self) -> HttpClient:
        user, password = self.credential("user"), self.credential("password")
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        return HttpClient(
            self.config.base_url,
            headers={"Authorization": f"Basic {basic}", "Accept-Language": "en"},
            secrets=(password, basic),
            explain=answers.error_of,
            allow_private=self.allow_private,
            connections=self.connections,
        )
