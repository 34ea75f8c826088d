"""Failed calls in the log, as the vendor asks both sides to keep them (contract §1.2): what was called, what was sent
and what came back, with addresses, cards and values masked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from campaigns.providers.base import ProviderError
from campaigns.providers.http import Answer

log = logging.getLogger(__name__)

_MASK = "•••"
_KEPT = 2  # last characters of a phone or card, enough to find a row by


def failed(
    method: str,
    url: str,
    error: ProviderError,
    answer: Answer | None,
    redact: Callable[[str], str],
    call: Mapping[str, Any] | None = None,
) -> None:
    """Log one failed call. `answer` is None when none came; `redact` takes secrets out of a text."""
    log.warning(
        "call failed",
        extra={
            "call": f"{method} {url}",
            "payload": masked(call) if call else None,
            "http_status": error.http_status,
            "code": error.code,
            "error": error.text,
            "answer": _without_addresses(redact(answer.body.decode("utf-8", "replace")), call) if answer else None,
        },
    )


def _without_addresses(text: str, call: Mapping[str, Any] | None) -> str:
    """An answer may name whom it refused."""
    for recipient in call["recipients"] if call else ():
        address = recipient.get("mobilePhone") or recipient["email"]
        text = text.replace(address, _masked_recipient(recipient).get("mobilePhone") or _MASK)
    return text


def masked(call: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a send without anything that tells who the people are."""
    return {**call, "recipients": [_masked_recipient(recipient) for recipient in call["recipients"]]}


def _masked_recipient(recipient: Mapping[str, Any]) -> dict[str, Any]:
    """The uniqueId stays: it is ours, and the only way to find the row."""
    shown: dict[str, Any] = {"uniqueId": recipient["uniqueId"]}
    for name in ("cardNumber", "mobilePhone"):
        if name in recipient:
            shown[name] = _MASK + recipient[name][-_KEPT:]
    if "email" in recipient:
        shown["email"] = f"{_MASK}@{recipient['email'].rpartition('@')[2]}"
    if "payload" in recipient:
        shown["payload"] = dict.fromkeys(recipient["payload"], _MASK)
    return shown
