"""What a provider is: one Protocol, the data that crosses it, and (by import) what it can do and how it can fail.

Pure: no Django, no settings, no models. Everything vendor-specific lives in one module per vendor
behind this interface; what differs between vendors is a `Capabilities` value, never an `if` outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Protocol, Self

from campaigns.providers.capabilities import Absent as Absent
from campaigns.providers.capabilities import Capabilities as Capabilities
from campaigns.providers.capabilities import Channel as Channel
from campaigns.providers.failures import BadSignature as BadSignature
from campaigns.providers.failures import MaybeSent as MaybeSent
from campaigns.providers.failures import Misconfigured as Misconfigured
from campaigns.providers.failures import Missed as Missed
from campaigns.providers.failures import NotSent as NotSent
from campaigns.providers.failures import ProviderError as ProviderError
from campaigns.providers.failures import Refused as Refused
from campaigns.providers.remote import Attachment, CampaignRegister, Followed, Kept, NumberCheck, RemoteTemplate
from campaigns.states import Reason


def gettext_noop(text: str) -> str:
    """Marks an English sentence for translation (makemessages knows the name) and returns it unchanged."""
    return text


@dataclass(frozen=True, slots=True)
class Field:
    """One input of the account form, or of a campaign's delivery options.

    kind: text, lines, secret, url, number, time (a local date and time, `2026-12-24 18:00`), choice, flag,
    template (one of `Provider.templates`) or campaign (an alias of `Provider.campaign_register`; typed where the
    account has read none).
    aliases: other names under which commands may pass the value (compared without case, `_` and `-`).
    For delivery options: channels and purposes ("marketing", "service") that it is for, () = all; guarded: only
    who may manage accounts sets it, and the audit log says so; needs: the account option, a flag, without which it is
    not offered.
    """

    name: str
    label: str  # English msgid; translated where it is shown
    kind: str = "text"
    required: bool = True
    help: str = ""
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    purposes: tuple[str, ...] = ()
    guarded: bool = False
    needs: str = ""


@dataclass(frozen=True, slots=True)
class HookUrl:
    """A callback address that the operator copies into the vendor's portal, or that we send along.
    `methods`: how the vendor calls it; anything else is forged."""

    kind: str  # last path part of the URL
    label: str
    help: str = ""
    methods: tuple[str, ...] = ("POST",)


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """An account as the adapter sees it. `hooks`: kind -> absolute callback URL ("" when none is public)."""

    base_url: str
    credentials: Mapping[str, str]
    options: Mapping[str, Any] = dataclass_field(default_factory=dict)
    hooks: Mapping[str, str] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """What the messages of one batch share. Where the vendor substitutes, `text`, `subject` and `html`
    hold slots `{{p1}}` and `slots` names them in the order of `Message.values`.

    template_id: content that the vendor holds; then the texts are empty, and `names` are the vendor's placeholders
    in the order of `Message.values`. options: the campaign's answers to `Provider.message_fields`.
    purpose: "marketing" or "service".
    """

    channel: Channel
    sender: str = ""
    text: str = ""
    subject: str = ""
    html: str = ""
    reply_to: str = ""
    slots: tuple[str, ...] = ()
    headers: Mapping[str, str] = dataclass_field(default_factory=dict)
    purpose: str = ""
    options: Mapping[str, str] = dataclass_field(default_factory=dict)
    template_id: str = ""
    names: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(slots=True)  # not frozen: made once a message, and freezing triples what that costs
class Message:
    """One message. `reference` is ours, unique per logical send, and comes back in receipts.
    `values` fill the slots where the vendor substitutes, or `Body.names`; `text` of an SMS and, where the vendor does
    not substitute, of an email with `subject` and `html` is finished ("" where only the vendor knows its content).
    `contact`: what the person is called at the vendor, the same in every campaign; "" for a test to a typed address.
    `fields`: what `Capabilities.contact_fields` asked for."""

    reference: str
    address: str
    text: str = ""
    subject: str = ""
    html: str = ""
    values: tuple[str, ...] = ()
    contact: str = ""
    fields: Mapping[str, str] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One ledger batch on its way. `key` is a UUID, stable over retries of the same batch. `spacing`:
    seconds to leave between requests where every message is one (0 = as fast as the connection pool).
    `retry`: the same references went out before and nobody knows whether they arrived, so that a vendor's
    "I have that one already" means accepted. `tries`: how often the batch set out, this time included."""

    key: str
    body: Body
    messages: Sequence[Message]
    campaign_reference: str = ""
    spacing: float = 0.0
    retry: bool = False
    tries: int = 1


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_SENT = "not_sent"  # surely not: back to the queue
    UNKNOWN = "unknown"  # perhaps


