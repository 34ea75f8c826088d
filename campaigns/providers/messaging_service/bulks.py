"""Scheduled requests at messaging-service: read, move, pause, resume, cancel (contract §7)."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.providers.base import Channel, NotSent, Refused
from campaigns.providers.http import Statuses, Verdict
from campaigns.providers.messaging_service.api import Api
from campaigns.providers.messaging_service.codes import ASK_STATUSES
from campaigns.providers.messaging_service.events import instant
from campaigns.providers.messaging_service.timing import wire_time
from campaigns.providers.remote import Kept
from campaigns.states import Reason

# 404: not scheduled, or never heard of. 409 (email) and 400 (SMS): too late to change.
_STATUSES: Statuses = {
    **ASK_STATUSES,
    400: Verdict(Refused, Reason.REJECTED),
    409: Verdict(Refused, Reason.REJECTED),
}
PAUSED, PENDING, CANCELED = "PAUSED", "PENDING", "CANCELED"


@dataclass(frozen=True, slots=True)
class Bulk:
    """One scheduled request. An email bulk may be split by the provider, so one of ours can be several."""

    bulk_id: str
    status: str = ""
    send_at: datetime | None = None


class BulksApi:
    """The calls for one channel. All raise Refused(NOT_FOUND) for a bulk that the provider does not know."""

    def __init__(self, api: Api, channel: Channel) -> None:
        self._api = api
        self._path = "/email/1/bulks" if channel is Channel.EMAIL else "/sms/1/bulks"

    async def times(self, bulk_id: str) -> list[Bulk]:
        """When it is to be sent."""
        return _bulks(await self._ask("GET", self._path, bulk_id))

    async def statuses(self, bulk_id: str) -> list[Bulk]:
        """PENDING, PAUSED, PROCESSING, CANCELED, FINISHED or FAILED."""
        return _bulks(await self._ask("GET", f"{self._path}/status", bulk_id))

    async def kept(self, bulk_id: str) -> list[Kept]:
        """Time and status of each part of a request; [] when nothing of it is scheduled."""
        found: list[Kept] = []
        async for part in self._parts(bulk_id):
            times = {bulk.bulk_id: bulk.send_at for bulk in await self.times(part)}
            found += [Kept(b.bulk_id, b.status, times.get(b.bulk_id)) for b in await self.statuses(part)]
        return found

    async def move_all(self, bulk_id: str, send_at: datetime) -> None:
        async for part in self._parts(bulk_id):
            await self.move(part, send_at)

    async def cancel_all(self, bulk_id: str) -> None:
        async for part in self._parts(bulk_id):
            await self.cancel(part)

    async def _parts(self, bulk_id: str) -> AsyncIterator[str]:
        """The bulk ids of a request that was cut into several: the first is the request's own, the others count on."""
        for number in itertools.count(1):
            part = part_id(bulk_id, number)
            try:
                await self.statuses(part)
            except Refused as error:
                if error.reason is Reason.NOT_FOUND:
                    return
                raise
            yield part

    async def move(self, bulk_id: str, send_at: datetime) -> None:
        """To another instant. Refused(REJECTED) when it is too late."""
        await self._ask("PUT", self._path, bulk_id, body={"sendAt": wire_time(send_at)})

    async def pause(self, bulk_id: str) -> None:
        await self._write(bulk_id, PAUSED)

    async def resume(self, bulk_id: str) -> None:
        await self._write(bulk_id, PENDING)

    async def cancel(self, bulk_id: str) -> None:
        """For good: its messages are never delivered."""
        await self._write(bulk_id, CANCELED)

    async def _write(self, bulk_id: str, status: str) -> None:
        await self._ask("PUT", f"{self._path}/status", bulk_id, body={"status": status})

    async def _ask(self, method: str, path: str, bulk_id: str, **parts: Any) -> Any:
        return await self._api.ask(method, path, _STATUSES, query=[("bulkId", bulk_id)], **parts)


def part_id(key: str, number: int) -> str:
    """The bulk id of the `number`-th request that a batch is cut into."""
    return key if number == 1 else f"{key}-{number}"


def _bulks(answer: object) -> list[Bulk]:
    """Email answers with an array under `bulks`, SMS with the flat object."""
    if not isinstance(answer, dict):
        raise NotSent(Reason.PROVIDER_DOWN, "Unreadable answer.")
    rows = answer.get("bulks", [answer])
    return [_bulk(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _bulk(row: Mapping[str, Any]) -> Bulk:
    return Bulk(str(row.get("bulkId") or ""), str(row.get("status") or ""), instant(row.get("sendAt")))
