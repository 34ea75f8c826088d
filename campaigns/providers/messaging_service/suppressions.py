"""messaging-service's own suppression list for email domains (contract §9.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.providers.base import NotSent
from campaigns.providers.messaging_service.api import Api
from campaigns.providers.messaging_service.events import instant
from campaigns.states import Reason

BOUNCE, COMPLAINT, OVER_QUOTA = "BOUNCE", "COMPLAINT", "OVER_QUOTA"
PAGE_SIZE = 1000
_GROUPS, _ADDRESSES = 10, 1000
_PATH = "/email/1/suppressions"


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An address that the provider writes to no more, and since when."""

    address: str
    kind: str
    since: datetime | None


class SuppressionsApi:
    """`kind` is BOUNCE, COMPLAINT or (reading only) OVER_QUOTA; `domain` is the sending domain."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def list(self, domain: str, kind: str, page: int = 0) -> list[Suppressed]:
        """One page (from 0) of at most 1000."""
        query = [("domainName", domain), ("type", kind), ("page", str(page)), ("size", str(PAGE_SIZE))]
        answer = await self._api.ask("GET", _PATH, query=query)
        rows = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise NotSent(Reason.PROVIDER_DOWN, "Unreadable answer.")
        return [
            Suppressed(str(row.get("emailAddress") or "").lower(), kind, instant(row.get("createdDate")))
            for row in rows
            if isinstance(row, dict)
        ]

    async def add(self, domain: str, kind: str, addresses: Sequence[str]) -> None:
        """The provider applies it a little later."""
        await self._write("POST", domain, kind, addresses)

    async def remove(self, domain: str, kind: str, addresses: Sequence[str]) -> None:
        await self._write("DELETE", domain, kind, addresses)

    async def _write(self, method: str, domain: str, kind: str, addresses: Sequence[str]) -> None:
        groups: list[dict[str, Any]] = [
            {"domainName": domain, "emailAddress": list(addresses[at : at + _ADDRESSES]), "type": kind}
            for at in range(0, len(addresses), _ADDRESSES)
        ]
        for at in range(0, len(groups), _GROUPS):
            await self._api.ask(method, _PATH, body={"suppressions": groups[at : at + _GROUPS]})