@dataclass(slots=True)  # not frozen, as Message
class Receipt:
    """What became of one message of a `send`: exactly one per message, by our reference.
    `code` and `text` are the vendor's own words, shown as they came.

    retry_after, retry_limit: for NOT_SENT. A limit says that the cause is this message's own and how often the
    vendor's rules let it be tried again; without one the whole request was turned away, and others would be too.
    suppress: the address may not be written to again on this channel.
    hold: the cause would meet every message of the account; the dispatch waits for a person.
    ticket: the vendor's id of the whole request, where one stands for many people; callbacks that name it with an
    address, and `follow`, find the message by it. It is then the `provider_message_id` too.
    due_at: when the vendor will send, where it keeps the request until then.
    """

    reference: str
    outcome: Outcome
    provider_message_id: str = ""
    reason: Reason = Reason.NONE
    code: str = ""
    text: str = ""
    retry_after: float | None = None  # seconds, for NOT_SENT
    retry_limit: int | None = None
    parts: int | None = None  # the vendor's own count, where it tells
    suppress: bool = False
    hold: bool = False
    ticket: str = ""
    due_at: datetime | None = None


class EventKind(StrEnum):
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    REPLY = "reply"
    OPT_OUT = "opt_out"
    COMPLAINT = "complaint"
    OPENED = "opened"
    CLICKED = "clicked"
    HANDSHAKE = "handshake"  # the vendor asks whether the callback address is ours: `Provider.confirm` answers
    OTHER = "other"  # a word we do not know: kept raw, never guessed


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a vendor told us, from a callback, a pull or a look-up.
    `event_id` makes a repeated delivery of the same event recognisable (unique per account, at most 100 long).
    Without a `reference` the message is found by `provider_message_id`, a ticket, and `address`.
    `address` is in the ledger's form: E.164 with its plus, or an email address in lower case.

    retry_after, retry_limit: for FAILED, the vendor's rules allow that many new attempts (under a new
    reference) after so many seconds; None = final.
    suppress, hold: as in `Receipt`.
    channel: set where the vendor's message says it (a reply needs it; a receipt is matched to its recipient).
    """

    kind: EventKind
    event_id: str
    reference: str = ""
    provider_message_id: str = ""
    address: str = ""
    at: datetime | None = None
    reason: Reason = Reason.NONE
    code: str = ""
    text: str = ""
    parts: int | None = None
    retry_after: float | None = None
    retry_limit: int | None = None
    suppress: bool = False
    hold: bool = False
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """A callback as it came in. Header names are lower-case."""

    kind: str
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    remote_address: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something cannot be sent, before sending. `text` is an English msgid with %(name)s gaps from `values`.
    `warning`: worth saying, but no reason to refuse."""

    reason: Reason
    text: str
    field: str = ""
    values: Mapping[str, Any] = dataclass_field(default_factory=dict)
    warning: bool = False


