"""What the adapters of all vendors share: options as typed values, and the life of their HTTP client."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import ClassVar, Self

import orjson

from campaigns.providers.base import (
    AccountConfig,
    Channel,
    Event,
    Field,
    Hook,
    HookUrl,
    Misconfigured,
    Problem,
    Pulled,
    expect,
)
from campaigns.providers.batching import Sleep
from campaigns.providers.http import HttpClient
from campaigns.providers.remote import (
    CampaignRegister,
    Followed,
    Kept,
    LocalTokens,
    NumberCheck,
    RemoteTemplate,
    TokenStore,
)

_SPACES_AND_MARKS = str.maketrans("", "", " +-().")
_LONGEST_EVENT_ID = 90
TRUE = frozenset({"true", "on", "yes", "1"})
# A header value may hold visible ASCII and spaces only; anything else would fail, or inject a header.
_HEADER_VALUE = re.compile(r"[\x20-\x7e]+")


class HttpAdapter:
    """Base of an adapter: `config` bound, `self.http` open between `async with` and its end.

    A subclass sets the class attributes, makes its client in `_open_client`, and says in `check_account` what
    is missing; a call on an account with such a problem raises Misconfigured and sends nothing.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    channels: ClassVar[tuple[Channel, ...]]
    default_base_url: ClassVar[str]
    credential_fields: ClassVar[tuple[Field, ...]]
    option_fields: ClassVar[tuple[Field, ...]]
    hook_urls: ClassVar[tuple[HookUrl, ...]]
    message_fields: ClassVar[tuple[Field, ...]] = ()
    registers_hooks: ClassVar[bool] = False
    signs_hooks: ClassVar[bool] = False
    hook_headers: ClassVar[tuple[str, ...]] = ()
    builds_hosts: ClassVar[bool] = False

    def __init__(
        self,
        config: AccountConfig,
        *,
        allow_private: bool = False,
        connections: int = 200,
        sleep: Sleep = asyncio.sleep,
        tokens: TokenStore | None = None,
    ) -> None:
        self.config = config
        self.tokens = tokens or LocalTokens()
        self.allow_private = allow_private
        self.connections = connections
        self.free = asyncio.Semaphore(connections)  # for requests of one message
        self._sleep = sleep
        self._http: HttpClient | None = None

    async def __aenter__(self) -> Self:
        if not self._obstacle():
            self._http = await self._open_client().__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        http, self._http = self._http, None
        if http is not None:
            await http.__aexit__(*exc)

    @property
    def http(self) -> HttpClient:
        """The open client. Misconfigured when the account cannot be used as it is."""
        if self._http is None:
            if obstacle := self._obstacle():
                raise Misconfigured(obstacle.reason, obstacle.text % obstacle.values)
            raise RuntimeError("open the provider with `async with` first")
        return self._http

    def check_account(self) -> list[Problem]:
        raise NotImplementedError

    def _open_client(self) -> HttpClient:
        raise NotImplementedError

    def _obstacle(self) -> Problem | None:
        return next((problem for problem in self.check_account() if not problem.warning), None)

    # -- configuration ----------------------------------------------------------------------------
    def credential(self, name: str) -> str:
        return str(self.config.credentials.get(name) or "").strip()

    def option(self, name: str) -> str:
        """A text or choice option; the field's default when it is not set."""
        value = self.config.options.get(name)
        if value is None or value == "":
            return next((field.default for field in self.option_fields if field.name == name), "")
        return str(value).strip()

    def flag(self, name: str) -> bool:
        return self.option(name).lower() in TRUE

    def number(self, name: str) -> int | None:
        """A whole number above zero, or None."""
        value = self.option(name)
        return int(value) if value.isascii() and value.isdigit() and int(value) > 0 else None

    # -- callbacks --------------------------------------------------------------------------------
    def verify(self, hook: Hook) -> None:
        """Where the vendor does not sign, the secret is in the URL's path, which the caller has compared. What is
        left to refuse is a call that the vendor would never make."""
        expect(self.hook_urls, hook)

    # -- what only some vendors have --------------------------------------------------------------
    async def pull(self, channel: Channel, cursor: str) -> Pulled:
        return Pulled()

    def after_loss(self, cursor: str, now: datetime) -> str:
        return cursor

    async def follow(self, ticket: str, channel: Channel) -> Followed:
        raise LookupError(f"{self.slug} gives no tickets to follow")

    async def templates(self, channel: Channel) -> list[RemoteTemplate]:
        return []

    async def kept(self, key: str, channel: Channel) -> list[Kept]:
        return []

    async def move(self, key: str, channel: Channel, at: datetime) -> None:
        raise LookupError(f"{self.slug} keeps no requests")

    async def call_off(self, key: str, channel: Channel) -> None:
        raise LookupError(f"{self.slug} keeps no requests")

    async def check_numbers(self, addresses: Sequence[str]) -> list[NumberCheck]:
        raise LookupError(f"{self.slug} checks no numbers")

    def campaign_register(self) -> AbstractAsyncContextManager[CampaignRegister]:
        raise LookupError(f"{self.slug} keeps no campaigns")

    async def register_hooks(self) -> Mapping[str, str]:
        return {}

    async def confirm(self, event: Event) -> Mapping[str, str]:
        return {}


def digits(address: str) -> str:
    """A phone number without spaces and punctuation, and without its plus."""
    plain = address.removeprefix("+")
    return plain if plain.isdecimal() else address.translate(_SPACES_AND_MARKS)  # the ledger's are without


def e164(number: object) -> str:
    """A vendor's number (digits, perhaps typed as an integer) in the ledger's form."""
    plain = digits(str(number or ""))
    return f"+{plain}" if plain.isascii() and plain.isdigit() else ""


def event_id(kind: str, known: str, row: Mapping[str, object]) -> str:
    """What recognises a repetition of an event: the vendor's id with what it says, else a digest of the whole."""
    if known and len(known) <= _LONGEST_EVENT_ID:
        return f"{kind}:{known}"
    return f"{kind}:{hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()[:40]}"


def is_header_value(text: str) -> bool:
    """True when `text` can stand in an HTTP header as it is."""
    return _HEADER_VALUE.fullmatch(text) is not None


def require(condition: bool, what: str) -> None:
    """A broken promise of the caller: a bug, not an outcome, so nothing is sent."""
    if not condition:
        raise ValueError(what)
