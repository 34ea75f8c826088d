"""The inbox of callbacks: stored as they came, worked off oldest first, and tried again when they are too early."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from campaigns.models import ProviderAccount
from campaigns.providers import registry
from campaigns.providers.base import (
    AccountConfig,
    BadSignature,
    Event,
    EventKind,
    Hook,
    Provider,
    ProviderError,
    expect,
)
from campaigns.querysets import callbacks
from campaigns.querysets.callbacks import Door, Stored
from campaigns.services.connecting import accounts
from campaigns.services.settling import fetched, receipts
from campaigns.services.settling.group_commit import GroupCommit
from campaigns.states import Reason
from console import networks
from console.services import crypto

log = logging.getLogger(__name__)

# Callbacks applied in one transaction: enough to make the set UPDATE worth it, short enough for other writers, whom it
# keeps out of SQLite for 15 ms. With 500 a burst was applied a tenth more slowly.
CHUNK = 1_000
CHUNK_CHARACTERS = 2_000_000
# A callback that beats our own commit of the send is tried again after these seconds, then given up as unmatched.
PARK_SECONDS = (2, 10, 60, 600)

_TEXTS = ("event_id", "reference", "provider_message_id", "address", "code", "text")

Handshake = tuple[Stored, Event]
# Callback -> what it says, or what went wrong with reading it.
Read = dict[int, list[Event] | Exception]
# Account -> what all of its callbacks mean.
Matched = dict[int, receipts.Matched]


_arrivals = GroupCommit(callbacks.keep)


class Unreadable(Exception):
    """The vendor's rules make no sense of a callback, now or later."""


def store(door: Door, hook: Hook, now: datetime) -> None:
    """Keep a callback, once.

    BadSignature when it comes from a foreign address, or the vendor's check says that it is forged or stale.
    """
    _verify(door, hook)
    digest = hashlib.blake2b(hook.kind.encode() + b"\0" + hook.body + _query(hook), digest_size=16).hexdigest()
    wanted = ("content-type", *registry.provider_class(door.provider).hook_headers)
    headers: dict[str, Any] = {name: hook.headers.get(name, "") for name in wanted}
    headers |= {"query": {_plain(name): _plain(value) for name, value in hook.query.items()}, "method": hook.method}
    # Base64: an email reply may be in any encoding, and a text column takes no zero byte.
    body = base64.b64encode(hook.body).decode()
    _arrivals.put(callbacks.Arrival(door.pk, hook.kind, digest, headers, body, now))


def _verify(door: Door, hook: Hook) -> None:
    """Credentials are read only for a vendor that signs: for the others the secret address is all there is."""
    if not networks.allows(door.hook_networks, hook.remote_address):
        raise BadSignature("foreign address", status=403)
    vendor = registry.provider_class(door.provider)
    if vendor.signs_hooks:
        accounts.open_provider(ProviderAccount.objects.get(pk=door.pk), connections=1).verify(hook)
    else:
        expect(vendor.hook_urls, hook)


def _query(hook: Hook) -> bytes:
    return b"\0" + "&".join(f"{k}={v}" for k, v in sorted(hook.query.items())).encode() if hook.query else b""


def pending(now: datetime) -> bool:
    return callbacks.due(now).exists()


def apply_next(now: datetime) -> bool:
    """Apply a bite of stored callbacks, oldest first; gives whether there may be more.

    They are read and matched before the transaction: on SQLite nobody else can write while it is open.
    """
    found, more = callbacks.oldest(now, CHUNK, CHUNK_CHARACTERS)
    through = ProviderAccount.objects.select_related("workspace").in_bulk({row.account_id for row in found})
    read = _read(found, through)
    matched = _match(found, through, read, now)
    handshakes: list[Handshake] = []
    with transaction.atomic():
        stored = callbacks.take(found, now)
        if len(stored) < len(found):  # somebody else was here meanwhile
            matched = {}
        for account_id, rows in _by_account(stored):
            handshakes += _apply_or_park(through[account_id], rows, read, matched, now)
        callbacks.close(stored)
    for row, event in handshakes:
        _shake_hands(row, event, now)
    return more and bool(stored)


def _by_account(rows: Sequence[Stored]) -> list[tuple[int, list[Stored]]]:
    """In the order of the accounts' ids, in which everybody locks them."""
    grouped: dict[int, list[Stored]] = defaultdict(list)
    for row in rows:
        grouped[row.account_id].append(row)
    return sorted(grouped.items())


def _read(found: Sequence[Stored], through: Mapping[int, ProviderAccount]) -> Read:
    """What the callbacks say, by their vendors' rules. What goes wrong with it is told when their turn comes."""
    read: Read = {}
    for account_id, rows in _by_account(found):
        try:
            account = through[account_id]
            provider = registry.open_provider(account.provider, _config(account), allow_private=True, connections=1)
        except Exception as error:
            read |= {row.pk: error for row in rows}
            continue
        read |= {row.pk: _events_of(row, provider) for row in rows}
    return read


