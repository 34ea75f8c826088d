"""What the local sandbox takes as credentials, so that a demo can be sent without an account anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.providers.base import Channel


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`credentials` work at the sandbox. `portal`: the sandbox's settings that stand for what an operator enters in
    the vendor's portal, with `{kind}` where the callback address of that kind goes; `vendor` is its key there.
    `country`: where the phones are that the sandbox takes, for one that does not take every country's. `delivery`: a
    campaign's answers to the provider's `message_fields`, where it cannot be sent without. `credit_gone` and
    `credit_back`: settings of the sandbox that empty the account there and fill it again, where it has one."""

    credentials: Mapping[str, str]
    channels: tuple[Channel, ...]
    vendor: str = ""
    portal: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    country: str = "ES"
    delivery: Mapping[str, str] = field(default_factory=dict)
    credit_gone: Mapping[str, Any] = field(default_factory=dict)
    credit_back: Mapping[str, Any] = field(default_factory=dict)


REHEARSALS: Mapping[str, Rehearsal] = {
    "sinch-messaging": Rehearsal(
        credentials={"UserName": "sandbox", "AuthenticationToken": "sandbox-token"},
        channels=(Channel.SMS,),
        vendor="sinch",
        portal={"callback_url": "status", "dlr_url": "delivery", "mo_url": "reply"},
        credit_gone={"credit": 0},
        credit_back={"credit": None},
    ),
    "messaging-service": Rehearsal(
        credentials={"auth_form": "app", "api_key": "sandbox-key"},
        channels=(Channel.EMAIL, Channel.SMS),
    ),
    "crm-messaging": Rehearsal(
        credentials={"user": "sandbox", "password": "sandbox"},
        channels=(Channel.SMS, Channel.EMAIL),
        options={
            "templates": "101 | sms | Firstname, voucherCode | "
            "{{Firstname}}, your voucher is {{voucherCode}}. Tienda Norte\n"
            "102 | email | Firstname | Hello {{Firstname}}, the shop opens at 10 from Monday on. Tienda Norte",
        },
        country="GR",
    ),
    "octopush": Rehearsal(
        credentials={"api_login": "campaigns@shop.example", "api_key": "sandbox-key"},
        channels=(Channel.SMS,),
        vendor="octopush",
        portal={"deliveries_url": "delivery", "inbounds_url": "reply", "blacklist_url": "stop"},
        credit_gone={"accounts": {"campaigns@shop.example": {"balance": 0.0}}},
        credit_back={"accounts": {"campaigns@shop.example": {"balance": 100_000.0}}},
    ),
    "salesforce-marketing-cloud": Rehearsal(
        credentials={"subdomain": "sandbox", "client_id": "sandbox", "client_secret": "sandbox"},
        channels=(Channel.SMS,),
        delivery={"definition_key": "demo-active"},
    ),
}
