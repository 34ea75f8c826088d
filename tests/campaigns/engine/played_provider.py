"""The provider of the state machine in `model`: it is chance, and it remembers what it has accepted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from campaigns.providers.base import (
    Event,
    EventKind,
    MaybeSent,
    Misconfigured,
    NotSent,
    Outcome,
    Outgoing,
    Receipt,
    Refused,
)  # fmt: skip
from campaigns.services.sending.courier import Answer
from campaigns.states import Reason

# What comes back for a request. "died": the worker, after its intent; the request arrived or it did not.
ANSWERS = ("accepted", "accepted", "accepted", "mixed", "mixed", "not sent", "maybe, arrived", "maybe, lost", "refused",
           "misconfigured", "died, arrived", "died, lost", "short", "a bug")  # fmt: skip
MIXED = (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.NOT_SENT, Outcome.UNKNOWN)


class WorkerDied(BaseException):
    """Not an Exception: nothing of the engine may catch its own death."""


class Provider:
    """`oracle`: reference -> how often it was accepted. `refuses_doubles`: it says "accepted" again to what it has, and
    sends nothing. `tell` takes the receipts that are quicker than an answer. `row`: (answer, requests in a row that
    were answered so)."""

    def __init__(self, refuses_doubles: bool, tell: Callable[[list[Event]], None]) -> None:
        self.refuses_doubles, self._tell = refuses_doubles, tell
        self.oracle: Counter[str] = Counter()
        self.row = ("", 0)

    def request(self, outgoing: Outgoing, answer: str, early: bool) -> Answer:
        """One request, and what comes back. RuntimeError: a bug of the adapter; WorkerDied."""
        self.row = (answer, self.row[1] + 1 if answer == self.row[0] else 1)
        if answer in ("not sent", "misconfigured", "refused", "maybe, lost", "died, lost"):
            return self._nothing_arrives(answer)
        receipts = [self._receipt(message.reference, n, answer) for n, message in enumerate(outgoing.messages)]
        if early:
            there = [receipt.reference for receipt in receipts[:1] if self.oracle[receipt.reference]]
            self._tell([Event(EventKind.DELIVERED, "e", reference=reference) for reference in there])
        if answer == "died, arrived":
            raise WorkerDied
        if answer == "maybe, arrived":
            return MaybeSent(Reason.NO_ANSWER, "?")
        if answer == "a bug":
            raise RuntimeError("a bug of an adapter")
        return receipts[:-1] if answer == "short" else receipts

    def forget_row(self) -> None:
        """What the engine knows of the latest requests is no longer what happened last."""
        self.row = ("", 0)

    def _nothing_arrives(self, answer: str) -> Answer:
        if answer == "died, lost":
            raise WorkerDied
        return {
            "not sent": NotSent(Reason.PROVIDER_DOWN, "away"),
            "misconfigured": Misconfigured(Reason.AUTH, "key"),
            "refused": Refused(Reason.REJECTED, "no"),
            "maybe, lost": MaybeSent(Reason.NO_ANSWER, "?"),
        }[answer]

    def _receipt(self, reference: str, n: int, answer: str) -> Receipt:
        outcome = MIXED[n % 4 if answer == "mixed" else 0]
        if reference in self.oracle and self.refuses_doubles:
            return Receipt(reference, Outcome.ACCEPTED, provider_message_id=f"id-{reference}")
        if outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
            self.oracle[reference] += 1
        reason = Reason.NONE if outcome is Outcome.ACCEPTED else Reason.PROVIDER_DOWN
        return Receipt(reference, outcome, provider_message_id=f"id-{reference}", reason=reason)


class Courier:
    """Stands where HTTP would be. After the last answer the lane is asked to end. While it `waits`, requests stand in
    front of the provider's door, until `go_on`."""

    missed = 0

    def __init__(self, provider: Provider, answers: Sequence[str], early: bool, *, waits: bool = False) -> None:
        self.provider, self.early, self.waits = provider, early, waits
        self.draining = threading.Event()
        self._answers = list(answers)
        self._waiting: list[tuple[Outgoing, str, Future[Answer]]] = []

    def __enter__(self) -> Courier:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def brake(self, seconds: float) -> None:
        return None

    def send(self, batch: Outgoing, leave_at: float | None = None) -> Future[Answer]:
        answer = self._answers.pop(0) if self._answers else "accepted"
        if not self._answers:
            self.draining.set()
        future: Future[Answer] = Future()
        if self.waits:
            self._waiting.append((batch, answer, future))
        else:
            self._request(batch, answer, future)
        return future

    def go_on(self) -> None:
        """Make the requests that wait."""
        waiting, self._waiting, self.waits = self._waiting, [], False
        for one in waiting:
            self._request(*one)

    def _request(self, batch: Outgoing, answer: str, future: Future[Answer]) -> None:
        try:
            future.set_result(self.provider.request(batch, answer, self.early))
        except RuntimeError as bug:
            future.set_exception(bug)
