"""The vendor: who may call, what a call makes, and what a dispatch says of itself."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.sandbox.vendor import Handler, Vendor
from campaigns.sandbox.vendors.crm import errors
from campaigns.sandbox.vendors.crm.dispatches import Dispatch
from campaigns.sandbox.vendors.crm.errors import Failure, error_answer
from campaigns.sandbox.vendors.crm.habits import Habits
from campaigns.sandbox.vendors.crm.messages import CrmMessage
from campaigns.sandbox.vendors.crm.reading import SendRequest, destination, read
from campaigns.sandbox.vendors.crm.settings import CrmSettings, change
from campaigns.sandbox.vendors.crm.templates import EMAIL, Template, read_template
from campaigns.sandbox.vendors.crm.times import with_offset
from campaigns.sandbox.wire import Answer, Call
from campaigns.sandbox.world import World

FIRST_ID = 418_000
SEND, ASK = "/api/SendMessages", "/api/Dispatches/{id}"

MISSING_DISPATCH, WRONG_COUNTS, LATE_VISIBILITY = "missing_dispatch_field", "wrong_counts", "late_visibility"


class Crm(Vendor):
    """CRM Messaging as its contract describes it."""

    slug = CrmMessage.vendor
    aliases = ("crm",)
    prefixes = (SEND, "/api/Dispatches")
    fault_kinds = frozenset({MISSING_DISPATCH, WRONG_COUNTS, LATE_VISIBILITY})

    def __init__(self, world: World) -> None:
        self._world = world
        self.reset()

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """(method, path, handler) of every endpoint."""
        yield "POST", SEND, self._guarded(self._send)
        yield "GET", ASK, self._guarded(self._show)

    def error(self, status: int, path: str) -> Answer:
        return error_answer(status)

    def configure(self, values: Mapping[str, Any]) -> None:
        change(self._settings, values)
        self._read_settings()

    def settings_shown(self) -> dict[str, Any]:
        return asdict(self._settings)

    def reset(self) -> None:
        self._settings = CrmSettings()
        self._dispatches: dict[int, Dispatch] = {}
        self._refused: list[dict[str, Any]] = []
        self._habits = Habits(self.slug, self._world.violations)
        self._read_settings()

    def refused(self) -> list[dict[str, Any]]:
        return list(self._refused)

    def _read_settings(self) -> None:
        found = [read_template(name, values) for name, values in self._settings.templates.items()]
        self._templates: dict[int, Template] = {template.id: template for template in found}
        self._zone = ZoneInfo(self._settings.time_zone)

    # -- who ------------------------------------------------------------------------------------------
    def _guarded(self, handler: Handler) -> Handler:
        def guarded(call: Call) -> Answer:
            call.principal = self._user(call)
            return handler(call)

        return guarded

    def _user(self, call: Call) -> str:
        """The name of the user. Raises 401 or 403."""
        form, _, credential = call.headers.get("Authorization", "").partition(" ")
        try:
            name, _, password = base64.b64decode(credential, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = password = ""
        if form.lower() != "basic" or name not in self._settings.users or self._settings.users[name] != password:
            raise Failure(call, errors.UNAUTHORIZED)
        if name in self._settings.blocked:
            raise Failure(call, errors.FORBIDDEN)
        return name

    # -- sending --------------------------------------------------------------------------------------
    def _send(self, call: Call) -> Answer:
        request = read(call, self._templates)
        self._habits.watch_send(call, request)
        addresses = [destination(request.template, recipient) for recipient in request.recipients]
        good = [(row, to) for row, to in zip(request.recipients, addresses, strict=True) if to is not None]
        bad = [row for row, to in zip(request.recipients, addresses, strict=True) if to is None]
        number = FIRST_ID + len(self._dispatches)
        dispatch = Dispatch(call.arrival.number, call.now, number, request.template, request.send_at, len(good))
        self._dispatches[number] = dispatch
        self._world.log.accept([_message(dispatch, row, to) for row, to in good])
        self._refuse(call, dispatch, bad)
        call.arrival.accepted, call.arrival.refused = len(good), len(bad)
        if call.fault == LATE_VISIBILITY:
            dispatch.hide(call.now)
        return Answer(_spoilt(call.fault, self._answer(dispatch, request, bad)))

    def _answer(self, dispatch: Dispatch, request: SendRequest, bad: list[dict[str, Any]]) -> dict[str, Any]:
        by_email = request.template.channel == EMAIL
        return {
            "dispatch": dispatch.id,
            "totalRecipients": len(request.recipients),
            "totalRecipientsSent": dispatch.valid,
            "invalidRecipients": len(bad),
            "sendDate": with_offset(dispatch.send_at, self._zone),
            "invalidEmails": [_given(row, "email") for row in bad] if by_email else [],
            "invalidMobiles": []
            if by_email
            else [{"uniqueId": row["uniqueId"], "mobile": _given(row, "mobilePhone")} for row in bad],
        }

    def _refuse(self, call: Call, dispatch: Dispatch, rows: list[dict[str, Any]]) -> None:
        self._refused += [
            {
                "vendor": self.slug,
                "request": call.arrival.number,
                "provider_id": str(dispatch.id),
                "unique_id": row["uniqueId"],
                "destination": _given(row, "email") or _given(row, "mobilePhone"),
            }
            for row in rows
        ]

    # -- asking ---------------------------------------------------------------------------------------
    def _show(self, call: Call) -> Answer:
        self._habits.watch_question(call)
        name = call.match["id"]
        dispatch = self._dispatches.get(int(name)) if name.isascii() and name.isdecimal() else None
        if dispatch is not None and call.fault == LATE_VISIBILITY:
            dispatch.hide(call.now)
        if dispatch is None or call.now < dispatch.hidden_until:
            raise Failure(call, errors.DISPATCH_UNKNOWN, name)
        return Answer(dispatch.shown(call.now, self._zone))


def _message(dispatch: Dispatch, row: Mapping[str, Any], to: str) -> CrmMessage:
    payload, card = row.get("payload"), row.get("cardNumber")
    return CrmMessage(dispatch, row["uniqueId"], to, payload if isinstance(payload, dict) else {}, str(card or ""))


def _given(row: Mapping[str, Any], name: str) -> str:
    """An address as it came; an empty string when it is missing."""
    return str(row.get(name) or "")


def _spoilt(fault: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer after a fault that makes it lie: without its id, or with one invalid recipient nobody can find."""
    if fault == MISSING_DISPATCH:
        del answer["dispatch"]
    elif fault == WRONG_COUNTS:
        answer["totalRecipientsSent"] -= 1
        answer["invalidRecipients"] += 1
    return answer
