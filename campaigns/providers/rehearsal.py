"""What the local sandbox takes as credentials, so that a demo can be sent without an account anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.providers.base import Channel


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`credentials` work at the sandbox. `portal`: the sandbox's settings that stand for what an operator enters in
    the vendor's portal, with `{kind}` where the callback address of that kind goes; `vendor` is its key there."""

    credentials: Mapping[str, str]
    channels: tuple[Channel, ...]
    vendor: str = ""
    portal: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


REHEARSALS: Mapping[str, Rehearsal] = {
    "sinch-messaging": Rehearsal(
        credentials={"UserName": "sandbox", "AuthenticationToken": "sandbox-token"},
        channels=(Channel.SMS,),
        vendor="sinch",
        portal={"callback_url": "status", "dlr_url": "delivery", "mo_url": "reply"},
    ),
    "messaging-service": Rehearsal(
        credentials={"auth_form": "app", "api_key": "sandbox-key"},
        channels=(Channel.EMAIL, Channel.SMS),
    ),
}