def _match(found: Sequence[Stored], through: Mapping[int, ProviderAccount], read: Read, now: datetime) -> Matched:
    """What goes wrong with it is told when it is matched again, in the transaction and one by one."""
    matched: Matched = {}
    for account_id, rows in _by_account(found):
        try:
            matched[account_id] = receipts.match(through[account_id], _said(rows, read), now)
        except Exception:
            log.exception("callbacks not matched", extra={"account": account_id, "events": len(rows)})
    return matched


def _said(rows: Sequence[Stored], read: Read) -> list[Event]:
    """What can be read of these callbacks."""
    return [event for row in rows if isinstance(events := read[row.pk], list) for event in events]


def _events_of(row: Stored, provider: Provider) -> list[Event] | Exception:
    try:
        events = fetched.events_of(row) if row.kind == fetched.FETCHED else provider.parse(_hook(row))
        return [_without_zero_bytes(event) for event in events]
    except (ValueError, KeyError, TypeError) as error:
        return Unreadable(str(error))
    except Exception as error:
        return error


def _without_zero_bytes(event: Event) -> Event:
    spoiled: dict[str, Any] = {name: _plain(text) for name in _TEXTS if "\0" in (text := getattr(event, name))}
    return replace(event, **spoiled) if spoiled else event


def _plain(text: str) -> str:
    """Without zero bytes, which no column of PostgreSQL takes: a callback with one was never applied."""
    return text.replace("\0", "")


def _apply_or_park(
    account: ProviderAccount, stored: Sequence[Stored], read: Read, matched: Matched, now: datetime
) -> list[Handshake]:
    """One callback must not stop the others: what cannot be applied with them is applied alone, and what cannot be
    applied alone is kept and tried again."""
    try:
        with transaction.atomic():
            return _apply_stored(account, stored, read, matched, now)
    except Exception as error:
        log.exception("callbacks not applied", extra={"account": account.pk, "events": len(stored)})
        if len(stored) > 1:
            return [found for row in stored for found in _apply_or_park(account, [row], read, {}, now)]
        _conclude(stored[0], True, now)
        stored[0].note = _plain(f"{type(error).__name__}: {error}")[:300]
        return []


def _apply_stored(
    account: ProviderAccount, stored: Sequence[Stored], read: Read, matched: Matched, now: datetime
) -> list[Handshake]:
    """Gives the handshakes to answer after the commit; their rows are parked until they are."""
    parsed: dict[int, list[Event]] = {}
    for row in stored:
        events = read[row.pk]
        if isinstance(events, Unreadable):
            row.outcome, row.note, row.applied_at = "unreadable", _plain(str(events))[:300], now
            log.warning("unreadable callback", extra={"event": row.pk, "account": account.pk})
        elif isinstance(events, Exception):
            raise events
        else:
            parsed[row.pk] = events
    meaning = matched.get(account.pk) or receipts.match(account, _said(stored, read), now)
    unmatched = set(receipts.apply_matched(account, meaning, now).unmatched)
    handshakes: list[Handshake] = []
    for row in stored:
        if row.pk not in parsed:
            continue
        asked = next((event for event in parsed[row.pk] if event.kind is EventKind.HANDSHAKE), None)
        if asked:
            handshakes.append((row, asked))
        early = bool(unmatched) and any(event in unmatched for event in parsed[row.pk])
        _conclude(row, asked is not None or early, now)
    return handshakes


def _shake_hands(row: Stored, event: Event, now: datetime) -> None:
    """Answer a vendor that asks whether the callback address is ours. A call of our own, so outside any transaction;
    when it fails the callback stays parked and is tried again."""
    account = ProviderAccount.objects.get(pk=row.account_id)
    try:
        accounts.confirm(account, event)
    except (ProviderError, crypto.WrongKey) as error:
        log.warning("handshake not answered", extra={"account": account.pk, "error": str(error)})
        accounts.note_error(account.pk, getattr(error, "reason", Reason.AUTH), str(error), now)
        return
    row.outcome, row.note, row.applied_at = "applied", "", now
    callbacks.close([row])


def _config(account: ProviderAccount) -> AccountConfig:
    """Reading a callback needs no keys: one whose account's credentials cannot be read is still obeyed."""
    try:
        return accounts.config_of(account)
    except crypto.WrongKey:
        return AccountConfig(base_url=account.base_url, credentials={}, options=account.options)


def _hook(row: Stored) -> Hook:
    kept = dict(row.headers)
    query, method = kept.pop("query", {}), kept.pop("method", "POST")
    return Hook(row.kind, method, kept, query, base64.b64decode(row.body))


def _conclude(row: Stored, parked: bool, now: datetime) -> None:
    row.note = ""  # of an earlier try
    if parked and row.tries < len(PARK_SECONDS):
        row.outcome, row.retry_at = "parked", now + timedelta(seconds=PARK_SECONDS[row.tries])
        row.tries += 1
    else:
        row.outcome, row.applied_at = "unmatched" if parked else "applied", now