@dataclass(slots=True)  # not frozen, as Message
class Count:
    """Length of an SMS by this vendor's rules. `forcing`: characters that leave the cheap alphabet, in order
    of appearance, each once. `left`: characters that still fit in the last part."""

    parts: int
    characters: int
    encoding: str  # "gsm7", "ucs2" or the vendor's own name for its cheap alphabet
    left: int
    forcing: tuple[str, ...] = ()
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """Outcome of "test connection". `text` is the vendor's answer or the error, without secrets; `balance`: euros
    left on the account, where the vendor tells."""

    ok: bool
    reason: Reason = Reason.NONE
    text: str = ""
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was fetched, and where to go on next time ("" where the vendor hands each event out only once)."""

    events: Sequence[Event] = ()
    cursor: str = ""


def expect(hook_urls: Sequence[HookUrl], hook: Hook) -> None:
    """Raises BadSignature for a call that the vendor would never make: all that can be said where it does not sign."""
    url = next((url for url in hook_urls if url.kind == hook.kind), None)
    if url is None:
        raise BadSignature(f"no callback of kind {hook.kind!r}")
    if hook.method not in url.methods:
        raise BadSignature(f"{hook.method} is not how this callback comes")


class Provider(Protocol):
    """One vendor, bound to one account. Made by `registry.open_provider`; use as an async context manager
    around `send`, `look_up` and `test`, which share its HTTP client."""

    slug: ClassVar[str]
    label: ClassVar[str]
    channels: ClassVar[tuple[Channel, ...]]
    default_base_url: ClassVar[str]
    credential_fields: ClassVar[tuple[Field, ...]]
    option_fields: ClassVar[tuple[Field, ...]]
    hook_urls: ClassVar[tuple[HookUrl, ...]]
    message_fields: ClassVar[tuple[Field, ...]]  # a campaign's delivery options
    registers_hooks: ClassVar[bool]  # True when `register_hooks` can enter our callback addresses at the vendor
    # True when `verify` needs the account's credentials; otherwise the secret address is all there is to compare,
    # and the door asks neither for the keys nor for an adapter.
    signs_hooks: ClassVar[bool]
    hook_headers: ClassVar[tuple[str, ...]]  # of a callback, besides its content type, that `parse` needs
    # True when the hosts follow from the credentials: a base address is asked for only where it may be a private one.
    builds_hosts: ClassVar[bool]

    def capabilities(self, channel: Channel) -> Capabilities: ...
    def check_account(self) -> list[Problem]:
        """What is wrong with the credentials and options as entered, without asking the vendor."""
        ...

    def count(self, text: str) -> Count:
        """Parts of a finished SMS by the vendor's rules."""
        ...

    def check_body(self, body: Body) -> list[Problem]:
        """What is wrong with the content for every recipient (shown in the composer)."""
        ...

    def check(self, body: Body, message: Message) -> list[Problem]:
        """What is wrong with one message; the row is skipped with the first problem's reason."""
        ...

    async def send(self, batch: Outgoing) -> list[Receipt]: ...
    async def look_up(self, references: Sequence[str], channel: Channel) -> list[Event]:
        """What the vendor knows of these references; one it does not know is left out."""
        ...

    async def pull(self, channel: Channel, cursor: str) -> Pulled:
        """What waits to be fetched at the vendor (`Capabilities.pulls`) since `cursor`. The vendor may hand each
        event out only once, so the caller stores them before anything else."""
        ...

    def after_loss(self, cursor: str, now: datetime) -> str:
        """The cursor to go on with when an answer to `pull` may have been lost on its way to us."""
        ...

    async def follow(self, ticket: str, channel: Channel) -> Followed:
        """How far the vendor is with a request that it accepted (`Capabilities.follow_after`)."""
        ...

    async def templates(self, channel: Channel) -> list[RemoteTemplate]:
        """The content that the vendor holds (`Capabilities.lists_templates`)."""
        ...

    async def kept(self, key: str, channel: Channel) -> list[Kept]:
        """What the vendor keeps until its time of the request `key` (`Capabilities.keeps_for`): one entry for each
        part of it, [] for a request that is not scheduled or was never heard of."""
        ...

    async def move(self, key: str, channel: Channel, at: datetime) -> None:
        """Another time for a request that is kept. Refused when it is too late."""
        ...

    async def call_off(self, key: str, channel: Channel) -> None:
        """None of a kept request's messages will be delivered. Refused when it is too late."""
        ...

    async def check_numbers(self, addresses: Sequence[str]) -> list[NumberCheck]:
        """Which of these are mobile numbers (`Capabilities.checks_numbers`). The vendor bills it, so only on a
        person's explicit order."""
        ...

    def campaign_register(self) -> AbstractAsyncContextManager[CampaignRegister]:
        """The vendor's register of campaign names (`Capabilities.keeps_campaigns`), open for calls."""
        ...

    async def register_hooks(self) -> Mapping[str, str]:
        """Enter our callback addresses at the vendor; gives credentials to keep with the account."""
        ...

    async def confirm(self, event: Event) -> Mapping[str, str]:
        """Answer an `EventKind.HANDSHAKE`; gives credentials to keep with the account."""
        ...

    async def test(self) -> Connection:
        """A harmless authenticated call."""
        ...

    def verify(self, hook: Hook) -> None:
        """Raises BadSignature for a forged or stale callback."""
        ...

    def parse(self, hook: Hook) -> list[Event]:
        """The events of a callback. ValueError when it is not the vendor's format at all."""
        ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...
