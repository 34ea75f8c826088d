"""Settings of the Octopush sandbox: what the vendor's portal would hold, and the switches of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.sandbox.settings import BadSetting, update
from campaigns.sandbox.vendors.octopush.codes import CODES

ACCOUNT_FIELDS = frozenset({"api_key", "balance", "blacklist"})


def _accounts() -> dict[str, Any]:
    return {"campaigns@shop.example": {"api_key": "sandbox-key", "balance": 100_000.0}}


def _prices() -> dict[str, Any]:
    return {
        "FR": {"sms_premium": 0.055, "sms_low_cost": 0.05, "sms_vocal": 0.08, "hlr": 0.01},
        "ES": {"sms_premium": 0.06, "sms_vocal": 0.08, "hlr": 0.01},
        "*": {"sms_premium": 0.065, "sms_low_cost": 0.06, "sms_vocal": 0.09, "hlr": 0.01},
    }


@dataclass
class OctopushSettings:
    """URLs are empty when nothing is pushed. Delays are virtual seconds.

    accounts: login -> api_key, balance (euros at the start), blacklist (numbers).
    prices: country ("*" = any other) -> product -> euros per SMS.
    codes: name -> number, over the table in `codes`.
    stop_strict: only `stop_mention` counts as unsubscribe mention. one_at_a_time: codes 126 and 127.
    refuse_while_computing: the status answers 400 code 129 instead of 200. ready_word: its spelling.
    low_cost_reports: delivery callbacks for sms_low_cost. short_callbacks: the old payload without list, price and
    channel. form_callbacks: form bodies. disable_urls: a URL that answers badly 20 times is called no more.
    """

    deliveries_url: str = ""
    inbounds_url: str = ""
    blacklist_url: str = ""
    accounts: dict[str, Any] = field(default_factory=_accounts)
    prices: dict[str, Any] = field(default_factory=_prices)
    codes: dict[str, Any] = field(default_factory=dict)
    stop_strict: bool = False
    stop_mention: str = "STOP au 30101"
    compute_s: float = 3.0
    ack_delay_s: float = 1.0
    delivery_delay_s: float = 2.0
    one_at_a_time: bool = True
    refuse_while_computing: bool = False
    ready_word: str = "ready_to_be_sent"
    low_cost_reports: bool = False
    short_callbacks: bool = False
    form_callbacks: bool = False
    disable_urls: bool = False

    def code(self, name: str) -> int:
        return int(self.codes.get(name, CODES[name]))


def change(settings: OctopushSettings, values: Mapping[str, Any]) -> None:
    """Update settings; `accounts` are merged by login, and one that is null is removed. Raises BadSetting."""
    accounts = values.get("accounts", {})
    if not isinstance(accounts, dict):
        raise BadSetting("accounts must be an object")
    merged = dict(settings.accounts)
    for login, account in accounts.items():
        if account is None:
            merged.pop(login, None)
            continue
        if not isinstance(account, dict) or account.keys() - ACCOUNT_FIELDS:
            raise BadSetting(f"account {login!r} must be an object with {', '.join(sorted(ACCOUNT_FIELDS))}")
        merged[login] = {**merged.get(login, {}), **account}
    codes = values.get("codes", {})
    if not isinstance(codes, dict) or codes.keys() - CODES.keys():
        raise BadSetting(f"codes must be an object with {', '.join(sorted(CODES))}")
    update(settings, {**values, "accounts": merged})
