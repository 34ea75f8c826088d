"""Campaigns on a list or tag at Octopush (contract §3, §6): contacts brought there, created, computed, launched."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from campaigns.providers.base import Body, MaybeSent, Message, ProviderError, Refused
from campaigns.providers.batching import Sleep
from campaigns.providers.http import Answer, HttpClient
from campaigns.providers.lists import LIST, TAG, ListGone, Progress, Stage
from campaigns.providers.octopush import bodies, codes

ROOT = "/v1/public"
CHUNK = 200  # contacts per upload (§14.4) and per removal
PAUSE = 0.2  # seconds between requests
_READY = frozenset({"ready_to_be_sent", "ready_to_be_send"})  # the vendor's pages spell it both ways


class ListApi:
    """`providers.lists.ListProvider` for Octopush."""

    list_kinds: ClassVar[tuple[str, ...]] = (LIST, TAG)
    upload_chunk: ClassVar[int] = CHUNK
    http: HttpClient
    _sleep: Sleep = staticmethod(asyncio.sleep)

    def can_remove(self, kind: str) -> bool:
        """A person can be taken off a list; off a tag only together with all their other tags."""
        return kind == LIST

    async def open_list(self, kind: str, name: str) -> None:
        """Make sure the list is there; a tag comes into being with its first contact."""
        if kind == LIST:
            await self._call("POST", "/contact-list/create", {"list_name": name}, fine=(codes.LIST_EXISTS,))

    async def upload(self, kind: str, name: str, body: Body, messages: Sequence[Message]) -> None:
        """One call; halved when the vendor finds it too many."""
        try:
            await self._call("POST", "/contact/create", bodies.upload(body, kind, name, messages))
        except Refused as error:
            if error.code == codes.NO_SUCH_LIST:
                raise _gone(error) from error
            if error.code != codes.TOO_MANY or len(messages) == 1:
                raise
            half = len(messages) // 2
            for part in (messages[:half], messages[half:]):
                await self._sleep(PAUSE)
                await self.upload(kind, name, body, part)

    async def remove(self, kind: str, name: str, addresses: Sequence[str]) -> None:
        """Take people off the list. Always with its name: without it they would be deleted from the account."""
        for start in range(0, len(addresses), CHUNK):
            if start:
                await self._sleep(PAUSE)
            body = {"list_name": name, "phone_numbers": list(addresses[start : start + CHUNK])}
            await self._call("DELETE", "/contact/delete", body)

    async def create(self, kind: str, name: str, body: Body, key: str) -> str:
        """The ticket of a new campaign, of which nothing leaves yet. With a key that was used before: the ticket of
        the draft that it made, "" where that cannot be told."""
        try:
            answer = await self._call("POST", f"/sms-campaign-on-{kind}/create", bodies.on_list(body, kind, name, key))
        except MaybeSent as error:
            if error.code not in codes.ALREADY_ACCEPTED:
                raise
            return await self._draft()
        except Refused as error:
            if error.code == codes.NO_SUCH_LIST:
                raise _gone(error) from error
            raise
        ticket = _object(self.http, answer).get("ticket_number")
        if not ticket:
            raise self.http.unreadable(answer, safe=True)
        return str(ticket)

    async def progress(self, ticket: str) -> Progress:
        """How far the computation is. Until the deadline 200 and 400 both mean "not yet" (§3.6)."""
        query = [("ticket_number", ticket)]
        try:
            answer = await self._call("GET", "/sms-campaign-on-list/status", query=query)
        except ProviderError as error:
            if error.code == codes.NOT_FOUND:
                return Progress(Stage.GONE, text=error.text)
            if error.code == codes.ALREADY_SENT:
                return Progress(Stage.SENT)
            if error.http_status in (400, 422):
                return Progress(Stage.COMPUTING, text=error.text)
            raise
        state = _object(self.http, answer)
        word = str(state.get("status", ""))
        if word in _READY:
            return Progress(Stage.READY, _whole(state.get("number_of_contacts")), _money(state.get("cost")))
        return Progress(Stage.FAILED if word == "failed" else Stage.COMPUTING)

    async def launch(self, kind: str, ticket: str) -> None:
        """Let the campaign go. One that went before is a success; MaybeSent is settled by `progress`."""
        answer = await self.http.exchange("POST", f"{ROOT}/sms-campaign-on-{kind}/send", body={"ticket_number": ticket})
        try:
            codes.check(self.http, answer)
        except ProviderError as error:
            if error.code != codes.ALREADY_SENT:
                raise

    async def abandon(self, ticket: str) -> None:
        """Cancel a campaign that was not launched. One that the vendor no longer knows is gone anyway."""
        fine = (codes.NOT_FOUND, codes.ALREADY_SENT)
        await self._call("DELETE", "/sms-campaign-on-list/cancel", {"ticket_number": ticket}, fine=fine)

    async def _draft(self) -> str:
        """The ticket of the account's waiting draft, "" when there is none (§12.3)."""
        try:
            draft = _object(self.http, await self._call("GET", "/sms-campaign/draft"))
        except Refused:
            return ""
        return str(draft.get("ticket_number") or "") if draft.get("status") != "validated" else ""

    async def _call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Sequence[tuple[str, str]] = (),
        fine: Sequence[str] = (),
    ) -> Answer:
        """A call by which nothing leaves, so that it can always be made again."""
        answer = await self.http.exchange(method, ROOT + path, body=body, query=query, safe=True)
        if not answer.ok and codes.explain(answer)[0] in fine:
            return answer
        codes.check(self.http, answer, safe=True)
        return answer


def _gone(error: Refused) -> ListGone:
    return ListGone(error.reason, error.text, error.code, error.http_status)


def _object(http: HttpClient, answer: Answer) -> dict[str, Any]:
    found = http.parsed(answer, safe=True)
    if not isinstance(found, dict):
        raise http.unreadable(answer, safe=True)
    return found


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _money(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float) else None
