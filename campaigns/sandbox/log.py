"""What the vendors saw and accepted: the oracle that a ledger is compared with. Append-only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import orjson


class Submission:
    """What the messages of one accepted request share. `number` is the request's place in `RequestLog`."""

    __slots__ = ("at", "number", "request_id")

    def __init__(self, number: int, at: float, request_id: str) -> None:
        self.number, self.at, self.request_id = number, at, request_id


class Message:
    """One accepted message. Vendors add what they need; `entry` is what the log shows of it."""

    __slots__ = ("destination", "provider_id", "reference", "submission")
    vendor: ClassVar[str]
    channel: str
    submission: Submission
    reference: str | None
    provider_id: str
    destination: str

    def content(self) -> dict[str, Any]:
        """The finished text (and subject, html) and whatever else the vendor was told."""
        raise NotImplementedError

    def entry(self, number: int) -> dict[str, Any]:
        """One log line. `at` is in virtual seconds since 1970; `reference` is the client's own id."""
        return {
            "n": number,
            "vendor": self.vendor,
            "channel": self.channel,
            "at": round(self.submission.at, 3),
            "request": self.submission.number,
            "request_id": self.submission.request_id,
            "reference": self.reference,
            "provider_id": self.provider_id,
            "destination": self.destination,
            **self.content(),
        }


class MessageLog:
    """Every accepted message in order. With a path, also one JSON line each, written before `accept` returns."""

    def __init__(self, path: Path | None = None) -> None:
        self._messages: list[Message] = []
        self._file: BinaryIO | None = path.open("ab") if path else None
        self._indexed = 0
        self._by_key: dict[tuple[str, str], list[Message]] = {}

    def __len__(self) -> int:
        return len(self._messages)

    def accept(self, messages: Sequence[Message]) -> None:
        """Record messages. Call it before the answer leaves: an answer without its entry would be a lie."""
        first = len(self._messages) + 1
        if self._file is not None:
            lines = [orjson.dumps(m.entry(n), option=orjson.OPT_APPEND_NEWLINE) for n, m in enumerate(messages, first)]
            self._file.write(b"".join(lines))
            self._file.flush()
        self._messages.extend(messages)

    def entries(self, after: int = 0, vendor: str | None = None) -> Iterator[dict[str, Any]]:
        """Log lines whose number is greater than `after`, oldest first, up to what is there at the call."""
        for number in range(after + 1, len(self._messages) + 1):
            message = self._messages[number - 1]
            if vendor is None or message.vendor == vendor:
                yield message.entry(number)

    def find(self, vendor: str, key: str) -> list[Message]:
        """Messages with this provider id or reference. The index is brought up to date here, so that accepting
        a message costs nothing for look-ups that never come."""
        self._catch_up()
        return self._by_key.get((vendor, key), [])

    def repeated_references(self, vendor: str) -> Iterator[list[Message]]:
        """Messages that were accepted under the same reference, group by group."""
        self._catch_up()
        for (owner, key), messages in self._by_key.items():
            if owner == vendor and len(messages) > 1 and messages[0].reference == key:
                yield messages

    def _catch_up(self) -> None:
        index = self._by_key
        for message in self._messages[self._indexed :]:
            index.setdefault((message.vendor, message.provider_id), []).append(message)
            if message.reference and message.reference != message.provider_id:
                index.setdefault((message.vendor, message.reference), []).append(message)
        self._indexed = len(self._messages)

    def clear(self) -> None:
        """Forget everything; the file is emptied too, so that it always equals what is in memory."""
        self._messages, self._indexed, self._by_key = [], 0, {}
        if self._file is not None:
            os.ftruncate(self._file.fileno(), 0)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class Arrival:
    """One request as it came in. `processed`: the vendor acted on it, whatever the client got to see;
    `client_gone`: nobody was there any more for the answer. `at` is virtual time, `real_at` the wall clock's."""

    __slots__ = (
        "accepted", "address", "at", "client_gone", "fault", "method", "number", "path", "processed", "real_at",
        "refused", "status", "vendor",
    )  # fmt: skip

    def __init__(
        self, number: int, at: float, real_at: float, vendor: str, method: str, path: str, address: str
    ) -> None:
        self.number, self.at, self.real_at = number, at, real_at
        self.vendor, self.method, self.path, self.address = vendor, method, path, address
        self.status: int | None = None
        self.fault: str | None = None
        self.processed = self.client_gone = False
        self.accepted = self.refused = 0

    def entry(self) -> dict[str, Any]:
        """One line of the request log."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {"n": values.pop("number"), **values, "at": round(self.at, 3), "real_at": round(self.real_at, 3)}


class RequestLog:
    """Every request to a vendor, answered or not."""

    def __init__(self) -> None:
        self._arrivals: list[Arrival] = []

    def add(self, at: float, real_at: float, vendor: str, method: str, path: str, address: str) -> Arrival:
        arrival = Arrival(len(self._arrivals) + 1, at, real_at, vendor, method, path, address)
        self._arrivals.append(arrival)
        return arrival

    def select(self, after: int = 0, vendor: str | None = None, path: str | None = None) -> list[Arrival]:
        """Requests after number `after`, of one vendor and path where given."""
        return [
            a
            for a in self._arrivals[after:]
            if (vendor is None or a.vendor == vendor) and (path is None or a.path == path)
        ]

    def clear(self) -> None:
        self._arrivals = []


def peak_per_second(arrivals: Iterable[Arrival]) -> int:
    """The most requests within any one second of the wall clock."""
    times = [a.real_at for a in arrivals]
    peak = start = 0
    for end, moment in enumerate(times):
        while times[start] <= moment - 1:
            start += 1
        peak = max(peak, end - start + 1)
    return peak


class ViolationLog:
    """What a client did although the contract tells it not to, one entry per request and rule."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []

    def add(self, vendor: str, rule: str, detail: str, request: int | None = None, count: int = 1) -> None:
        self._entries.append({"vendor": vendor, "rule": rule, "detail": detail, "request": request, "count": count})

    def entries(self) -> list[dict[str, Any]]:
        return list(self._entries)

    def clear(self) -> None:
        self._entries = []
