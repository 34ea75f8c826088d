"""Sinch Messaging keeps the providers' contract, in bulk and one by one."""

from __future__ import annotations

from typing import Any, ClassVar

from campaigns.providers.base import Body, Channel, Message
from tests.providers.conftest import HookReceiver
from tests.providers.contract import ProviderContract
from tests.sandbox_process import SandboxProcess


class SinchContract(ProviderContract):
    slug = "sinch-messaging"
    channel = Channel.SMS
    credentials: ClassVar = {"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}
    wrong_credentials: ClassVar = {"UserName": "sandbox", "AuthenticationToken": "wr0ng-token"}
    in_doubt = frozenset({500, 504})
    delivered_hook = "delivery"

    def body(self) -> Body:
        return Body(Channel.SMS, text="Hola")

    def message(self, number: int) -> Message:
        return Message(f"c41-r{number:04d}-a1", f"+5521955{number:03d}900", text=f"Hola {number % 3}")

    def bad_message(self, number: int) -> Message:
        return Message(f"c41-r{number:04d}-a1", f"+5521955{number:03d}900", text="x" * 1281)

    def listen(self, sandbox: SandboxProcess, receiver: HookReceiver) -> None:
        urls = {"callback_url": "status", "dlr_url": "delivery", "mo_url": "reply"}
        sandbox.configure(sinch={name: f"{receiver.url}/{kind}" for name, kind in urls.items()})


class TestInBulk(SinchContract):
    send_path = "/v1/send-bulk-sms"


class TestOneByOne(SinchContract):
    send_path = "/v1/send-sms"
    options: ClassVar[dict[str, Any]] = {"send_mode": "single"}
