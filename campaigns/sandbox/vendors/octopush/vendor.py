"""The vendor: its routes and who may use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from campaigns.sandbox.vendor import Handler, Vendor
from campaigns.sandbox.vendors.octopush.accounts import Account
from campaigns.sandbox.vendors.octopush.contacts import Contacts
from campaigns.sandbox.vendors.octopush.direct import DirectCampaigns
from campaigns.sandbox.vendors.octopush.errors import Errors
from campaigns.sandbox.vendors.octopush.lists import ListCampaigns
from campaigns.sandbox.vendors.octopush.pushes import STOP_TEXT, Pushes
from campaigns.sandbox.vendors.octopush.records import SLUG
from campaigns.sandbox.vendors.octopush.sending import Sending
from campaigns.sandbox.vendors.octopush.settings import OctopushSettings, change
from campaigns.sandbox.vendors.octopush.wallet import Wallet
from campaigns.sandbox.wire import Answer, Call
from campaigns.sandbox.world import World

ROOT = "/v1/public"

Action = Callable[[Call, Account], Answer]


class Octopush(Vendor):
    """Octopush's public API v1 as its contract describes it."""

    slug = SLUG
    prefixes = (f"{ROOT}/",)

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = OctopushSettings()
        self._errors = errors = Errors(self._settings)
        self._pushes = Pushes(world, self._settings)
        sending = Sending(world, self._pushes, errors)
        self._direct = DirectCampaigns(self._settings, sending, errors)
        self._lists = ListCampaigns(self._settings, sending, errors)
        self._contacts = Contacts(world, errors)
        self._wallet = Wallet(errors)
        self._accounts: dict[str, Account] = {}

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """(method, path, handler) of every endpoint."""
        actions: tuple[tuple[str, str, Action], ...] = (
            ("POST", "/sms-campaign-on-list/create", self._lists.create_on_list),
            ("POST", "/sms-campaign-on-tag/create", self._lists.create_on_tag),
            ("GET", "/sms-campaign-on-list/status", self._lists.status),
            ("POST", "/sms-campaign-on-list/send", self._lists.send_on_list),
            ("POST", "/sms-campaign-on-tag/send", self._lists.send_on_tag),
            ("DELETE", "/sms-campaign-on-list/cancel", self._lists.cancel),
            ("POST", "/sms-campaign/send", self._direct.send),
            ("DELETE", "/sms-campaign/cancel", self._direct.cancel),
            ("GET", "/sms-campaign/draft", self._direct.draft),
            ("POST", "/contact-list/create", self._contacts.create_list),
            ("POST", "/contact-list/empty", self._contacts.empty_list),
            ("DELETE", "/contact-list/delete", self._contacts.delete_list),
            ("POST", "/contact/create", self._contacts.create),
            ("DELETE", "/contact/delete", self._contacts.delete),
            ("GET", "/wallet/check-balance", self._wallet.balance),
            ("GET", "/wallet/check-credits", self._wallet.credits),
        )
        for method, path, action in actions:
            yield method, ROOT + path, self._guarded(action)

    def error(self, status: int, path: str) -> Answer:
        return self._errors.plain(status)

    def configure(self, values: Mapping[str, Any]) -> None:
        change(self._settings, values)
        for login, entry in values.get("accounts", {}).items():
            if entry is None:
                self._accounts.pop(login, None)
            elif login in self._accounts:
                self._accounts[login].balance = float(entry.get("balance", self._accounts[login].balance))
                self._accounts[login].blacklist |= set(entry.get("blacklist", ()))

    def settings_shown(self) -> dict[str, Any]:
        return asdict(self._settings)

    def reset(self) -> None:
        fresh = OctopushSettings()
        for setting in fields(fresh):
            setattr(self._settings, setting.name, getattr(fresh, setting.name))
        self._accounts.clear()
        self._pushes.clear()

    def receive_reply(self, source: str, text: str, answered: str | None) -> str:
        """The word stop opts out; `answered` is a ticket. The vendor gives replies no id."""
        now = self._world.clock.now()
        logins = [login for login, account in self._accounts.items() if answered and account.find(answered)]
        if answered and not logins:
            raise ValueError(f"no campaign {answered!r} was accepted")
        account = self._account(logins[0] if logins else next(iter(self._settings.accounts)))
        if text.strip().lower() == STOP_TEXT:
            self._pushes.stop(account, source, text, answered or "", now)
        else:
            self._pushes.reply(source, text, answered or "", now)
        return ""

    def _guarded(self, action: Action) -> Handler:
        """The action behind the two headers."""

        def guarded(call: Call) -> Answer:
            call.principal = self._authenticate(call)
            if call.body and not call.is_json:
                self._world.violations.add(
                    SLUG, "content_type", "a body without Content-Type: application/json", call.arrival.number
                )
            return action(call, self._account(call.principal))

        return guarded

    def _authenticate(self, call: Call) -> str:
        login, key = call.headers.get("api-login", ""), call.headers.get("api-key", "")
        entry = self._settings.accounts.get(login)
        if entry is None or not key or entry.get("api_key") != key:
            raise self._errors.refuse("bad_credentials", 401)
        return login

    def _account(self, login: str) -> Account:
        if login not in self._accounts:
            self._accounts[login] = Account(login, self._settings)
        return self._accounts[login]
