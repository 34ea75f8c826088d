"""Octopush: direct SMS campaigns, and campaigns on a list or tag that it holds, by the contract of its API v1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

from campaigns import sms
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
    MaybeSent,
    Message,
    Outcome,
    Outgoing,
    Problem,
    ProviderError,
    Receipt,
    Refused,
)
from campaigns.providers.batching import receipt_of, send_in_parts
from campaigns.providers.http import HttpClient
from campaigns.providers.octopush import bodies, checks, codes, events, fields
from campaigns.providers.octopush.lists import ListApi
from campaigns.states import Reason

ROOT = "/v1/public"
MAX_DIRECT = 500
# None is documented; the contract's figure (§14.18).
REQUESTS_PER_SECOND = 5.0
REPEAT_AFTER = 30.0


class Octopush(ListApi, HttpAdapter):
    slug = "octopush"
    label = "Octopush"
    channels: ClassVar[tuple[Channel, ...]] = (Channel.SMS,)
    default_base_url = "https://api.octopush.com"
    credential_fields = fields.CREDENTIALS
    option_fields = fields.OPTIONS
    message_fields = fields.MESSAGE_FIELDS
    hook_urls = fields.HOOKS

    # -- what it can do ---------------------------------------------------------------------------
    def capabilities(self, channel: Channel) -> Capabilities:
        return Capabilities(
            max_batch=MAX_DIRECT,
            substitutes=True,
            idempotent=True,
            look_up_after=(REPEAT_AFTER,),
            absent_means=Absent.REPEAT,
            tickets=True,
            cancel=True,
            remote_lists=True,
            requests_per_second=REQUESTS_PER_SECOND,
        )

    def count(self, text: str) -> Count:
        return sms.count(text)

    # -- checks before anything leaves ------------------------------------------------------------
    def check_account(self) -> list[Problem]:
        credentials = {field.name: self.credential(field.name) for field in self.credential_fields}
        return checks.check_account(credentials, self.option("stop_mention"))

    def check_body(self, body: Body) -> list[Problem]:
        return checks.check_body(body, self.option("stop_mention"))

    def check(self, body: Body, message: Message) -> list[Problem]:
        return checks.check_message(body, message)

    # -- sending ----------------------------------------------------------------------------------
    async def send(self, batch: Outgoing) -> list[Receipt]:
        """One request for all whose values Octopush can fill in, and one for each other finished text. The first
        message to a number wins: callbacks name only the campaign and the number."""
        require(0 < len(batch.messages) <= MAX_DIRECT, "a batch holds 1 to 500 messages")
        firsts = {message.address: message for message in reversed(batch.messages)}
        parts = bodies.parts_of(batch.body, [m for m in batch.messages if firsts[m.address] is m])
        part_of = {message.reference: part for part in parts for message in part.messages}
        sent = await send_in_parts(
            [part.messages for part in parts],
            lambda messages: self._post(batch, replace(part_of[messages[0].reference], messages=messages)),
            splits=lambda error: error.code in codes.OF_SINGLE_NUMBERS,
            pause=1 / REQUESTS_PER_SECOND,
            sleep=self._sleep,
        )
        receipts = {receipt.reference: receipt for receipt in sent}
        return [receipts.get(m.reference) or _double(m) for m in batch.messages]

    async def _post(self, batch: Outgoing, part: bodies.Part) -> list[Receipt]:
        messages = part.messages
        body = bodies.direct(batch.body, part, bodies.request_id(batch.key, part))
        try:
            answer = await self.http.exchange("POST", f"{ROOT}/sms-campaign/send", body=body)
            codes.check(self.http, answer)
        except MaybeSent as error:
            if error.code not in codes.ALREADY_ACCEPTED:
                raise
            # Our key was used: the first try was accepted, and its ticket is lost (§12.3).
            return [Receipt(m.reference, Outcome.ACCEPTED, code=error.code, text=error.text) for m in messages]
        answered = self.http.parsed(answer)
        ticket = _ticket_of(answered)
        if not ticket:
            raise self.http.unreadable(answer)
        note = _dropped(answered, len(messages))
        return [Receipt(m.reference, Outcome.ACCEPTED, ticket, text=note, ticket=ticket) for m in messages]

    # -- asking -----------------------------------------------------------------------------------
    async def look_up(self, references: Sequence[str], channel: Channel) -> list[Event]:
        """Octopush has no way to ask what became of messages (§14.10)."""
        return []

    async def test(self) -> Connection:
        """Reads the balance, which proves the key and tells what is left."""
        try:
            balance = await self.funds()
        except ProviderError as error:
            return Connection(False, error.reason, error.text)
        return Connection(True, balance=balance)

    async def funds(self) -> Decimal | None:
        """Euros left, None where the answer does not say so."""
        answer = await self.http.exchange("GET", f"{ROOT}/wallet/check-balance", safe=True)
        codes.check(self.http, answer, safe=True)
        amount = self.http.parsed(answer, safe=True)
        amount = amount.get("amount") if isinstance(amount, dict) else None
        return Decimal(str(amount)) if isinstance(amount, int | float) else None

    # -- callbacks --------------------------------------------------------------------------------
    def parse(self, hook: Hook) -> list[Event]:
        return events.parse_hook(hook)

    # -- client -----------------------------------------------------------------------------------
    def _open_client(self) -> HttpClient:
        login, key = self.credential("api_login"), self.credential("api_key")
        return HttpClient(
            self.config.base_url,
            headers={"api-login": login, "api-key": key, "cache-control": "no-cache"},
            secrets=(key,),
            explain=codes.explain,
            allow_private=self.allow_private,
            connections=self.connections,
        )


def _ticket_of(answer: Any) -> str:
    """The ticket of an accepted campaign, under either of the names that the vendor uses."""
    if not isinstance(answer, dict):
        return ""
    return str(answer.get("sms_ticket") or answer.get("ticket_number") or "")


def _dropped(answer: Any, people: int) -> str:
    """A note when the vendor counts fewer people than were sent: it does not say whom it dropped (§4)."""
    counted = answer.get("number_of_contacts")
    return f"{counted} of {people}" if isinstance(counted, int) and counted < people else ""


def _double(message: Message) -> Receipt:
    error = Refused(Reason.DUPLICATE, "The number is in this request already.")
    return receipt_of(error, message.reference)
