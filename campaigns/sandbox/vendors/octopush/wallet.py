"""Balance and credits (contract §7)."""

from __future__ import annotations

from typing import Any

from campaigns.sandbox.vendors.octopush.accounts import Account
from campaigns.sandbox.vendors.octopush.errors import Errors
from campaigns.sandbox.vendors.octopush.reading import as_flag
from campaigns.sandbox.wire import Answer, Call

PRODUCTS = {"sms_premium": "sms_premium", "sms_low_cost": "sms_low_cost", "vocal_sms": "sms_vocal", "hlr": "hlr"}
"""Names of the wallet's pages -> names in the price table."""
CREDIT_KEYS = {"premium_sms": "sms_premium", "vocal_sms": "sms_vocal", "low_cost_sms": "sms_low_cost", "hlr": "hlr"}
PACK = {"wallet_pack_id": 1, "expiration_date": "2099-12-31 23:59:59"}


class Wallet:
    """Money, or how many SMS of one product it buys in one country."""

    def __init__(self, errors: Errors) -> None:
        self._errors = errors

    def balance(self, call: Call, account: Account) -> Answer:
        country, product = call.query.get("country_code", ""), call.query.get("product_name", "")
        if bool(country) is not bool(product) or (product and product not in PRODUCTS):
            raise self._errors.refuse("not_possible")
        shown: dict[str, Any] = {"amount": account.balance, "unit": "euros"}
        if product:
            shown = {"amount": account.units(country, PRODUCTS[product]), "unit": product}
        if as_flag(call.query.get("with_details")):
            shown["wallet_packs"] = [{**PACK, "credit": shown["amount"]}]
        return Answer(shown)

    def credits(self, call: Call, account: Account) -> Answer:
        return Answer(
            {
                country: {key: account.units(country, product) for key, product in CREDIT_KEYS.items()}
                for country in call.all_query("country_codes[]")
            }
        )
