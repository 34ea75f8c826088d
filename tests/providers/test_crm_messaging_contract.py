"""CRM Messaging by the contract of every provider, and what its own contract says about answers in doubt."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from campaigns.providers.base import Body, Channel, MaybeSent, Message, Outcome, Receipt
from campaigns.providers.remote import Course, Followed
from campaigns.states import Reason
from tests.providers.contract import SendingContract
from tests.providers.crm_wire import EMAIL_TEMPLATE, SMS_TEMPLATE, TEMPLATES, ask
from tests.sandbox_process import SandboxProcess


class CrmContract(SendingContract):
    slug = "crm-messaging"
    credentials: ClassVar[dict[str, str]] = {"user": "sandbox", "password": "sandbox"}
    wrong_credentials: ClassVar[dict[str, str]] = {"user": "sandbox", "password": "not-the-password"}
    options: ClassVar[dict[str, Any]] = {"templates": TEMPLATES}
    send_path = "/api/SendMessages"
    in_doubt = frozenset({500, 502, 503, 504})
    own_wait = 60.0
    largest = 500
    template: ClassVar[str]
    names: ClassVar[tuple[str, ...]]

    def body(self) -> Body:
        return Body(self.channel, template_id=self.template, names=self.names)

    def address(self, number: int) -> str:
        raise NotImplementedError

    def bad_address(self, number: int) -> str:
        raise NotImplementedError

    def message(self, number: int) -> Message:
        values = tuple(f"{name} {number}" for name in self.names)
        return Message(f"c1-r{number}-a1", self.address(number), values=values, contact=f"k{number}")

    def bad_message(self, number: int) -> Message:
        good = self.message(number)
        return Message(good.reference, self.bad_address(number), values=good.values, contact=good.contact)

    def reference_in(self, entry: dict[str, Any]) -> str:
        return f"c1-r{entry['unique_id'][1:]}-a1"

    # -- perhaps sent: nothing can be asked, so nothing may be guessed ------------------------------
    @pytest.mark.parametrize("fault", ["timeout_before_accept", "reset_before_accept"])
    @pytest.mark.usefixtures("impatient")
    def test_no_answer_is_a_doubt(self, sandbox: SandboxProcess, fault: str) -> None:
        sandbox.arm(self.send_path, fault, times=2)
        with pytest.raises(MaybeSent):
            self.send(self.provider(sandbox.url), self.messages(2))
        assert self.accepted(sandbox) == []

    @pytest.mark.parametrize(
        "fault",
        ["timeout_after_accept", "reset_after_accept", "garbled_json", "truncated_json", "cut_body",
         "missing_dispatch_field"],
    )  # fmt: skip
    @pytest.mark.usefixtures("impatient")
    def test_no_readable_answer_is_a_doubt_and_each_message_is_there_once(
        self, sandbox: SandboxProcess, fault: str
    ) -> None:
        messages = self.messages(3)
        sandbox.arm(self.send_path, fault)
        with pytest.raises(MaybeSent):
            self.send(self.provider(sandbox.url), messages)
        assert self.accepted(sandbox) == [m.reference for m in messages]

    def test_counts_that_do_not_add_up_leave_everybody_unmatched_in_doubt(self, sandbox: SandboxProcess) -> None:
        sandbox.arm(self.send_path, "wrong_counts")
        receipts = self.send(self.provider(sandbox.url), [*self.messages(2), self.bad_message(3)])
        assert [r.outcome for r in receipts] == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.REFUSED]
        assert {(r.provider_message_id, r.ticket) for r in receipts[:2]} == {("418000", "")}

    # -- the ticket -------------------------------------------------------------------------------
    def send_three(self, sandbox: SandboxProcess) -> list[Receipt]:
        return self.send(self.provider(sandbox.url), self.messages(3))

    def follow(self, sandbox: SandboxProcess, ticket: str) -> Followed:
        return ask(lambda p: p.follow(ticket, self.channel), self.provider(sandbox.url))

    def test_one_ticket_stands_for_the_whole_call(self, sandbox: SandboxProcess) -> None:
        assert {receipt.ticket for receipt in self.send_three(sandbox)} == {"418000"}

    def test_a_dispatch_is_followed_until_it_is_handed_over(self, sandbox: SandboxProcess) -> None:
        self.send_three(sandbox)
        assert self.follow(sandbox, "418000").course is Course.OPEN
        sandbox.advance(2)
        done = self.follow(sandbox, "418000")
        assert (done.course, done.code, done.template_id, done.people) == (Course.DONE, "3", self.template, 3)

    def test_what_is_not_there_is_missing(self, sandbox: SandboxProcess) -> None:
        found = self.follow(sandbox, "1")
        assert (found.course, found.code) == (Course.MISSING, "90405")


class TestSms(CrmContract):
    channel = Channel.SMS
    template, names = SMS_TEMPLATE, ("Firstname", "voucherCode")

    def address(self, number: int) -> str:
        return f"+3069{number:08d}"

    def bad_address(self, number: int) -> str:
        return f"+3021{number:08d}"


class TestEmail(CrmContract):
    channel = Channel.EMAIL
    template, names = EMAIL_TEMPLATE, ("Firstname",)

    def address(self, number: int) -> str:
        return f"person{number}@buzon.example"

    def bad_address(self, number: int) -> str:
        return f"person{number}.buzon.example"

    def test_everybody_who_shares_a_refused_address_is_refused(self, sandbox: SandboxProcess) -> None:
        shared = [
            Message(f"c1-r{n}-a1", address, values=("A",), contact=f"k{n}")
            for n, address in enumerate(("Bad.Address", " bad.address", "good@buzon.example"), 1)
        ]
        receipts = self.send(self.provider(sandbox.url), shared)
        assert [r.outcome for r in receipts] == [Outcome.REFUSED, Outcome.REFUSED, Outcome.ACCEPTED]
        assert receipts[0].reason is Reason.INVALID_RECIPIENT
