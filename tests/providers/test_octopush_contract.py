"""Octopush keeps the providers' contract. It knows people by ticket and number, and cannot be asked afterwards."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from campaigns.providers.base import Body, Channel, EventKind, MaybeSent, Message, Outcome, Refused
from campaigns.states import Reason
from tests.providers.conftest import HookReceiver
from tests.providers.contract import CallbackContract
from tests.sandbox_process import SandboxProcess

PREFIX = "+3363998"


class TestDirect(CallbackContract):
    slug = "octopush"
    channel = Channel.SMS
    credentials: ClassVar = {"api_login": "campaigns@shop.example", "api_key": "sandbox-key"}
    wrong_credentials: ClassVar = {"api_login": "campaigns@shop.example", "api_key": "wr0ng-secret-key"}
    send_path = "/v1/public/sms-campaign/send"
    in_doubt = frozenset({500, 504})
    delivered_hook = "delivery"
    largest = 500

    def body(self) -> Body:
        return Body(
            Channel.SMS, sender="MaBoutique", text="Bonjour {{p1}}. STOP au 30101", slots=("p1",), purpose="marketing"
        )

    def message(self, number: int) -> Message:
        return Message(
            f"c41-r{number:04d}-a1", f"{PREFIX}{number:05d}", f"Bonjour Inès {number}. STOP au 30101",
            values=(f"Inès {number}",),
        )  # fmt: skip

    def bad_message(self, number: int) -> Message:
        """The platform drops such a number without a word, so a batch of them alone is refused."""
        return Message(f"c41-r{number:04d}-a1", f"0{number:04d}", "Bonjour. STOP au 30101", values=("x",))

    def listen(self, sandbox: SandboxProcess, receiver: HookReceiver) -> None:
        urls = {"deliveries_url": "delivery", "inbounds_url": "reply", "blacklist_url": "stop"}
        sandbox.configure(octopush={name: f"{receiver.url}/{kind}" for name, kind in urls.items()})

    def reference_in(self, entry: dict[str, Any]) -> str:
        return f"c41-r{int(entry['destination'].removeprefix(PREFIX)):04d}-a1"

    # -- where its API differs from others --------------------------------------------------------
    def test_one_bad_message_does_not_stop_the_others(self, sandbox: SandboxProcess) -> None:
        """Nothing tells which number was dropped: the row stays accepted, and its ticket says how many are missing."""
        messages = [*self.messages(2), self.bad_message(3)]
        receipts = self.send(self.provider(sandbox.url), messages)
        assert [r.outcome for r in receipts] == [Outcome.ACCEPTED] * 3
        assert {r.text for r in receipts} == {"2 of 3"}
        assert self.accepted(sandbox) == [m.reference for m in self.messages(2)]

    @pytest.mark.parametrize("fault", ["timeout_before_accept", "reset_before_accept"])
    @pytest.mark.usefixtures("impatient")
    def test_no_answer_is_a_doubt_and_the_repetition_is_accepted(self, sandbox: SandboxProcess, fault: str) -> None:
        messages = self.messages(2)
        sandbox.arm(self.send_path, fault)
        with pytest.raises(MaybeSent):
            self.send(self.provider(sandbox.url), messages)
        receipts = self.send(self.provider(sandbox.url), messages, retry=True)
        assert all(r.outcome is Outcome.ACCEPTED and r.ticket for r in receipts)
        assert self.accepted(sandbox) == [m.reference for m in messages]

    @pytest.mark.parametrize(
        "fault", ["timeout_after_accept", "reset_after_accept", "garbled_json", "truncated_json", "cut_body"]
    )
    @pytest.mark.usefixtures("impatient")
    def test_no_readable_answer_is_a_doubt_and_the_repetition_tells_that_it_was_accepted(
        self, sandbox: SandboxProcess, fault: str
    ) -> None:
        """Only its ticket is lost."""
        messages = self.messages(2)
        sandbox.arm(self.send_path, fault)
        with pytest.raises(MaybeSent):
            self.send(self.provider(sandbox.url), messages)
        receipts = self.send(self.provider(sandbox.url), messages, retry=True)
        assert all(r.outcome is Outcome.ACCEPTED and not r.ticket for r in receipts)
        assert self.accepted(sandbox) == [m.reference for m in messages]

    def test_bad_messages_alone_are_all_refused(self, sandbox: SandboxProcess) -> None:
        with pytest.raises(Refused) as caught:
            self.send(self.provider(sandbox.url), [self.bad_message(1), self.bad_message(2)])
        assert caught.value.reason is Reason.INVALID_RECIPIENT
        assert sandbox.log() == []

    def test_every_delivery_is_told_by_a_callback(self, sandbox: SandboxProcess, receiver: HookReceiver) -> None:
        hooks = self.delivered_hooks(sandbox, receiver)
        provider = self.provider(sandbox.url)
        for hook in hooks:
            provider.verify(hook)
        delivered = [event for hook in hooks for event in provider.parse(hook)]
        assert {event.kind for event in delivered} == {EventKind.DELIVERED}
        assert sorted(event.address for event in delivered) == [m.address for m in self.messages(3)]
        (ticket,) = {event.provider_message_id for event in delivered}
        assert ticket == sandbox.log()[0]["provider_id"]
