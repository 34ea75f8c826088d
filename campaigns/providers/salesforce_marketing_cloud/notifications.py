"""Event Notification Service: setting it up, and whether a notification is signed by it (contract §6)."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from campaigns.providers.base import Misconfigured, Refused
from campaigns.providers.http import Answer
from campaigns.providers.salesforce_marketing_cloud.session import Session
from campaigns.states import Reason

SIGNATURE = "x-sfmc-ens-signature"
_KINDS = ("Sent", "NotSent", "Transient", "Delivered", "Bounced")
EVENTS = tuple(f"TransactionalSendEvents.Sms{kind}" for kind in _KINDS)
MAX_BATCH = 1000  # events in one notification
NAME = "Despacho"
EXISTS = 304  # the subscription is there already
# How the signature key is used is not documented: as text (public code does), or decoded from base64.
AS_TEXT, DECODED = "text", "base64"
_CALLBACKS, _VERIFY, _SUBSCRIPTIONS = (f"/platform/v1/ens-{name}" for name in ("callbacks", "verify", "subscriptions"))


async def create_callback(session: Session, url: str, name: str) -> Mapping[str, str]:
    """Enter our address. The service calls it with a verification key before it answers; the signature key is shown
    only now. Gives the credentials to keep."""
    body = [{"callbackName": name, "url": url, "maxBatchSize": MAX_BATCH}]
    rows = session.parsed(await _call(session, "POST", _CALLBACKS, body), safe=True)
    row: Any = rows[0] if isinstance(rows, list) and rows else None
    if not isinstance(row, Mapping) or not row.get("callbackId") or not row.get("signatureKey"):
        raise Refused(Reason.REJECTED, "Marketing Cloud made no callback.")
    return {
        "ens_callback": str(row["callbackId"]),
        "ens_key": str(row["signatureKey"]),
        "ens_key_form": "",
        "ens_subscription": "",
    }


async def verify_callback(session: Session, callback_id: str, verification_key: str) -> None:
    """Tell the service that the address is ours."""
    await _call(session, "POST", _VERIFY, {"callbackId": callback_id, "verificationKey": verification_key})


async def subscribe(session: Session, callback_id: str) -> Mapping[str, str]:
    """Ask for every event of transactional SMS. Gives the credentials to keep; 304 = there is one already."""
    body = [
        {
            "callbackId": callback_id,
            "subscriptionName": f"{NAME} SMS",
            "eventCategoryTypes": list(EVENTS),
            "filters": [],
        }
    ]
    answer = await _call(session, "POST", _SUBSCRIPTIONS, body)
    if answer.status == EXISTS:
        return {"ens_callback": callback_id}
    rows = session.parsed(answer, safe=True)
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], Mapping) else {}
    return {"ens_callback": callback_id, "ens_subscription": str(row.get("subscriptionId") or "")}


async def pause(session: Session, subscription_id: str) -> None:
    """Stop an older subscription, so that nothing comes twice. It may be gone already, which is as good."""
    body = [{"subscriptionId": subscription_id, "status": "paused", "statusReason": "replaced"}]
    with contextlib.suppress(Refused):
        await _call(session, "PUT", _SUBSCRIPTIONS, body)


async def _call(session: Session, method: str, path: str, body: object) -> Answer:
    """A call that may be repeated. What is refused here says nothing of any message."""
    answer = await session.exchange(method, path, body=body, safe=True)
    try:
        if answer.status != EXISTS:
            session.check(answer, safe=True)
    except (Refused, Misconfigured) as error:
        if error.reason is Reason.AUTH:
            raise
        raise Refused(Reason.REJECTED, error.text, error.code, error.http_status) from error
    return answer


def form_of(key: str, body: bytes, signature: str, pinned: str) -> str:
    """In which form `key` signs `body`, "" when in none. Constant time; `pinned`: the form that matched before, after
    which no other counts. An account without a key believes nothing."""
    if not key:
        return ""
    given = signature.strip().encode()
    for form, secret in _secrets(key):
        expected = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())
        if pinned in ("", form) and hmac.compare_digest(expected, given):
            return form
    return ""


def _secrets(key: str) -> Iterator[tuple[str, bytes]]:
    yield AS_TEXT, key.encode()
    try:
        yield DECODED, base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return
