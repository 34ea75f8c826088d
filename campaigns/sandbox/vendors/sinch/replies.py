"""Replies (MO): pushed as they come, pulled once by `list`, pulled by period with `search`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from campaigns.sandbox.clock import iso_utc
from campaigns.sandbox.ids import uuid
from campaigns.sandbox.vendors.sinch.errors import BadRequest
from campaigns.sandbox.vendors.sinch.messages import Sms
from campaigns.sandbox.vendors.sinch.outcomes import carrier_of
from campaigns.sandbox.vendors.sinch.retries import retry_delay
from campaigns.sandbox.vendors.sinch.settings import SinchSettings
from campaigns.sandbox.wire import Answer, Call
from campaigns.sandbox.world import World

LIST_HISTORY, SEARCH_HISTORY = 3 * 86400.0, 5 * 86400.0  # seconds
MOST_LISTED = 1000
SHORT_CODE = "27182"

_date = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d").fullmatch


class Reply:
    """One inbound message; `taken` once `list` has handed it out."""

    __slots__ = ("at", "shown", "sub_account", "taken")

    def __init__(self, at: float, sub_account: str, shown: dict[str, Any]) -> None:
        self.at, self.sub_account, self.shown, self.taken = at, sub_account, shown, False


class Replies:
    """Inbound messages and the routes that hand them out."""

    def __init__(self, world: World, settings: SinchSettings) -> None:
        self._world, self._settings = world, settings
        self._replies: list[Reply] = []

    def clear(self) -> None:
        self._replies = []

    def receive(self, source: str, text: str, answered: Sms | None, at: float) -> str:
        """A person at `source` writes `text`, tied to a message when the platform can tell. Returns its id."""
        user_name = answered.submission.user if answered else "sandbox"
        user = self._settings.users.get(user_name, {})
        shown = _shape(source, text, answered, at, user_name, user)
        self._replies.append(Reply(at, str(user.get("sub_account", "")), shown))
        if self._settings.mo_url:
            body = orjson.dumps(shown)
            self._world.courier.send(Sms.vendor, "mo", self._settings.mo_url, [lambda: body], retry_delay, at)
        return str(shown["id"])

    def list_new(self, call: Call, user: Mapping[str, Any]) -> Answer:
        """Replies that no call of this route returned before."""
        start = call.now - LIST_HISTORY
        new = [r for r in self._visible(call, user) if not r.taken and r.at >= start][:MOST_LISTED]
        for reply in new:
            reply.taken = True
        return _answer(new, start, call.now)

    def search(self, call: Call, user: Mapping[str, Any]) -> Answer:
        """Replies of a period, at most five days back."""
        oldest = call.now - SEARCH_HISTORY
        start = max(oldest, _moment(call, "start", oldest))
        end = _moment(call, "end", call.now)
        return _answer([r for r in self._visible(call, user) if start <= r.at <= end], start, end)

    def _visible(self, call: Call, user: Mapping[str, Any]) -> list[Reply]:
        """A user sees its own sub-account, an administrator all or the one it names."""
        wanted = call.query.get("subAccount") if user.get("administrator") else user.get("sub_account", "")
        return [r for r in self._replies if wanted is None or r.sub_account == wanted]


def _shape(
    source: str, text: str, answered: Sms | None, at: float, user_name: str, user: Mapping[str, Any]
) -> dict[str, Any]:
    carrier_id, carrier_name = carrier_of(source)
    shown: dict[str, Any] = {"id": uuid(), "subAccount": str(user.get("sub_account", ""))}
    if answered and answered.submission.campaign_alias:
        shown["campaignAlias"] = answered.submission.campaign_alias
    shown |= {"carrierId": carrier_id, "carrierName": carrier_name, "source": source, "shortCode": SHORT_CODE,
              "messageText": text, "receivedAt": int(at * 1000), "receivedDate": iso_utc(at)}  # fmt: skip
    if answered:
        shown["mt"] = {"id": answered.provider_id, "username": user_name, "email": user.get("email", "")}
        if answered.reference is not None:
            shown["mt"]["correlationId"] = answered.reference
    return shown


def _moment(call: Call, name: str, default: float) -> float:
    text = call.query.get(name)
    if text is None:
        return default
    if _date(text):
        try:
            return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
        except ValueError:
            pass
    raise BadRequest(f"{name} must have the format yyyy-MM-dd'T'HH:mm:ss.")


def _answer(replies: list[Reply], start: float, end: float) -> Answer:
    return Answer(
        {"total": len(replies), "start": iso_utc(start), "end": iso_utc(end), "messages": [r.shown for r in replies]}
    )
