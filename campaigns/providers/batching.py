"""One ledger batch as one request or as many, so that every message ends with exactly one receipt.

`send_in_parts` posts a batch, and when the vendor refuses it whole, finds the messages at fault by halving.
`send_one_by_one` posts one message a request, many at a time.
Both return receipts in the order of the messages. They raise only what means the same for every one of them.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from campaigns.providers.base import (
    MaybeSent,
    Message,
    Misconfigured,
    Missed,
    NotSent,
    Outcome,
    ProviderError,
    Receipt,
    Refused,
)
from campaigns.providers.wire import leave_by
from campaigns.states import Reason

Sleep = Callable[[float], Awaitable[object]]
PostMany = Callable[[Sequence[Message]], Awaitable[list[Receipt]]]
PostOne = Callable[[Message], Awaitable[Receipt]]
Culprits = Callable[[Refused, Sequence[Message]], dict[str, Receipt]]

# The whole, its halves, quarters, eighths and sixteenths all refused: the fault lies in what they share.
_REFUSALS_THAT_PROVE_A_COMMON_FAULT = 1 + 2 + 4 + 8 + 16
# Messages of a ledger batch that goes one message a request: as many as a client has connections. With half of them a
# lane made a tenth less: the statements for a batch cost the same however many people it has.
ONE_BY_ONE = 200
# Seconds after its turn in a rate limit that a request may still begin. What comes later goes back to the queue: with
# those whose turn it is, it would be too many in one second.
LATE = 0.05
# No further request is begun after this time, so that a batch ends within its lease; the rest goes back.
_SEARCH_SECONDS = 10.0


def receipt_of(error: ProviderError, reference: str) -> Receipt:
    """What an error of a whole request means for one of its messages."""
    receipt = Receipt(reference, Outcome.UNKNOWN, reason=error.reason, code=error.code, text=error.text)
    if isinstance(error, Refused):
        return replace(receipt, outcome=Outcome.REFUSED)
    if isinstance(error, NotSent):
        return replace(receipt, outcome=Outcome.NOT_SENT, retry_after=error.retry_after)
    if isinstance(error, Misconfigured):
        return replace(receipt, outcome=Outcome.NOT_SENT, hold=True)
    return receipt


@dataclass(slots=True)
class _Ledger:
    """Receipts as they come in, and the errors that stood for a whole request. `answered`: the vendor said
    something about single messages."""

    messages: Sequence[Message]
    receipts: dict[str, Receipt] = field(default_factory=dict)
    errors: list[ProviderError] = field(default_factory=list)
    answered: bool = False

    def settle(self, receipts: Iterable[Receipt]) -> None:
        self.answered = True
        self._add(receipts)

    def fail(self, messages: Iterable[Message], error: ProviderError) -> None:
        self.errors.append(error)
        self._add(receipt_of(error, message.reference) for message in messages)

    def finish(self) -> list[Receipt]:
        """The receipts, or the gravest error when it means the same for every message."""
        if self.errors and not self.answered and len({receipt.outcome for receipt in self.receipts.values()}) == 1:
            raise min(self.errors, key=_gravity)
        return [self.receipts[message.reference] for message in self.messages]

    def _add(self, receipts: Iterable[Receipt]) -> None:
        self.receipts.update((receipt.reference, receipt) for receipt in receipts)


def _gravity(error: ProviderError) -> int:
    """The smaller, the more an error says about all messages."""
    return 0 if isinstance(error, Misconfigured) else 2 if isinstance(error, Missed) else 1


def _for_the_rest(error: ProviderError) -> ProviderError:
    """What an error says about messages that have not left yet."""
    if isinstance(error, MaybeSent):
        return NotSent(Reason.PROVIDER_DOWN, error.text, error.code, error.http_status)
    return error


def nobody(error: Refused, messages: Sequence[Message]) -> dict[str, Receipt]:
    """For a vendor whose refusals do not name the messages at fault."""
    return {}


async def send_in_parts(
    parts: Sequence[Sequence[Message]],
    post: PostMany,
    *,
    splits: Callable[[Refused], bool],
    culprits: Culprits = nobody,
    pause: float = 0.0,
    sleep: Sleep = asyncio.sleep,
) -> list[Receipt]:
    """Posts each part, splitting one that is refused.

    splits: whether a refusal may be the fault of single messages. Only safe where the vendor accepts nothing
    of a request it refuses. culprits: receipts of the messages that a refusal names; the rest is posted again.
    pause: seconds between requests. Parts are halved breadth first, so that a fault common to all messages
    shows after thirty requests instead of two thousand.
    """
    ledger = _Ledger([message for part in parts for message in part])
    waiting = deque(parts)
    refusals = 0
    begun = time.monotonic()
    while waiting:
        part = waiting.popleft()
        try:
            ledger.settle(await post(part))
        except Refused as error:
            refusals += 1
            if refusals >= _REFUSALS_THAT_PROVE_A_COMMON_FAULT and not ledger.receipts:
                raise
            if splits(error):
                _split(ledger, waiting, part, error, culprits)
            else:
                ledger.fail(part, error)
        except ProviderError as error:
            ledger.fail(part, error)
            _give_back(ledger, waiting, _for_the_rest(error))
        if waiting and time.monotonic() - begun > _SEARCH_SECONDS:
            _give_back(ledger, waiting, NotSent(Reason.RATE_LIMITED, "Not sent yet: the batch took too long."))
        if waiting:
            await sleep(pause)
    return ledger.finish()


def _split(
    ledger: _Ledger, waiting: deque[Sequence[Message]], part: Sequence[Message], error: Refused, culprits: Culprits
) -> None:
    """Settles those whom a refusal means and queues the others again."""
    named = culprits(error, part)
    if named:
        ledger.settle(named.values())
    rest = [message for message in part if message.reference not in named]
    if len(part) == 1 and not named:
        ledger.settle([receipt_of(error, part[0].reference)])
    elif named:
        waiting.extend([rest] if rest else [])
    else:
        waiting.extend([part[: len(part) // 2], part[len(part) // 2 :]])


def _give_back(ledger: _Ledger, waiting: deque[Sequence[Message]], error: ProviderError) -> None:
    """Everything that has not left yet goes back to the queue, or to a person, for the same reason."""
    while waiting:
        ledger.fail(waiting.popleft(), error)


async def send_one_by_one(
    messages: Sequence[Message],
    post: PostOne,
    *,
    free: asyncio.Semaphore,
    spacing: float = 0.0,
    sleep: Sleep = asyncio.sleep,
) -> list[Receipt]:
    """Posts each message in a request of its own, begun `spacing` seconds apart and as soon as a connection is `free`
    (all batches of an adapter share them). After the first answer that speaks for all of them (key refused, too fast,
    not reachable) no other begins. With a spacing, a message whose turn was missed by more than `LATE` does not leave,
    unless it waited for a connection: who is kept waiting by the vendor's own slowness does not crowd it."""
    ledger = _Ledger(messages)
    stop: ProviderError | None = None

    async def one(message: Message, due: float) -> None:
        nonlocal stop
        kept_waiting = free.locked()
        async with free:
            if stop is not None:
                ledger.fail([message], stop)
                return
            latest = due + LATE if spacing else leave_by.get()
            leave_by.set(max(latest, clock() + LATE) if kept_waiting else latest)
            if clock() > leave_by.get():  # said here, before a connection is taken and broken off for it
                ledger.fail([message], Missed())
                return
            try:
                ledger.settle([await post(message)])
            except Refused as error:
                ledger.settle([receipt_of(error, message.reference)])
            except Missed as error:
                ledger.fail([message], error)
            except ProviderError as error:
                ledger.fail([message], error)
                if isinstance(error, (NotSent, Misconfigured)):
                    stop = stop or error

    clock = asyncio.get_running_loop().time
    begun = clock()
    async with asyncio.TaskGroup() as running:
        for place, message in enumerate(messages):
            # By the clock, not by the last sleep: a timer is a millisecond late, which is much at 2,000 a second.
            ahead = begun + place * spacing - clock()
            if ahead > 0 and stop is None:
                await sleep(ahead)
            if stop is not None:
                ledger.fail(messages[place:], stop)
                break
            running.create_task(one(message, begun + place * spacing))
    return ledger.finish()
