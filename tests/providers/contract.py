"""What every provider must do, whatever its vendor's API looks like. A vendor's test class inherits this and says how
its sandbox is reached; everything runs by real HTTP, and the sandbox's own log is the judge."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from campaigns.providers import registry
from campaigns.providers.base import (
    AccountConfig,
    BadSignature,
    Body,
    Channel,
    Connection,
    Event,
    EventKind,
    Hook,
    MaybeSent,
    Message,
    Misconfigured,
    NotSent,
    Outcome,
    Outgoing,
    Provider,
    ProviderError,
    Receipt,
)
from campaigns.states import Reason
from tests.providers.conftest import HookReceiver
from tests.sandbox_process import SandboxProcess

KEY = "5a1f0c6e-90d3-4f0e-8d2b-64c8f1b2a733"


class SendingContract:
    """What every vendor must do. Subclass it, with those below that fit, per vendor, channel and way of sending."""

    slug: ClassVar[str]
    channel: ClassVar[Channel]
    credentials: ClassVar[dict[str, str]]
    wrong_credentials: ClassVar[dict[str, str]]
    options: ClassVar[dict[str, Any]] = {}
    send_path: ClassVar[str]
    in_doubt: ClassVar[frozenset[int]]  # 5xx statuses after which the vendor may have accepted
    own_wait: ClassVar[float | None] = None  # seconds after a 429 without a hint, where the contract names them
    largest: ClassVar[int] = 1000  # messages that one call of `send` takes

    # -- what a vendor fills in -------------------------------------------------------------------
    def body(self) -> Body:
        raise NotImplementedError

    def message(self, number: int) -> Message:
        """A message that the sandbox accepts and delivers."""
        raise NotImplementedError

    def bad_message(self, number: int) -> Message:
        """A message that the vendor refuses, alone or among good ones."""
        raise NotImplementedError

    # -- helpers ----------------------------------------------------------------------------------
    def provider(self, url: str, receiver: HookReceiver | None = None, **changes: Any) -> Provider:
        hooks = {hook.kind: f"{receiver.url}/{hook.kind}" for hook in self.hook_urls()} if receiver else {}
        config = AccountConfig(
            url, changes.get("credentials", self.credentials), {**self.options, **changes.get("options", {})}, hooks
        )
        return registry.open_provider(self.slug, config, allow_private=True, connections=20)

    def hook_urls(self) -> Sequence[Any]:
        return registry.provider_class(self.slug).hook_urls

    def outgoing(self, messages: Sequence[Message], **changes: Any) -> Outgoing:
        return Outgoing(**{"key": KEY, "body": self.body(), "messages": messages, **changes})

    def send(self, provider: Provider, messages: Sequence[Message], **changes: Any) -> list[Receipt]:
        async def run() -> list[Receipt]:
            async with provider:
                return await provider.send(self.outgoing(messages, **changes))

        return asyncio.run(run())

    def try_out(self, provider: Provider) -> Connection:
        async def run() -> Connection:
            async with provider:
                return await provider.test()

        return asyncio.run(run())

    def messages(self, count: int) -> list[Message]:
        return [self.message(number) for number in range(1, count + 1)]

    def accepted(self, sandbox: SandboxProcess) -> list[str]:
        """References that the vendor has, in the order of their names."""
        return sorted(self.reference_in(entry) for entry in sandbox.log(self.slug))

    def reference_in(self, entry: dict[str, Any]) -> str:
        return str(entry["reference"])

    # -- accepted ---------------------------------------------------------------------------------
    def test_every_message_is_accepted_once_with_the_vendors_id(self, sandbox: SandboxProcess) -> None:
        messages = self.messages(5)
        receipts = self.send(self.provider(sandbox.url), messages)
        ids = {self.reference_in(entry): entry["provider_id"] for entry in sandbox.log(self.slug)}
        assert [r.reference for r in receipts] == [m.reference for m in messages]
        assert {r.outcome for r in receipts} == {Outcome.ACCEPTED}
        assert {r.reference: r.provider_message_id for r in receipts} == ids

    def test_a_full_batch_goes_through(self, sandbox: SandboxProcess) -> None:
        provider = self.provider(sandbox.url)
        messages = self.messages(provider.capabilities(self.channel).max_batch)
        receipts = self.send(provider, messages)
        assert {r.outcome for r in receipts} == {Outcome.ACCEPTED}
        assert self.accepted(sandbox) == sorted(m.reference for m in messages)

    def test_nothing_we_send_is_against_the_contract(self, sandbox: SandboxProcess) -> None:
        self.send(self.provider(sandbox.url), self.messages(3), campaign_reference="41")
        assert sandbox.violations() == []

    # -- refused ----------------------------------------------------------------------------------
    def test_one_bad_message_does_not_stop_the_others(self, sandbox: SandboxProcess) -> None:
        messages = [*self.messages(4), self.bad_message(5), *[self.message(n) for n in range(6, 10)]]
        receipts = self.send(self.provider(sandbox.url), messages)
        outcomes = [r.outcome for r in receipts]
        assert outcomes == [Outcome.ACCEPTED] * 4 + [Outcome.REFUSED] + [Outcome.ACCEPTED] * 4
        assert messages[4].reference not in self.accepted(sandbox)
        assert receipts[4].reason in (Reason.INVALID_CONTENT, Reason.INVALID_RECIPIENT)

    def test_bad_messages_alone_are_all_refused(self, sandbox: SandboxProcess) -> None:
        receipts = self.send(self.provider(sandbox.url), [self.bad_message(1), self.bad_message(2)])
        assert [r.outcome for r in receipts] == [Outcome.REFUSED, Outcome.REFUSED]
        assert self.accepted(sandbox) == []

    def test_a_wrong_key_stops_everything(self, sandbox: SandboxProcess) -> None:
        provider = self.provider(sandbox.url, credentials=self.wrong_credentials)
        with pytest.raises(Misconfigured) as caught:
            self.send(provider, self.messages(3))
        assert caught.value.reason is Reason.AUTH
        assert not any(value in str(caught.value) for value in self.wrong_credentials.values() if len(value) > 5)
        assert self.accepted(sandbox) == []

    def test_missing_credentials_send_nothing(self, sandbox: SandboxProcess) -> None:
        with pytest.raises(Misconfigured):
            self.send(self.provider(sandbox.url, credentials={}), self.messages(1))
        assert sandbox.requests(vendor=self.slug)["total"] == 0

    # -- surely not sent --------------------------------------------------------------------------
    def test_too_fast_is_not_sent_and_says_how_long_to_wait(self, sandbox: SandboxProcess) -> None:
        sandbox.arm(self.send_path, "http_429", times=50, retry_after=7)
        with pytest.raises(NotSent) as caught:
            self.send(self.provider(sandbox.url), self.messages(3))
        assert (caught.value.reason, caught.value.retry_after) == (Reason.RATE_LIMITED, 7.0)
        assert self.accepted(sandbox) == []

    def test_too_fast_without_a_hint_leaves_the_wait_to_us(self, sandbox: SandboxProcess) -> None:
        sandbox.arm(self.send_path, "http_429", times=50)
        with pytest.raises(NotSent) as caught:
            self.send(self.provider(sandbox.url), self.messages(1))
        assert caught.value.retry_after == self.own_wait

    def test_a_provider_that_is_down_was_sent_nothing(self) -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        with pytest.raises(NotSent) as caught:
            self.send(self.provider(url), self.messages(3))
        assert caught.value.reason is Reason.PROVIDER_DOWN

    # -- perhaps sent -----------------------------------------------------------------------------
    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_server_error_is_a_doubt_where_the_contract_says_so(self, sandbox: SandboxProcess, status: int) -> None:
        sandbox.arm(self.send_path, f"http_{status}", times=50)
        expected = MaybeSent if status in self.in_doubt else NotSent
        with pytest.raises(ProviderError) as caught:
            self.send(self.provider(sandbox.url), self.messages(2))
        assert type(caught.value) is expected

    # -- the connection ---------------------------------------------------------------------------
    def test_the_connection_test_sends_nothing(self, sandbox: SandboxProcess) -> None:
        assert self.try_out(self.provider(sandbox.url)).ok
        assert sandbox.log() == []

    def test_the_connection_test_tells_a_wrong_key(self, sandbox: SandboxProcess) -> None:
        outcome = self.try_out(self.provider(sandbox.url, credentials=self.wrong_credentials))
        assert (outcome.ok, outcome.reason) == (False, Reason.AUTH)
        assert outcome.text

    def test_the_connection_test_tells_what_is_missing(self, sandbox: SandboxProcess) -> None:
        assert not self.try_out(self.provider(sandbox.url, credentials={})).ok

    # -- itself -----------------------------------------------------------------------------------
    def test_a_batch_that_is_too_big_is_a_bug(self, sandbox: SandboxProcess) -> None:
        with pytest.raises(ValueError, match=f"1 to {self.largest}"):
            self.send(self.provider(sandbox.url), self.messages(self.largest + 1))

    def test_good_content_and_messages_have_no_problems(self) -> None:
        provider = self.provider("https://api.example")
        assert provider.check_account() == []
        assert provider.check_body(self.body()) == []
        assert provider.check(self.body(), self.message(1)) == []


class RowsContract(SendingContract):
    """A vendor whose answer has a row for each message."""

    def test_an_answer_that_forgets_a_message_leaves_that_one_in_doubt(self, sandbox: SandboxProcess) -> None:
        messages = self.messages(3)
        sandbox.arm(self.send_path, "wrong_count")
        try:
            receipts = self.send(self.provider(sandbox.url), messages)
        except MaybeSent:
            pytest.fail("the other messages were answered")
        assert sorted(r.outcome for r in receipts) == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.UNKNOWN]
        assert len(self.accepted(sandbox)) == 3


class LookUpContract(SendingContract):
    """A vendor that can be asked about references."""

    def look_up(self, provider: Provider, references: Sequence[str]) -> list[Event]:
        async def run() -> list[Event]:
            async with provider:
                return await provider.look_up(references, self.channel)

        return asyncio.run(run())

    def settle(self, sandbox: SandboxProcess) -> None:
        """Lets the vendor's time pass up to the first look-up."""
        sandbox.advance(self.provider(sandbox.url).capabilities(self.channel).look_up_after[0])

    @pytest.mark.parametrize("fault", ["timeout_before_accept", "reset_before_accept"])
    @pytest.mark.usefixtures("impatient")
    def test_no_answer_is_a_doubt_that_a_look_up_does_not_confirm(self, sandbox: SandboxProcess, fault: str) -> None:
        messages = self.messages(2)
        sandbox.arm(self.send_path, fault, times=2)
        with pytest.raises(MaybeSent):
            self.send(self.provider(sandbox.url), messages)
        self.settle(sandbox)
        assert self.look_up(self.provider(sandbox.url), [m.reference for m in messages]) == []

    @pytest.mark.parametrize(
        "fault", ["timeout_after_accept", "reset_after_accept", "garbled_json", "truncated_json", "cut_body"]
    )
    @pytest.mark.usefixtures("impatient")
    def test_no_readable_answer_is_a_doubt_that_a_look_up_settles(self, sandbox: SandboxProcess, fault: str) -> None:
        messages = self.messages(2)
        references = [m.reference for m in messages]
        sandbox.arm(self.send_path, fault, times=2)
        with pytest.raises(MaybeSent):
            self.send(self.provider(sandbox.url), messages)
        assert self.accepted(sandbox) == references
        self.settle(sandbox)
        found = self.look_up(self.provider(sandbox.url), references)
        assert sorted(event.reference for event in found) == references
        assert all(event.provider_message_id for event in found)
        assert {event.kind for event in found} <= {EventKind.ACCEPTED, EventKind.SENT, EventKind.DELIVERED}

    # -- asking -----------------------------------------------------------------------------------
    def test_a_look_up_leaves_out_what_the_vendor_does_not_know(self, sandbox: SandboxProcess) -> None:
        messages = self.messages(2)
        self.send(self.provider(sandbox.url), messages)
        known = [m.reference for m in messages]
        self.settle(sandbox)
        found = self.look_up(self.provider(sandbox.url), [*known, "c999-r999-a1"])
        assert sorted(event.reference for event in found) == known

    def test_a_look_up_of_a_provider_that_is_down_can_be_repeated(self, sandbox: SandboxProcess) -> None:
        sandbox.arm("*", "http_500", times=5)
        with pytest.raises(NotSent):
            self.look_up(self.provider(sandbox.url), ["c1-r1-a1"])


