"""A request and an answer as a vendor's code sees them: no HTTP plumbing, no waiting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from campaigns.sandbox.log import Arrival


@dataclass(slots=True)
class Call:
    """One request that was read completely. `now` is virtual time, `principal` the account that the vendor
    recognised, `fault` a misbehaviour of the vendor's own kind that hits this request."""

    arrival: Arrival
    request: web.Request
    body: bytes
    now: float
    principal: str = ""
    fault: str = ""

    @property
    def path(self) -> str:
        return self.arrival.path

    @property
    def address(self) -> str:
        """The client's IP address."""
        return self.arrival.address

    @property
    def headers(self) -> Mapping[str, str]:
        """First value of each header; names in any case."""
        return self.request.headers

    @property
    def query(self) -> Mapping[str, str]:
        """First value of each parameter."""
        return self.request.query

    @property
    def match(self) -> Mapping[str, str]:
        """The gaps of the route's path."""
        return self.request.match_info

    @property
    def is_json(self) -> bool:
        """Whether the client says that its body is JSON."""
        return self.request.content_type == "application/json"

    def all_headers(self, name: str) -> list[str]:
        return self.request.headers.getall(name, [])

    def all_query(self, name: str) -> list[str]:
        return self.request.query.getall(name, [])


@dataclass(slots=True)
class Answer:
    """What a vendor says. A payload of None is an empty body. `until`: what the vendor does and waits for before
    it answers; the answer that follows from it takes the place of this one."""

    payload: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    until: Callable[[], Awaitable[Answer]] | None = None

    def body(self) -> bytes:
        if isinstance(self.payload, str):
            return self.payload.encode()
        return b"" if self.payload is None else orjson.dumps(self.payload)


class ErrorAnswer(Exception):
    """Ends the processing of a request with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
