"""Marketing Cloud keeps the providers' contract, with our own text and with a definition's."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest

from campaigns.providers.base import BadSignature, Body, Channel, Hook, Message, Outcome, Provider, Receipt
from tests.providers.conftest import HookReceiver
from tests.providers.contract import ProviderContract
from tests.sandbox_process import SandboxProcess


class MarketingCloudContract(ProviderContract):
    slug = "salesforce-marketing-cloud"
    channel = Channel.SMS
    credentials: ClassVar = {"subdomain": "sandbox", "client_id": "sandbox", "client_secret": "sandbox"}
    wrong_credentials: ClassVar = {"subdomain": "sandbox", "client_id": "sandbox", "client_secret": "wr0ng-secret"}
    send_path = "/messaging/v1/sms/messages/"
    in_doubt = frozenset({500, 502, 503, 504})
    own_wait = 60.0
    largest = 500
    delivered_hook = "ens"

    _kept: dict[str, str]

    def message(self, number: int) -> Message:
        return Message(f"c41-r{number:04d}-a1", f"+5917123{number:03d}7", f"Hola {number}", values=(str(number),),
                       contact=f"k{number}")  # fmt: skip

    def bad_message(self, number: int) -> Message:
        return Message(f"c41-r{number:04d}-a1", "+591", f"Hola {number}", values=(str(number),), contact=f"k{number}")

    def provider(self, url: str, receiver: HookReceiver | None = None, **changes: Any) -> Provider:
        kept = getattr(self, "_kept", {})
        if kept and "credentials" not in changes:
            changes["credentials"] = {**self.credentials, **kept}
        return super().provider(url, receiver, **changes)

    def listen(self, sandbox: SandboxProcess, receiver: HookReceiver) -> None:
        """Registers the callback as the account page does: the vendor calls before it answers."""

        async def register() -> dict[str, str]:
            async with self.provider(sandbox.url, receiver) as provider:
                made = dict(await provider.register_hooks())
                (event,) = provider.parse(receiver.hooks[0])
                return {**made, **await provider.confirm(event)}

        self._kept = asyncio.run(register())
        receiver.hooks.clear()

    # -- what only this vendor has ----------------------------------------------------------------
    def test_a_forged_notification_is_refused(self, sandbox: SandboxProcess, receiver: HookReceiver) -> None:
        hooks = self.delivered_hooks(sandbox, receiver)
        provider = self.provider(sandbox.url)
        for body, headers in ((hooks[0].body + b" ", hooks[0].headers), (hooks[0].body, {})):
            with pytest.raises(BadSignature) as caught:
                provider.verify(Hook("ens", "POST", headers, {}, body))
            assert caught.value.status == 401

    def test_a_connection_that_the_vendor_closed_while_idle_leaves_no_doubt(self, sandbox: SandboxProcess) -> None:
        sandbox.configure(**{self.slug: {"idle_close_s": 0.1}})
        sandbox.arm(self.send_path, "idle_close_5s")

        async def two_batches() -> list[Receipt]:
            async with self.provider(sandbox.url) as provider:
                first = await provider.send(self.outgoing([self.message(1)]))
                await asyncio.sleep(0.4)
                return [*first, *await provider.send(self.outgoing([self.message(2)]))]

        assert {receipt.outcome for receipt in asyncio.run(two_batches())} == {Outcome.ACCEPTED}
        assert len(self.accepted(sandbox)) == 2


class TestOwnText(MarketingCloudContract):
    def body(self) -> Body:
        options = {"definition_key": "demo-active"}
        return Body(Channel.SMS, text="Hola {{p1}}", slots=("p1",), purpose="marketing", options=options)


class TestDefinition(MarketingCloudContract):
    def body(self) -> Body:
        return Body(Channel.SMS, template_id="demo-active", names=("FirstName",), purpose="marketing")