class CallbackContract(SendingContract):
    """A vendor that tells by callbacks what was delivered."""

    delivered_hook: ClassVar[str]  # kind of the callback that says "delivered"

    def listen(self, sandbox: SandboxProcess, receiver: HookReceiver) -> None:
        """Makes the sandbox call `receiver`, where the account's own URLs do not."""

    def delivered_hooks(self, sandbox: SandboxProcess, receiver: HookReceiver) -> list[Hook]:
        self.listen(sandbox, receiver)
        self.send(self.provider(sandbox.url, receiver), self.messages(3))
        sandbox.advance(60)
        return receiver.hooks

    def test_every_delivery_is_told_by_a_callback(self, sandbox: SandboxProcess, receiver: HookReceiver) -> None:
        hooks = self.delivered_hooks(sandbox, receiver)
        provider = self.provider(sandbox.url)
        for hook in hooks:
            provider.verify(hook)
        events = [event for hook in hooks for event in provider.parse(hook)]
        delivered = sorted(e.reference for e in events if e.kind is EventKind.DELIVERED)
        assert delivered == [m.reference for m in self.messages(3)]
        assert all(e.at and e.provider_message_id and e.address for e in events if e.kind is EventKind.DELIVERED)

    def test_a_repeated_callback_is_recognised(self, sandbox: SandboxProcess, receiver: HookReceiver) -> None:
        hooks = self.delivered_hooks(sandbox, receiver)
        provider = self.provider(sandbox.url)
        once = [event.event_id for hook in hooks for event in provider.parse(hook)]
        again = [event.event_id for hook in hooks for event in provider.parse(hook)]
        assert once == again
        assert len(set(once)) == len(once)
        assert max(map(len, once)) <= 100

    @pytest.mark.parametrize("body", [b"", b"no json", b"[1, 2]", b"42", b'"text"', b"null", b'{"odd": true}'])
    def test_what_is_not_the_vendors_format_is_an_error(self, body: bytes) -> None:
        hook = Hook(self.delivered_hook, "POST", {"content-type": "application/json"}, {}, body)
        with pytest.raises(ValueError):
            self.provider("http://127.0.0.1").parse(hook)

    def test_a_callback_of_no_kind_of_ours_is_forged(self) -> None:
        with pytest.raises(BadSignature):
            self.provider("http://127.0.0.1").verify(Hook("admin", "POST", {}, {}, b"{}"))

    def test_a_callback_by_the_wrong_method_is_forged(self) -> None:
        with pytest.raises(BadSignature):
            self.provider("http://127.0.0.1").verify(Hook(self.delivered_hook, "DELETE", {}, {}, b""))


class ProviderContract(RowsContract, LookUpContract, CallbackContract):
    """A vendor that does all of it."""
