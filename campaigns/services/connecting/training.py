"""The fault dial: the sandbox behind a demonstration account made to misbehave, so that people see what happens.

Only in a demo workspace, only for an account that sends to this console's own sandbox, and only through the
sandbox's control interface: nothing here can reach a real vendor.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import ProviderAccount
from campaigns.providers.rehearsal import REHEARSALS
from console.errors import UserError
from console.models import User
from console.services import audit

CREDIT = "credit_gone"
MOST_TIMES = 1_000
_ANSWER_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A position of the dial. `times`: requests it hits unless a person says otherwise; `watch`: what to look at."""

    key: str
    name: Any
    watch: Any
    icon: str
    times: int = 3
    values: Mapping[str, Any] | None = None


FAULTS: Mapping[str, Fault] = {
    fault.key: fault
    for fault in (
        Fault(
            "http_429",
            gettext_lazy("Too many requests"),
            gettext_lazy("The account says “Asked to wait”; the dispatch pauses for five seconds, goes on by itself and"
                         " nobody is lost."),
            "hand-stop", 5, {"retry_after": 5},
        ),
        Fault(
            "http_500",
            gettext_lazy("Server error"),
            gettext_lazy("Perhaps sent: where the provider leaves that open, people of these requests are “To verify”"
                         " until a look-up or a receipt settles them. Nobody gets the message twice."),
            "alert-triangle",
        ),
        Fault(
            "http_503",
            gettext_lazy("Outage"),
            gettext_lazy("The account says “Last call failed” and tries with growing pauses; after five failures in a"
                         " row it waits longer. Reset the dial and the dispatch goes on."),
            "plug", 50,
        ),
        Fault(
            "latency",
            gettext_lazy("Slow answers"),
            gettext_lazy("Every answer takes five seconds: the speed falls and the end moves, but nothing fails."),
            "hourglass", 50, {"seconds": 5},
        ),
        Fault(
            "timeout_after_accept",
            gettext_lazy("Accepts, then says nothing"),
            gettext_lazy("The messages are on their way, but we do not know it: after half a minute they are “To"
                         " verify”, and receipts or the look-up find them."),
            "zoom-question", 1,
        ),
        Fault(
            "garbled_json",
            gettext_lazy("Unreadable answers"),
            gettext_lazy("The provider accepted and its answer is broken: the same as no answer, so look at “To verify”"
                         " and how it empties."),
            "braces", 2,
        ),
        Fault(
            "http_401",
            gettext_lazy("Key refused"),
            gettext_lazy("Everything on the account is held at once and home says so. Reset the dial, release the"
                         " account, resume the dispatch: not one person is missing."),
            "key", 3,
        ),
        Fault(
            CREDIT,
            gettext_lazy("Credit gone"),
            gettext_lazy("Messages come back as unpaid and the account is held. Reset the dial, release the account,"
                         " and send again to those who failed."),
            "coin", 0,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Set:
    """A fault that is on. `left`: requests that it still hits, None = until it is reset."""

    fault: Fault
    left: int | None


def available(account: ProviderAccount) -> bool:
    """True when the account sends to this console's own sandbox in a demo workspace."""
    return (
        account.workspace.is_demo
        and bool(settings.SANDBOX_URL)
        and _place(account.base_url) == _place(settings.SANDBOX_URL)
        and account.provider in REHEARSALS
    )


def offered(account: ProviderAccount) -> list[Fault]:
    """The positions of this account's dial: not every vendor counts credit."""
    return [fault for fault in FAULTS.values() if fault.key != CREDIT or REHEARSALS[account.provider].credit_gone]


def on(account: ProviderAccount) -> list[Set]:
    """What is set for this account's vendor now. UserError when the sandbox does not answer."""
    armed = _call("GET", "faults")["faults"]
    found = [
        Set(FAULTS[fault["kind"]], int(fault["times"]))
        for fault in armed
        if fault["vendor"] == account.provider and fault["kind"] in FAULTS
    ]
    return found + ([Set(FAULTS[CREDIT], None)] if _credit_gone(account) else [])


def turn_on(account: ProviderAccount, key: str, times: int, actor: User, now: datetime) -> Fault:
    """Set a fault for the next `times` requests of this account's vendor, instead of one of the same kind."""
    fault = FAULTS.get(key)
    if fault is None or fault not in offered(account):
        raise UserError(_("This dial has no such position."))
    if key == CREDIT:
        _configure(account, REHEARSALS[account.provider].credit_gone)
    else:
        others = [s for s in on(account) if s.fault.key not in (key, CREDIT)]
        _call("DELETE", f"faults?vendor={account.provider}")
        armed = [_armed(account, s.fault, s.left or 1) for s in others]
        _call("POST", "faults", [*armed, _armed(account, fault, max(1, min(times, MOST_TIMES)))])
    audit.record("account.faults", workspace=account.workspace, actor=actor, target=account, now=now, fault=key)
    return fault


def reset(account: ProviderAccount, actor: User, now: datetime) -> None:
    """Everything of this account's vendor works again."""
    _call("DELETE", f"faults?vendor={account.provider}")
    _configure(account, REHEARSALS[account.provider].credit_back)
    audit.record("account.faults", workspace=account.workspace, actor=actor, target=account, now=now, fault="")


def _armed(account: ProviderAccount, fault: Fault, times: int) -> dict[str, Any]:
    return {"vendor": account.provider, "path": "*", "kind": fault.key, "times": times, **(fault.values or {})}


def _credit_gone(account: ProviderAccount) -> bool:
    gone = REHEARSALS[account.provider].credit_gone
    return bool(gone) and _holds(_call("GET", "config").get(account.provider, {}), gone)


def _holds(shown: Any, wanted: Any) -> bool:
    """True when `shown` has everything that `wanted` says, however deep."""
    if isinstance(wanted, Mapping):
        return isinstance(shown, Mapping) and all(_holds(shown.get(name), value) for name, value in wanted.items())
    return bool(shown == wanted)


def _configure(account: ProviderAccount, values: Mapping[str, Any]) -> None:
    if values:
        _call("POST", "config", {account.provider: values})


def _place(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _call(method: str, name: str, values: Any = None) -> dict[str, Any]:
    body = None if values is None else json.dumps(values).encode()
    request = urllib.request.Request(f"{settings.SANDBOX_URL}/__sandbox__/{name}", body, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - our own sandbox
            found: dict[str, Any] = json.load(answer)
            return found
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise UserError(_("The sandbox does not answer. Is it running?")) from error
