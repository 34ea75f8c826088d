"""messaging-service.com: email in batches with values per recipient, SMS in batches or by query string."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

import orjson

from campaigns import sms as gsm
from campaigns.providers.adapter import HttpAdapter, require
from campaigns.providers.base import (
    Absent,
    Body,
    Capabilities,
    Channel,
    Connection,
    Count,
    Event,
    Hook,
    Message,
    Outcome,
    Outgoing,
    Problem,
    ProviderError,
    Pulled,
    Receipt,
)
from campaigns.providers.batching import ONE_BY_ONE, send_in_parts, send_one_by_one
from campaigns.providers.http import Answer, HttpClient
from campaigns.providers.messaging_service import (
    auth,
    checks,
    email,
    errors,
    events,
    fields,
    files,
    inbound,
    options,
    pulling,
    rights,
    sms,
)
from campaigns.providers.messaging_service.answers import Answers
from campaigns.providers.messaging_service.api import Api
from campaigns.providers.messaging_service.bulks import BulksApi, part_id
from campaigns.providers.messaging_service.codes import SEND_STATUSES
from campaigns.providers.messaging_service.message_fields import MESSAGE_FIELDS
from campaigns.providers.messaging_service.receipts import Receipts, match
from campaigns.providers.messaging_service.suppressions import SuppressionsApi
from campaigns.providers.messaging_service.timing import FURTHEST
from campaigns.providers.remote import Kept
from campaigns.states import Reason

MAX_BATCH = 1000
MAX_REFERENCE, MAX_CAMPAIGN = 200, 255
LOGS_LIMIT = 1000
# A list of ids in a query has at most 2048 characters; the logs answer 120 times a minute.
IDS_LENGTH = 2000
LOGS_PAUSE = 0.5
_SEND_PATHS = {Channel.EMAIL: "/email/4/messages", Channel.SMS: "/sms/3/messages"}
_QUERY_PATH = "/sms/3/text/query"

Request = Callable[[Sequence[Message], str], tuple[dict[str, Any], errors.Layout]]
"""The body of a request for some messages under a bulk id, and which of them stands where in it."""


class MessagingService(HttpAdapter):
    slug = "messaging-service"
    label = "messaging-service.com"
    channels: ClassVar[tuple[Channel, ...]] = (Channel.SMS, Channel.EMAIL)
    default_base_url = ""
    credential_fields = fields.CREDENTIALS
    option_fields = fields.OPTIONS
    hook_urls = fields.HOOKS
    message_fields = MESSAGE_FIELDS

    # -- what it can do ---------------------------------------------------------------------------
    def capabilities(self, channel: Channel) -> Capabilities:
        by_query = self._by_query(channel)
        return Capabilities(
            max_batch=ONE_BY_ONE if by_query else MAX_BATCH,
            one_per_request=by_query,
            substitutes=channel is Channel.EMAIL,
            look_up_after=(30.0, 120.0),
            # A repeated message id is refused as a double; the query route has no message id.
            absent_means=Absent.ASK if by_query else Absent.RESUBMIT,
            pulls=True,
            remote_templates=channel is Channel.EMAIL,
            attachment_bytes=files.MAX_BYTES if channel is Channel.EMAIL else 0,
            keeps_for=FURTHEST[channel].total_seconds(),
            requests_per_second=100.0,
        )

    def count(self, text: str) -> Count:
        counted = gsm.count(text)
        if self.option("transliteration") or self.option("language"):  # the provider may change letters
            return replace(counted, estimate=True)
        return counted

    # -- checks before anything leaves ------------------------------------------------------------
    def check_account(self) -> list[Problem]:
        return checks.check_base_url(self.config.base_url) + auth.check(self.credential)

    def check_body(self, body: Body) -> list[Problem]:
        answers = self._answers(body)
        return checks.check_body(body, answers.flag("track_clicks")) + options.check(body, datetime.now(UTC))

    def check(self, body: Body, message: Message) -> list[Problem]:
        return checks.check_message(body, message)

    # -- sending ----------------------------------------------------------------------------------
    async def send(self, batch: Outgoing) -> list[Receipt]:
        channel = batch.body.channel
        require(0 < len(batch.messages) <= MAX_BATCH, "a batch holds 1 to 1000 messages")
        require(
            all(0 < len(m.reference) <= MAX_REFERENCE for m in batch.messages), "a reference has 1 to 200 characters"
        )
        require(len(batch.campaign_reference) <= MAX_CAMPAIGN, "a campaign reference has at most 255 characters")
        if channel is Channel.EMAIL:
            full = all(len(m.values) == len(email.names_of(batch.body)) for m in batch.messages)
            require(full, "every slot needs a value")
        if self._by_query(channel):
            return await send_one_by_one(
                batch.messages,
                lambda message: self._post_query(batch, message),
                free=self.free,
                spacing=batch.spacing,
                sleep=self._sleep,
            )
        answers = self._answers(batch.body)
        if channel is Channel.EMAIL:
            return await self._post_emails(batch, answers.for_email())
        return await self._post_parts(
            batch, [batch.messages], lambda messages, bulk_id: sms.request(batch, messages, bulk_id, answers.for_sms())
        )

    async def _post_emails(self, batch: Outgoing, settings: email.Settings) -> list[Receipt]:
        if not self.flag("one_click"):
            batch = replace(batch, body=replace(batch.body, headers=email.headers_for_all(batch.body)))
        attachments = batch.body.attachments
        if files.uploads(self.option("files"), attachments, email.content_repeats(batch.body)):
            account = f"{self.config.base_url} {self._authorization.fingerprint}"
            carried = await files.uploaded(attachments, self._api, account, files.UPLOADED)
        else:
            carried = files.inside(attachments)
        return await self._post_parts(
            batch,
            email.parts_of(batch, settings, carried),
            lambda messages, bulk_id: email.request(batch, messages, bulk_id, settings, carried),
        )

    async def _post_parts(self, batch: Outgoing, parts: Sequence[Sequence[Message]], request: Request) -> list[Receipt]:
        posts = 0

        async def post(messages: Sequence[Message]) -> list[Receipt]:
            nonlocal posts
            posts += 1
            body, layout = request(messages, part_id(batch.key, posts))
            answer = await self._api.exchange("POST", _SEND_PATHS[batch.body.channel], body=body)
            self._check_send(answer, layout)
            return self._receipts(answer, batch, messages)

        return await send_in_parts(
            parts,
            post,
            splits=lambda error: isinstance(error, errors.Violated) and not error.is_about_all(),
            culprits=lambda error, messages: error.named() if isinstance(error, errors.Violated) else {},
            pause=0.05,
            sleep=self._sleep,
        )

    async def _post_query(self, batch: Outgoing, message: Message) -> Receipt:
        query = sms.query(batch, message, self._answers(batch.body).for_sms())
        answer = await self._api.exchange("GET", _QUERY_PATH, query=query)
        self._check_send(answer, [[message]])
        rows = self._rows(answer)
        if len(rows) != 1:
            raise self.http.unreadable(answer)
        return Receipts(Channel.SMS, retry=False).of(message, rows[0])

    def _check_send(self, answer: Answer, layout: errors.Layout) -> None:
        if answer.status == 400:
            code, text = errors.explain(answer)
            raise errors.Violated(self.http.redact(text), code, errors.violations_of(answer), layout)
        self.http.check(answer, SEND_STATUSES)

    def _receipts(self, answer: Answer, batch: Outgoing, messages: Sequence[Message]) -> list[Receipt]:
        channel = batch.body.channel
        matched = match(self._rows(answer), messages, channel)
        read = Receipts(channel, retry=batch.retry)
        receipts = [read.of(message, row) for message, row in zip(messages, matched, strict=True)]
        if all(r.outcome is Outcome.UNKNOWN and r.reason is Reason.UNREADABLE_ANSWER for r in receipts):
            raise self.http.unreadable(answer)
        return receipts

    def _rows(self, answer: Answer) -> list[events.Row]:
        body = self.http.parsed(answer)
        rows = body.get("messages") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise self.http.unreadable(answer)
        return [row for row in rows if isinstance(row, dict)]

    # -- asking -----------------------------------------------------------------------------------
    async def look_up(self, references: Sequence[str], channel: Channel) -> list[Event]:
        name = "bulkId" if self._by_query(channel) else "messageId"
        wanted = set(references)
        found: list[Event] = []
        for place, ids in enumerate(_id_lists(references)):
            if place:
                await self._sleep(LOGS_PAUSE)
            query = [(name, ids), ("limit", str(LOGS_LIMIT))]
            for row in pulling.rows(await self._api.ask("GET", rights.LOGS[channel], query=query)):
                event = events.log_event(row)
                found.append(replace(event, reference=str(row.get(name) or ""), channel=channel))
        return [event for event in found if event.reference in wanted]

    async def pull(self, channel: Channel, cursor: str) -> Pulled:
        return await pulling.pull(self._api, channel, cursor, datetime.now(UTC))

    def after_loss(self, cursor: str, now: datetime) -> str:
        return pulling.from_the_logs(now)

    async def test(self) -> Connection:
        try:
            return await rights.test(self._api, self.channels)
        except ProviderError as error:
            return Connection(False, error.reason, error.text)

    # -- what is kept until its time ----------------------------------------------------------------
    async def kept(self, key: str, channel: Channel) -> list[Kept]:
        return await BulksApi(self._api, channel).kept(key)

    async def move(self, key: str, channel: Channel, at: datetime) -> None:
        await BulksApi(self._api, channel).move_all(key, at)

    async def call_off(self, key: str, channel: Channel) -> None:
        await BulksApi(self._api, channel).cancel_all(key)

    def bulks(self, channel: Channel) -> BulksApi:
        """Scheduled requests at the provider."""
        return BulksApi(self._api, channel)

    def suppressions(self) -> SuppressionsApi:
        """The provider's own suppression list."""
        return SuppressionsApi(self._api)

    # -- callbacks --------------------------------------------------------------------------------
    def parse(self, hook: Hook) -> list[Event]:
        if hook.kind == "email-reply":
            return inbound.parse_form(hook)
        return events.parse_object(orjson.loads(hook.body))

    # -- configuration ----------------------------------------------------------------------------
    def _by_query(self, channel: Channel) -> bool:
        return channel is Channel.SMS and self.flag("use_query_route")

    def _answers(self, body: Body) -> Answers:
        return Answers(self.option, self.config.hooks, body.options, datetime.now(UTC))

    # -- client -----------------------------------------------------------------------------------
    @property
    def _api(self) -> Api:
        return Api(self.http, self._authorization)

    @cached_property
    def _authorization(self) -> auth.Authorization:
        return auth.Authorization(self.credential, self.tokens)

    def _open_client(self) -> HttpClient:
        return HttpClient(
            self.config.base_url,
            secrets=self._authorization.secrets(),
            explain=errors.explain,
            allow_private=self.allow_private,
            connections=self.connections,
        )


def _id_lists(references: Sequence[str]) -> list[str]:
    """The references, comma-separated, in lists that fit in a query."""
    lists: list[str] = []
    for reference in references:
        if lists and len(lists[-1]) + len(reference) < IDS_LENGTH:
            lists[-1] += f",{reference}"
        else:
            lists.append(reference)
    return lists
