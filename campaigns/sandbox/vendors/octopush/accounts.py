"""One account at the vendor: money, contacts, lists, blacklist, and what it remembers of requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.sandbox.sms import measure
from campaigns.sandbox.vendors.octopush.reading import Contact
from campaigns.sandbox.vendors.octopush.records import Campaign
from campaigns.sandbox.vendors.octopush.settings import OctopushSettings

REMEMBERED_SECONDS = 24 * 3600.0
COUNTRY_CODES = {
    "33": "FR", "34": "ES", "32": "BE", "41": "CH", "49": "DE", "39": "IT", "351": "PT", "352": "LU", "44": "GB",
    "55": "BR", "591": "BO", "57": "CO", "52": "MX", "1": "US",
}  # fmt: skip


class Account:
    """Balance in euros. `lists` and `tags`: name -> numbers, in the order they came."""

    def __init__(self, login: str, settings: OctopushSettings) -> None:
        self.login, self._settings = login, settings
        entry = settings.accounts[login]
        self.balance = float(entry.get("balance", 0.0))
        self.blacklist: set[str] = set(entry.get("blacklist", ()))
        self.contacts: dict[str, Contact] = {}
        self.lists: dict[str, dict[str, None]] = {}
        self.tags: dict[str, dict[str, None]] = {}
        self.campaigns: list[Campaign] = []
        self.cancellations: dict[str, int] = defaultdict(int)  # month -> how many
        self._used: dict[str, float] = {}  # request_id -> until when it is remembered

    def find(self, ticket: str) -> Campaign | None:
        return next((campaign for campaign in self.campaigns if campaign.ticket == ticket), None)

    def members(self, numbers: Mapping[str, None]) -> list[Contact]:
        return [self.contacts[number] for number in numbers if number in self.contacts]

    def forget(self, number: str) -> None:
        """Delete a contact from the account, and so from every list and tag."""
        self.contacts.pop(number, None)
        for members in (*self.lists.values(), *self.tags.values()):
            members.pop(number, None)

    # -- request ids ------------------------------------------------------------------------------
    def has_used(self, request_id: str, now: float) -> bool:
        return bool(request_id) and self._used.get(request_id, 0.0) > now

    def remember(self, request_id: str, now: float) -> None:
        if request_id:
            self._used[request_id] = now + REMEMBERED_SECONDS

    # -- money ------------------------------------------------------------------------------------
    def cost_of(self, contacts: Sequence[Contact], text: str, product: str) -> tuple[float, int]:
        """(euros, SMS for the longest of the texts)."""
        total, most = 0.0, 0
        lengths: dict[str, int] = {}
        for contact in contacts:
            finished = contact.fill(text)
            parts = lengths.get(finished)
            if parts is None:
                parts = lengths[finished] = measure(finished).parts
            total += parts * self.price(country_of(contact.number), product)
            most = max(most, parts)
        return round(total, 6), most

    def price(self, country: str, product: str) -> float:
        prices: Mapping[str, Any] = self._settings.prices
        found = prices.get(country) or {}
        return float(found.get(product) or prices.get("*", {}).get(product, 0.065))

    def units(self, country: str, product: str) -> int:
        """How many SMS of a product the balance buys; 0 where the product is not sold."""
        price = (self._settings.prices.get(country) or self._settings.prices.get("*", {})).get(product)
        return int(self.balance / price) if price else 0


def country_of(number: str) -> str:
    """ISO country of a number in international form, "" when unknown."""
    return next((COUNTRY_CODES[number[1 : 1 + n]] for n in (3, 2, 1) if number[1 : 1 + n] in COUNTRY_CODES), "")
