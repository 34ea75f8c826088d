"""One batch as one request or as many: every message ends with exactly one receipt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from campaigns.providers import batching
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
from campaigns.providers.batching import send_in_parts, send_one_by_one
from campaigns.states import Reason


def messages(count: int) -> list[Message]:
    return [Message(f"r{number}", f"+{number}") for number in range(count)]


class Vendor:
    """Refuses a request that holds one of `bad`; otherwise does what `errors` say, in turn."""

    def __init__(self, bad: Sequence[str] = (), errors: Sequence[ProviderError | None] = ()) -> None:
        self.bad, self.errors = set(bad), list(errors)
        self.requests: list[list[str]] = []
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def post(self, part: Sequence[Message]) -> list[Receipt]:
        self.requests.append([message.reference for message in part])
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        if self.bad & set(self.requests[-1]):
            raise Refused(Reason.INVALID_CONTENT, "no", "400", 400)
        return [Receipt(message.reference, Outcome.ACCEPTED) for message in part]

    async def post_one(self, message: Message) -> Receipt:
        await asyncio.sleep(0)  # as long as an answer takes, so that others begin meanwhile
        return (await self.post([message]))[0]

    def in_parts(self, batch: Sequence[Message], splits: bool = True) -> list[Receipt]:
        return asyncio.run(send_in_parts([batch], self.post, splits=lambda error: splits, pause=0.05, sleep=self.sleep))

    def one_by_one(self, batch: Sequence[Message], at_once: int = 10, spacing: float = 0.0) -> list[Receipt]:
        return asyncio.run(
            send_one_by_one(batch, self.post_one, free=asyncio.Semaphore(at_once), spacing=spacing, sleep=self.sleep)
        )


def refused(receipts: Sequence[Receipt]) -> list[str]:
    return [receipt.reference for receipt in receipts if receipt.outcome is Outcome.REFUSED]


def outcomes(receipts: Sequence[Receipt]) -> list[Outcome]:
    return [receipt.outcome for receipt in receipts]


# -- halving --------------------------------------------------------------------------------------
def test_a_batch_that_is_accepted_is_one_request() -> None:
    vendor = Vendor()
    assert set(outcomes(vendor.in_parts(messages(1000)))) == {Outcome.ACCEPTED}
    assert len(vendor.requests) == 1
    assert vendor.slept == []


@pytest.mark.parametrize("place", [0, 499, 500, 999])
def test_halving_finds_one_bad_message_in_a_thousand(place: int) -> None:
    vendor = Vendor(bad=[f"r{place}"])
    receipts = vendor.in_parts(messages(1000))
    assert refused(receipts) == [f"r{place}"]
    assert [receipt.reference for receipt in receipts] == [f"r{n}" for n in range(1000)]
    assert len(vendor.requests) <= 21


def test_halving_finds_several_bad_messages() -> None:
    bad = ["r3", "r4", "r500", "r777"]
    assert refused(Vendor(bad=bad).in_parts(messages(1000))) == bad


def test_no_message_is_accepted_twice_while_halving() -> None:
    vendor = Vendor(bad=["r3", "r70"])
    vendor.in_parts(messages(100))
    accepted = [r for request in vendor.requests if not vendor.bad & set(request) for r in request]
    assert len(accepted) == len(set(accepted)) == 98


def test_a_fault_that_all_messages_share_is_told_after_a_few_requests() -> None:
    vendor = Vendor(bad=[f"r{n}" for n in range(1000)])
    with pytest.raises(Refused):
        vendor.in_parts(messages(1000))
    assert len(vendor.requests) == 31


def test_a_refusal_that_no_message_caused_is_not_split() -> None:
    vendor = Vendor(bad=["r1"])
    with pytest.raises(Refused):
        vendor.in_parts(messages(8), splits=False)
    assert len(vendor.requests) == 1


def test_requests_of_a_search_are_spaced() -> None:
    vendor = Vendor(bad=["r0"])
    vendor.in_parts(messages(4))
    assert vendor.slept == [0.05] * (len(vendor.requests) - 1)


def test_a_search_that_takes_too_long_gives_the_rest_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "_SEARCH_SECONDS", -1.0)
    vendor = Vendor(bad=["r0"])
    with pytest.raises(NotSent):
        vendor.in_parts(messages(4))
    assert len(vendor.requests) == 1


@pytest.mark.parametrize(
    ("error", "rest"),
    [
        (NotSent(Reason.RATE_LIMITED, retry_after=9.0), Outcome.NOT_SENT),
        (Misconfigured(Reason.AUTH), Outcome.NOT_SENT),
    ],
)
def test_an_error_while_halving_keeps_what_was_accepted(error: ProviderError, rest: Outcome) -> None:
    vendor = Vendor(errors=[Refused(Reason.INVALID_CONTENT), None, error])
    receipts = vendor.in_parts(messages(4))
    assert outcomes(receipts) == [Outcome.ACCEPTED] * 2 + [rest] * 2
    assert receipts[3].reason is error.reason
    assert receipts[3].retry_after == getattr(error, "retry_after", None)


def test_a_doubt_while_halving_concerns_its_own_request_only() -> None:
    vendor = Vendor(errors=[Refused(Reason.INVALID_CONTENT), MaybeSent(Reason.NO_ANSWER)])
    assert outcomes(vendor.in_parts(messages(4))) == [Outcome.UNKNOWN] * 2 + [Outcome.NOT_SENT] * 2


@pytest.mark.parametrize(
    "error", [NotSent(Reason.PROVIDER_DOWN), MaybeSent(Reason.NO_ANSWER), Misconfigured(Reason.AUTH)]
)
def test_an_error_of_the_whole_batch_is_raised(error: ProviderError) -> None:
    with pytest.raises(type(error)):
        Vendor(errors=[error]).in_parts(messages(3))


def test_messages_that_a_refusal_names_are_not_searched_for() -> None:
    vendor = Vendor(bad=["r2"])

    def named(error: Refused, part: Sequence[Message]) -> dict[str, Receipt]:
        return {"r2": Receipt("r2", Outcome.REFUSED, reason=Reason.INVALID_RECIPIENT)}

    receipts = asyncio.run(
        send_in_parts([messages(5)], vendor.post, splits=lambda error: True, culprits=named, sleep=vendor.sleep)
    )
    assert refused(receipts) == ["r2"]
    assert [len(request) for request in vendor.requests] == [5, 4]


# -- one by one -----------------------------------------------------------------------------------
def test_each_message_has_its_own_outcome() -> None:
    vendor = Vendor(bad=["r1"], errors=[None, None, MaybeSent(Reason.NO_ANSWER)])
    receipts = vendor.one_by_one(messages(4))
    assert outcomes(receipts) == [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.ACCEPTED]


def test_one_that_missed_its_slot_keeps_nobody_else_back() -> None:
    vendor = Vendor(errors=[None, Missed()])
    receipts = vendor.one_by_one(messages(4))
    assert outcomes(receipts) == [Outcome.ACCEPTED, Outcome.NOT_SENT, Outcome.ACCEPTED, Outcome.ACCEPTED]


def test_a_refused_key_stops_the_posts_that_have_not_begun() -> None:
    vendor = Vendor(errors=[None, Misconfigured(Reason.AUTH, "no")])
    receipts = vendor.one_by_one(messages(50), at_once=1)
    assert outcomes(receipts) == [Outcome.ACCEPTED] + [Outcome.NOT_SENT] * 49
    assert {receipt.reason for receipt in receipts[1:]} == {Reason.AUTH}
    assert all(receipt.hold for receipt in receipts[1:])
    assert len(vendor.requests) == 2


def test_too_fast_stops_the_posts_that_have_not_begun() -> None:
    vendor = Vendor(errors=[None, NotSent(Reason.RATE_LIMITED, retry_after=3.0)])
    receipts = vendor.one_by_one(messages(5), at_once=1)
    assert [receipt.retry_after for receipt in receipts] == [None, 3.0, 3.0, 3.0, 3.0]
    assert len(vendor.requests) == 2


def test_posts_begin_as_far_apart_as_asked() -> None:
    vendor = Vendor()
    vendor.one_by_one(messages(4), spacing=0.5)
    assert [round(seconds, 1) for seconds in vendor.slept] == [0.5, 1.0, 1.5]  # of a clock that stands still


def test_posts_that_are_spaced_end_with_the_first_answer_that_speaks_for_all() -> None:
    vendor = Vendor(errors=[Misconfigured(Reason.AUTH)])

    async def sleep(seconds: float) -> None:
        vendor.slept.append(seconds)
        await asyncio.sleep(0.01)

    with pytest.raises(Misconfigured):
        asyncio.run(
            send_one_by_one(messages(50), vendor.post_one, free=asyncio.Semaphore(10), spacing=60.0, sleep=sleep)
        )
    assert (len(vendor.requests), len(vendor.slept)) == (1, 1)


@pytest.mark.parametrize("batches", [1, 2])
def test_no_more_posts_are_under_way_than_all_batches_may_have_together(batches: int) -> None:
    under_way, most = 0, 0

    async def post(message: Message) -> Receipt:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return Receipt(message.reference, Outcome.ACCEPTED)

    async def send() -> None:
        free = asyncio.Semaphore(7)
        await asyncio.gather(*(send_one_by_one(messages(30), post, free=free) for _ in range(batches)))

    asyncio.run(send())
    assert most == 7


def test_the_gravest_error_is_raised_when_nothing_got_anywhere() -> None:
    vendor = Vendor(errors=[NotSent(Reason.RATE_LIMITED), Misconfigured(Reason.AUTH)])
    with pytest.raises(Misconfigured):
        vendor.one_by_one(messages(2))
