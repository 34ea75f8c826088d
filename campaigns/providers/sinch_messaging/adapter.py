"""Sinch Messaging (formerly Wavy): SMS in bulk or one by one, by the contract of its HTTP API."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit
from uuid import uuid4

from campaigns.providers.adapter import TRUE, HttpAdapter, require
from campaigns.providers.base import (
    Body,
    Capabilities,
    Channel,
    Connection,
    Count,
    Event,
    Hook,
    Message,
    NotSent,
    Outcome,
    Outgoing,
    Problem,
    ProviderError,
    Pulled,
    Receipt,
    Refused,
)
from campaigns.providers.batching import ONE_BY_ONE, send_in_parts, send_one_by_one
from campaigns.providers.http import Answer, HttpClient
from campaigns.providers.remote import NumberCheck
from campaigns.providers.sinch_messaging import alphabet, bodies, checks, events, fields, replies, timing
from campaigns.providers.sinch_messaging.campaigns_api import CampaignsApi
from campaigns.providers.sinch_messaging.codes import ASK_STATUSES, SEND_STATUSES
from campaigns.providers.sinch_messaging.lookup import numbers_of
from campaigns.states import Reason

log = logging.getLogger(__name__)

MAX_BULK = 1000
MAX_REFERENCE = 64
# Status queries: ids per call (none documented, so few) and one call a second for each of our addresses.
SEARCH_IDS = 100
SEARCH_PAUSE = 1.05
SEARCH_TRIES = 3
REQUESTS_PER_SECOND = 20.0
RECONCILE = (6 * 3600.0, 60 * 3600.0)  # Sinch keeps statuses for three days (contract §20.7)
MOST_WAITS = 1000  # a wait for the campaign's own time is no failed try
_CAMPAIGNS_HOST = "https://apigw.wavy.global"
_OWN_DOMAIN = "wavy.global"


class SinchMessaging(HttpAdapter):
    slug = "sinch-messaging"
    label = "Sinch Messaging"
    channels: ClassVar[tuple[Channel, ...]] = (Channel.SMS,)
    default_base_url = "https://api-messaging.wavy.global"
    credential_fields = fields.CREDENTIALS
    option_fields = fields.OPTIONS
    message_fields = fields.MESSAGE
    hook_urls = fields.HOOKS

    _aliases: frozenset[str] | None = None  # those that Sinch knows, once it has been asked

    # -- what it can do ---------------------------------------------------------------------------
    def capabilities(self, channel: Channel) -> Capabilities:
        single = self.option("send_mode") == fields.SINGLE
        return Capabilities(
            max_batch=ONE_BY_ONE if single else MAX_BULK,
            one_per_request=single,
            look_up_after=(60.0, 300.0, 900.0),
            pulls=True,
            reconcile=RECONCILE,
            remote_templates=True,
            checks_numbers=True,
            keeps_campaigns=True,
            requests_per_second=REQUESTS_PER_SECOND,
        )

    def count(self, text: str) -> Count:
        return alphabet.count(text)

    # -- checks before anything leaves ------------------------------------------------------------
    def check_account(self) -> list[Problem]:
        credentials = {field.name: self.credential(field.name) for field in self.credential_fields}
        return checks.check_account(credentials, {field.name: self.option(field.name) for field in self.option_fields})

    def check_body(self, body: Body) -> list[Problem]:
        return checks.check_body(body)

    def check(self, body: Body, message: Message) -> list[Problem]:
        return checks.check_message(body, message)

    # -- sending ----------------------------------------------------------------------------------
    async def send(self, batch: Outgoing) -> list[Receipt]:
        require(0 < len(batch.messages) <= MAX_BULK, "a batch holds 1 to 1000 messages")
        require(
            all(0 < len(m.reference) <= MAX_REFERENCE for m in batch.messages), "a reference has 1 to 64 characters"
        )
        now = datetime.now(UTC)
        times, _problems = timing.read(batch.body.options, self.number("expires_in_minutes"))
        if problem := timing.over(times, now):
            raise Refused(problem.reason, problem.text)
        if wait := times.wait(now):
            # Too near for Sinch's own schedule (§16.11), so the rows go back to our queue for that long.
            return [_later(message.reference, wait) for message in batch.messages]
        settings = await self._settings(batch.body, times.fields(now))
        if self.option("send_mode") == fields.SINGLE:
            return await send_one_by_one(
                batch.messages,
                lambda message: self._post_single(message, settings, batch.campaign_reference),
                free=self.free,
                spacing=batch.spacing,
                sleep=self._sleep,
            )
        return await send_in_parts(
            [batch.messages],
            lambda messages: self._post_bulk(messages, settings),
            # 400 = nothing accepted, so the messages at fault can be looked for.
            splits=lambda error: error.http_status == 400,
            pause=1 / REQUESTS_PER_SECOND,
            sleep=self._sleep,
        )

    async def _post_bulk(self, messages: Sequence[Message], settings: bodies.Settings) -> list[Receipt]:
        answer = await self.http.exchange("POST", "/v1/send-bulk-sms", body=bodies.bulk(messages, settings))
        return self._receipts(answer, messages)

    async def _post_single(self, message: Message, settings: bodies.Settings, campaign: str) -> Receipt:
        body = bodies.single(message, settings, campaign)
        answer = await self.http.exchange("POST", "/v1/send-sms", body=body)
        return self._receipts(answer, [message])[0]

    def _receipts(self, answer: Answer, messages: Sequence[Message]) -> list[Receipt]:
        """The vendor's ids for our messages. It may answer in any order, so the place counts only where it
        echoes no reference and nothing is missing."""
        self.http.check(answer, SEND_STATUSES)
        try:
            rows = events.rows_of(self.http.parsed(answer))
        except ValueError as error:
            raise self.http.unreadable(answer) from error
        by_reference = {str(row["correlationId"]): row for row in rows if row.get("correlationId")}
        if not by_reference and len(rows) == len(messages):
            by_reference = {m.reference: row for m, row in zip(messages, rows, strict=True)}
        receipts = [_receipt(m.reference, by_reference.get(m.reference, {})) for m in messages]
        if all(receipt.outcome is Outcome.UNKNOWN for receipt in receipts):
            raise self.http.unreadable(answer)
        return receipts

    async def _settings(self, body: Body, times: Mapping[str, Any]) -> bodies.Settings:
        """What the campaign says, else the account."""
        options = body.options
        return bodies.Settings(
            campaign_alias=await self._usable(options.get("campaign_alias") or self.option("campaign_alias")),
            sub_account=options.get("sub_account") or self.option("sub_account"),
            flash=self.flag("flash") or options.get("flash", "").lower() in TRUE,
            extra_info=options.get("extra_info", ""),
            flow=body.template_id,
            names=body.names,
            times=times,
        )

    async def _usable(self, alias: str) -> str:
        """The alias if Sinch knows it; else it is left out, because an unknown one spoils the whole request."""
        if not alias:
            return ""
        if self._aliases is None:
            self._aliases = await self._known_aliases()
        if checks.is_alias(alias) and alias in self._aliases:
            return alias
        log.warning("campaign alias left out: Sinch does not know it or could not be asked")
        return ""

    async def _known_aliases(self) -> frozenset[str]:
        try:
            async with self.campaign_register() as register:
                return frozenset(campaign.alias for campaign in await register.everything())
        except ProviderError:
            return frozenset()

    # -- asking -----------------------------------------------------------------------------------
    async def look_up(self, references: Sequence[str], channel: Channel) -> list[Event]:
        wanted = set(references)
        found: list[Event] = []
        for start in range(0, len(references), SEARCH_IDS):
            if start:
                await self._sleep(SEARCH_PAUSE)
            rows = await self._search({"correlationIds": list(references[start : start + SEARCH_IDS])})
            found += [events.status_event(row) for row in rows]
        return [event for event in found if event.reference in wanted]

    async def test(self) -> Connection:
        try:
            await self._search({"ids": [str(uuid4())]})
        except ProviderError as error:
            return Connection(False, error.reason, error.text)
        return Connection(True)

    async def pull(self, channel: Channel, cursor: str) -> Pulled:
        """Statuses that were not fetched before (handed out once), and replies that are new since `cursor`."""
        statuses = await self._status_query("GET", "/v1/sms/status/list")
        since = replies.Cursor.read(cursor)
        until = datetime.now(UTC)
        rows = self._rows(
            await self.http.call("GET", "/v1/sms/receive/search", ASK_STATUSES, query=since.query(), safe=True)
        )
        found = [events.status_event(row) for row in statuses]
        fresh, seen = since.fresh([events.reply_event(row) for row in rows])
        return Pulled(found + fresh, replies.Cursor(until, seen).text())

    async def check_numbers(self, addresses: Sequence[str]) -> list[NumberCheck]:
        checked: list[NumberCheck] = []
        for start in range(0, len(addresses), SEARCH_IDS):
            body = {"destinations": list(addresses[start : start + SEARCH_IDS])}
            checked += numbers_of(
                await self.http.call("POST", "/v1/carrier/lookup", ASK_STATUSES, body=body, safe=True)
            )
        return checked

    @asynccontextmanager
    async def campaign_register(self) -> AsyncIterator[CampaignsApi]:
        """The registry of campaign aliases, which the vendor has on a host of its own. Not an option of the account:
        whoever may change options could have the saved token delivered anywhere."""
        host = urlsplit(self.config.base_url).hostname or ""
        own = host == _OWN_DOMAIN or host.endswith(f".{_OWN_DOMAIN}")
        base = _CAMPAIGNS_HOST if own else self.config.base_url
        async with self._client(base, connections=1) as http:
            yield CampaignsApi(http)

    async def _search(self, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return await self._status_query("POST", "/v1/sms/status/search", body)

    async def _status_query(self, method: str, path: str, body: object = None) -> list[Mapping[str, Any]]:
        """The limit of one status query a second counts all of our processes, so a 429 is tried again."""
        for attempt in range(1, SEARCH_TRIES + 1):
            try:
                return self._rows(await self.http.call(method, path, ASK_STATUSES, body=body, safe=True))
            except NotSent as error:
                if error.reason is not Reason.RATE_LIMITED or attempt == SEARCH_TRIES:
                    raise
            await self._sleep(SEARCH_PAUSE * attempt)
        raise AssertionError("unreachable")

    def _rows(self, answer: object) -> list[Mapping[str, Any]]:
        try:
            return events.rows_of(answer)
        except ValueError as error:
            raise NotSent(Reason.PROVIDER_DOWN, "Unreadable answer.") from error

    # -- callbacks --------------------------------------------------------------------------------
    def parse(self, hook: Hook) -> list[Event]:
        return events.parse_hook(hook)

    # -- client -----------------------------------------------------------------------------------
    def _open_client(self) -> HttpClient:
        return self._client(self.config.base_url, self.connections)

    def _client(self, base_url: str, connections: int) -> HttpClient:
        user, token = self.credential("UserName"), self.credential("AuthenticationToken")
        return HttpClient(
            base_url,
            headers={"UserName": user, "AuthenticationToken": token},
            secrets=(token,),
            explain=_explain,
            allow_private=self.allow_private,
            connections=connections,
        )


def _later(reference: str, seconds: float) -> Receipt:
    return Receipt(reference, Outcome.NOT_SENT, retry_after=seconds, retry_limit=MOST_WAITS)


def _receipt(reference: str, row: Mapping[str, Any]) -> Receipt:
    if found := row.get("id"):
        return Receipt(reference, Outcome.ACCEPTED, provider_message_id=str(found))
    return Receipt(reference, Outcome.UNKNOWN, reason=Reason.UNREADABLE_ANSWER)


def _explain(answer: Answer) -> tuple[str, str]:
    """`{errorCode, errorMessage}` (§4.4); anything else as it is."""
    try:
        body = answer.json()
    except ValueError:
        return "", answer.excerpt()
    if isinstance(body, dict) and "errorMessage" in body:
        return str(body.get("errorCode", "")), str(body["errorMessage"])[:500]
    return "", answer.excerpt()
