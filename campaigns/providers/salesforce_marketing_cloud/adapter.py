"""Salesforce Marketing Cloud: transactional SMS through send definitions, by the contract of its REST API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from campaigns import sms as gsm
from campaigns.providers.adapter import HttpAdapter, require
from campaigns.providers.base import (
    Absent,
    BadSignature,
    Body,
    Capabilities,
    Channel,
    Connection,
    Count,
    Event,
    Hook,
    MaybeSent,
    Message,
    Misconfigured,
    NotSent,
    Outgoing,
    Problem,
    ProviderError,
    Pulled,
    Receipt,
    Refused,
)
from campaigns.providers.batching import receipt_of, send_in_parts
from campaigns.providers.http import Answer, HttpClient
from campaigns.providers.remote import RemoteTemplate
from campaigns.providers.salesforce_marketing_cloud import (
    answers,
    bodies,
    checks,
    codes,
    definitions,
    events,
    fields,
    notifications,
)
from campaigns.providers.salesforce_marketing_cloud.definitions import Definition
from campaigns.providers.salesforce_marketing_cloud.session import Package, Session, auth_host, explain, rest_host
from campaigns.states import Reason

MESSAGES = "/messaging/v1/sms/messages/"
REQUESTS_PER_SECOND = 10.0  # ours: the platform names no number and throttles when it is strained (§8)
LOOK_UP_AFTER = (20.0, 140.0)  # seconds: the first time, and 120 after it (§9)
RESUBMIT_FOR = 24 * 3600.0  # seconds (§9.6); the vendor forgets keys after two or three days
LOOK_UP_PAUSE = 0.5  # at most two look-ups a second
NOT_SENT_PAGE, MOST_PAGES = 500, 20
_SIGNATURE_FORM = "signature"  # of a handshake that only notes how notifications are signed


class SalesforceMarketingCloud(HttpAdapter):
    slug = "salesforce-marketing-cloud"
    label = "Salesforce Marketing Cloud"
    channels: ClassVar[tuple[Channel, ...]] = (Channel.SMS,)
    default_base_url = ""
    builds_hosts = True
    credential_fields = fields.CREDENTIALS
    option_fields = fields.OPTIONS
    message_fields = fields.MESSAGE
    hook_urls = fields.HOOKS
    hook_headers: ClassVar[tuple[str, ...]] = (notifications.SIGNATURE,)
    registers_hooks = True
    signs_hooks = True

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._read: dict[str, tuple[float, Definition]] = {}  # key -> when it was read, and what it was

    # -- what it can do ---------------------------------------------------------------------------
    def capabilities(self, channel: Channel) -> Capabilities:
        return Capabilities(
            max_batch=min(self.number("batch_size") or fields.DEFAULT_BATCH, fields.LARGEST_BATCH),
            substitutes=True,
            idempotent=True,
            look_up_after=LOOK_UP_AFTER,
            look_up_pause=LOOK_UP_PAUSE,
            absent_means=Absent.RESUBMIT,
            resubmit_for=RESUBMIT_FOR,
            pulls=True,
            remote_templates=True,
            lists_templates=True,
            requests_per_second=REQUESTS_PER_SECOND,
        )

    def count(self, text: str) -> Count:
        return gsm.count(text)

    # -- checks before anything leaves ------------------------------------------------------------
    def check_account(self) -> list[Problem]:
        credentials = {field.name: self.credential(field.name) for field in self.credential_fields}
        batch_size = str(self.config.options.get("batch_size") or "")
        problems = checks.check_account(credentials, batch_size)
        if self.config.base_url and not self.allow_private:
            problems.append(checks.FOREIGN_HOST)
        return problems

    def check_body(self, body: Body) -> list[Problem]:
        return checks.check_body(body, self._profile, self.flag("allow_resubscribe"))

    def check(self, body: Body, message: Message) -> list[Problem]:
        return checks.check_message(body, message)

    @property
    def _profile(self) -> frozenset[str]:
        return checks.names_in(self.option("profile_attributes"))

    # -- sending ----------------------------------------------------------------------------------
    async def send(self, batch: Outgoing) -> list[Receipt]:
        require(0 < len(batch.messages) <= fields.LARGEST_BATCH, "a batch holds 1 to 500 messages")
        keys = {message.reference for message in batch.messages}
        require(len(keys) == len(batch.messages), "references are unique in a batch")
        require(all(map(checks.is_message_key, keys)), "a reference has 1 to 100 letters, digits, “-” and “_”")
        try:
            settings = await self._settings(batch)
            return await send_in_parts(
                [batch.messages],
                lambda messages: self._post(messages, settings, batch),
                splits=lambda error: error.code == str(codes.TOO_MANY),
                pause=1 / REQUESTS_PER_SECOND,
                sleep=self._sleep,
            )
        except Misconfigured as error:
            if not codes.is_lost(error):
                raise
            # A cause of this campaign alone: its dispatch waits for a person, the account goes on.
            return [receipt_of(error, message.reference) for message in batch.messages]

    async def _settings(self, batch: Outgoing) -> bodies.Settings:
        """What the requests of a batch share, once the definition is known to be active (rules 2 and 11)."""
        body = batch.body
        for problem in checks.check_resubscribe(body, self.flag("allow_resubscribe")):
            raise Misconfigured(Reason.INVALID_CONTENT, problem.text)
        attribute = self.option("campaign_attribute")
        shared = {attribute: batch.campaign_reference} if attribute and batch.campaign_reference else {}
        settings = bodies.settings_of(body, resubscribe=checks.wants_resubscribe(body), shared=shared)
        definition = await self._definition(settings.definition_key)
        own_names = None if settings.text else {*settings.names, *shared}
        definition.require_sendable(own_names, self._profile)
        return settings

    async def _definition(self, key: str) -> Definition:
        """The definition, read at most ten minutes ago."""
        if not key:
            raise Misconfigured(Reason.INVALID_CONTENT, "No send definition is chosen.")
        read_at, found = self._read.get(key, (0.0, None))
        if found is not None and monotonic() - read_at < definitions.FRESH_SECONDS:
            return found
        found = await self._read_definition(key)
        self._read[key] = monotonic(), found
        return found

    async def _read_definition(self, key: str) -> Definition:
        answer = await self._session.exchange("GET", f"{definitions.PATH}/{quote(key, safe='')}", safe=True)
        if answer.status == 404:
            text = f"The send definition “{key}” does not exist in this business unit."
            raise Misconfigured(Reason.INVALID_CONTENT, text, explain(answer)[0], 404)
        self._session.check(answer, safe=True)
        try:
            return definitions.definition_of(self._session.parsed(answer, safe=True))
        except ValueError as error:
            raise self._session.unreadable(answer, safe=True) from error

    async def _post(self, messages: Sequence[Message], settings: bodies.Settings, batch: Outgoing) -> list[Receipt]:
        answer = await self._session.exchange("POST", MESSAGES, body=bodies.many(messages, settings))
        if answer.status == 400 and explain(answer)[0] == str(codes.NOBODY_VALID):
            return self._all_bad(answer, messages, batch.retry)
        self._session.check(answer, tries=batch.tries)
        try:
            return answers.receipts_of(self._session.parsed(answer), messages, retry=batch.retry)
        except ValueError as error:
            raise self._session.unreadable(answer) from error

    def _all_bad(self, answer: Answer, messages: Sequence[Message], retry: bool) -> list[Receipt]:
        """No row was valid. Where the answer does not tell of each, a repeated request may have been one of doubles
        only: then the look-up says what became of them."""
        code, text = explain(answer)
        try:
            return answers.receipts_of(answer.json(), messages, retry=retry)
        except ValueError:
            if retry:
                raise MaybeSent(Reason.NO_ANSWER, text, code, answer.status) from None
        error = Refused(Reason.INVALID_RECIPIENT, text, code, answer.status)
        return [receipt_of(error, message.reference) for message in messages]

    # -- asking -----------------------------------------------------------------------------------
    async def look_up(self, references: Sequence[str], channel: Channel) -> list[Event]:
        """One request a message, two a second. A 429 ends it; what was learned until then is in the error."""
        found: list[Event] = []
        for place, reference in enumerate(references):
            if place:
                await self._sleep(LOOK_UP_PAUSE)
            try:
                found += await self._status(reference)
            except NotSent as error:
                error.events = tuple(found)
                raise
        return found

    async def _status(self, reference: str) -> list[Event]:
        """What is known of one message; nothing for 404, or for a 400 that names the key (§9): not known yet."""
        answer = await self._session.exchange("GET", MESSAGES + quote(reference, safe=""), safe=True)
        if answer.status == 404 or (answer.status == 400 and reference in explain(answer)[1]):
            return []
        self._session.check(answer, safe=True)
        try:
            return [events.status_event(reference, self._session.parsed(answer, safe=True))]
        except ValueError as error:
            raise self._session.unreadable(answer, safe=True) from error

    async def pull(self, channel: Channel, cursor: str) -> Pulled:
        """The list of messages that were not sent, from where it ended last time (§5.1)."""
        found: list[Event] = []
        for _ in range(MOST_PAGES):
            query = [("type", "notSent"), ("$pageSize", str(NOT_SENT_PAGE))]
            query += [("lastEventId", cursor)] if cursor else []
            answer = await self._session.ask("GET", MESSAGES, query=query)
            try:
                page, last = events.not_sent_rows(answer)
            except ValueError as error:
                raise NotSent(Reason.PROVIDER_DOWN, "Unreadable answer.") from error
            found += page
            cursor = cursor if last is None or not page else str(last)
            if len(page) < NOT_SENT_PAGE:
                break
        return Pulled(found, cursor)

    async def templates(self, channel: Channel) -> list[RemoteTemplate]:
        """Every definition that is not deleted, with its text, which the list itself does not tell."""
        listed: list[Definition] = []
        for page in range(1, definitions.MOST_PAGES + 1):
            query = [("$page", str(page)), ("$pageSize", str(definitions.PAGE_SIZE)), ("$orderBy", "name")]
            answer = await self._session.ask("GET", definitions.PATH, query=query)
            try:
                rows = definitions.page_of(answer)
            except ValueError as error:
                raise NotSent(Reason.PROVIDER_DOWN, "Unreadable answer.") from error
            listed += rows
            if len(rows) < definitions.PAGE_SIZE:
                break
        offered = [one for one in listed if one.status != definitions.DELETED]
        whole = [one if one.message is not None else await self._read_definition(one.key) for one in offered]
        return [one.as_template(self._profile) for one in whole]

    async def test(self) -> Connection:
        try:
            await self._session.ask("GET", definitions.PATH, query=[("$page", "1"), ("$pageSize", "1")])
        except ProviderError as error:
            return Connection(False, error.reason, error.text)
        return Connection(True)

    # -- callbacks --------------------------------------------------------------------------------
    async def register_hooks(self) -> Mapping[str, str]:
        url = self.config.hooks.get("ens", "")
        if not self.allow_private and not _is_public_address(url):
            text = "Marketing Cloud calls only https addresses without a port. This server's public address is another."
            raise Refused(Reason.REJECTED, text)
        name = f"{notifications.NAME} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        made = await notifications.create_callback(self._session, url, name)
        return {**made, "ens_key_before": self.credential("ens_key")}

    async def confirm(self, event: Event) -> Mapping[str, str]:
        """Verify the callback and subscribe it; an older subscription pauses, so that nothing comes twice."""
        if event.code == _SIGNATURE_FORM:
            return {"ens_key_form": event.text}
        before = self.credential("ens_subscription")
        await notifications.verify_callback(self._session, event.provider_message_id, event.text)
        kept = await notifications.subscribe(self._session, event.provider_message_id)
        if before and kept.get("ens_subscription", before) != before:
            await notifications.pause(self._session, before)
        return kept

    def verify(self, hook: Hook) -> None:
        """The opening call cannot be signed: its key is not told yet. What it says is proven by the vendor's own
        answer when it is confirmed. Everything else must be signed (§6.2)."""
        super().verify(hook)
        if events.handshake_of(hook.body) is None and not self._signature_form(hook):
            raise BadSignature("the signature does not fit", status=401)

    def parse(self, hook: Hook) -> list[Event]:
        if opening := events.handshake_of(hook.body):
            return [events.handshake_event(*opening)]
        found = events.parse_batch(hook.body)
        form = "" if self.credential("ens_key_form") else self._signature_form(hook)
        return [*found, events.form_event(_SIGNATURE_FORM, form, hook.body)] if form else found

    def _signature_form(self, hook: Hook) -> str:
        """How this was signed, by the key of our callback or by the one that it replaced; "" when by neither."""
        signature, pinned = hook.headers.get(notifications.SIGNATURE, ""), self.credential("ens_key_form")
        if form := notifications.form_of(self.credential("ens_key"), hook.body, signature, pinned):
            return form
        return notifications.form_of(self.credential("ens_key_before"), hook.body, signature, "")

    # -- client -----------------------------------------------------------------------------------
    @property
    def _session(self) -> Session:
        package = Package(*(self.credential(name) for name in ("client_id", "client_secret", "account_id")))
        return Session(self.http, lambda: self._client(auth_host, connections=1), package, self.tokens)

    def _open_client(self) -> HttpClient:
        return self._client(rest_host, self.connections)

    def _client(self, host: Callable[[str], str], connections: int) -> HttpClient:
        """Hosts are built from the subdomain (rule 1). A server in a private network, such as the sandbox, stands in
        for both of them where this server may call such addresses at all."""
        own = self.config.base_url if self.allow_private else ""
        return HttpClient(
            own or host(self.credential("subdomain")),
            secrets=(self.credential("client_secret"),),
            explain=explain,
            allow_private=self.allow_private,
            connections=connections,
        )


def _is_public_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.port is None and not parts.query
