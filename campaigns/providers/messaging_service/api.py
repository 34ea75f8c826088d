"""Calls with the account's `Authorization`, renewed once when a token has ended early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.providers.http import Answer, HttpClient, Statuses
from campaigns.providers.messaging_service.auth import Authorization
from campaigns.providers.messaging_service.codes import ASK_STATUSES, SEND_STATUSES

_UNAUTHORIZED = 401


class Api:
    """One account's calls over an open client."""

    def __init__(self, http: HttpClient, authorization: Authorization) -> None:
        self.http = http
        self._authorization = authorization

    async def exchange(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **parts: Any
    ) -> Answer:
        """As `HttpClient.exchange`. A 401 means that nothing was accepted, so a second try is safe."""
        more = dict(headers or {})
        header = await self._authorization.header(self.http)
        answer = await self.http.exchange(method, path, headers=more | {"Authorization": header}, **parts)
        if answer.status == _UNAUTHORIZED and self._authorization.forget(header):
            header = await self._authorization.header(self.http)
            answer = await self.http.exchange(method, path, headers=more | {"Authorization": header}, **parts)
        return answer

    async def ask(self, method: str, path: str, statuses: Statuses = ASK_STATUSES, **parts: Any) -> Any:
        """A call that may be repeated at will, and its JSON (None when the answer has no body)."""
        answer = await self.exchange(method, path, safe=True, **parts)
        self.http.check(answer, statuses, safe=True)
        return self.http.parsed(answer, safe=True) if answer.body.strip() else None

    async def take(self, path: str, query: Sequence[tuple[str, str]]) -> Any:
        """What the provider hands out once, so that a lost answer is a loss: MaybeSent then."""
        answer = await self.exchange("GET", path, query=query)
        self.http.check(answer, SEND_STATUSES)
        return self.http.parsed(answer)
