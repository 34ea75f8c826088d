"""Accepting messages one by one inside a request: refusals, ids, log entry, and the answer's rows."""

from __future__ import annotations

import random
from typing import Any

from campaigns.sandbox.ids import uuid, uuids
from campaigns.sandbox.vendors.messaging_service.bulks import Bulks
from campaigns.sandbox.vendors.messaging_service.checks import Schedule
from campaigns.sandbox.vendors.messaging_service.floods import FloodFilter
from campaigns.sandbox.vendors.messaging_service.records import EMAIL, SMS, Bulk, Draft, Entry, SmsContent
from campaigns.sandbox.vendors.messaging_service.settings import ServiceSettings
from campaigns.sandbox.vendors.messaging_service.statuses import (
    ACCEPTED,
    DUPLICATE,
    FLOODING,
    NORMAL,
    SMS_REFUSED_ONCE,
    STATUSES,
    SUPPRESSED_RECIPIENT,
    SYSTEM_ERROR,
    Outcome,
    email_fate,
    sms_fate,
)
from campaigns.sandbox.vendors.messaging_service.suppressions import Suppressions
from campaigns.sandbox.wire import Call
from campaigns.sandbox.world import World

UNREMEMBERED = frozenset({SYSTEM_ERROR, DUPLICATE})  # refusals that leave no trace in the vendor's logs

Row = dict[str, Any]


class Intake:
    """Knows every message that was accepted or refused, by id, by bulk and by channel."""

    def __init__(self, world: World, settings: ServiceSettings, bulks: Bulks, suppressions: Suppressions) -> None:
        self._world, self._settings, self._bulks, self._suppressions = world, settings, bulks, suppressions
        self._floods = FloodFilter()
        self.clear()

    def clear(self) -> None:
        self.accepted: dict[str, Entry] = {}
        self.refused: list[Entry] = []
        self.refused_by_id: dict[str, Entry] = {}
        self.by_bulk: dict[str, list[Entry]] = {}
        self.by_channel: dict[str, list[Entry]] = {EMAIL: [], SMS: []}
        self._refused_once: set[str] = set()
        self._floods.clear()

    def accept(
        self, call: Call, channel: str, drafts: list[Draft], schedule: Schedule, counts_parts: bool = False
    ) -> Row:
        """Accept what can be accepted. Returns the answer: the bulk id and one row per recipient, in no order."""
        bulk = Bulk(call.arrival.number, call.now, schedule.bulk_id or uuid())
        generated = uuids(sum(draft.message_id is None for draft in drafts))
        entries: list[Entry] = []
        rows: list[Row] = []
        for draft in drafts:
            entry = self._judge(bulk, draft, draft.message_id or generated.pop())
            entries.append(entry)
            _add_rows(rows, entry, counts_parts)
        accepted = [entry for entry in entries if not entry.refusal]
        remembered = [entry for entry in entries if entry.refusal not in UNREMEMBERED]
        self.by_channel[channel].extend(remembered)
        self.by_bulk.setdefault(bulk.request_id, []).extend(remembered)
        self._world.log.accept(accepted)
        call.arrival.accepted, call.arrival.refused = len(accepted), len(entries) - len(accepted)
        self._bulks.dispatch(bulk, channel, accepted, schedule)
        random.shuffle(rows)
        return {"bulkId": bulk.request_id, "messages": rows}

    def _judge(self, bulk: Bulk, draft: Draft, message_id: str) -> Entry:
        """The entry of a message, with the status that refuses it, if any."""
        outcome = NORMAL
        first = self.accepted.get(message_id)
        if first is not None:
            refusal = DUPLICATE
            if first.submission is bulk:
                self._world.violations.add(Entry.vendor, "message_id_twice_in_a_request", message_id, bulk.number)
        elif isinstance(draft.content, SmsContent):
            refusal, outcome = self._judge_sms(draft, draft.content, bulk.at)
        else:
            refusal, outcome = self._judge_email(draft)
        entry = Entry(bulk, draft, message_id, outcome, refusal)
        if refusal:
            self.refused.append(entry)
            if refusal not in UNREMEMBERED:
                self.refused_by_id[message_id] = entry
        else:
            self.accepted[message_id] = entry
            if self._settings.anti_flood and isinstance(draft.content, SmsContent):
                self._floods.remember(entry)
        return entry

    def _judge_sms(self, draft: Draft, content: SmsContent, now: float) -> tuple[int, Outcome]:
        number = draft.destination
        refusal, outcome = sms_fate(number)
        if not refusal and number.endswith(SMS_REFUSED_ONCE) and number not in self._refused_once:
            self._refused_once.add(number)
            refusal = SYSTEM_ERROR
        refusal = refusal or content.refusal
        if not refusal and self._settings.anti_flood and self._floods.refuses(number, content.text, now):
            refusal = FLOODING
        return refusal, outcome

    def _judge_email(self, draft: Draft) -> tuple[int, Outcome]:
        refusal, outcome = email_fate(draft.destination)
        if self._suppressions.holds(draft.content.sender, draft.destination):
            outcome = SUPPRESSED_RECIPIENT
        return refusal or draft.content.refusal, outcome


def _add_rows(rows: list[Row], entry: Entry, counts_parts: bool) -> None:
    """One row a recipient; those who see each other share the message id."""
    row: Row = {
        "messageId": entry.provider_id,
        "destination": entry.destination,
        "status": STATUSES[entry.refusal or ACCEPTED],
    }
    if counts_parts:
        row["details"] = {"messageCount": entry.parts}
    rows.append(row)
    for other in entry.others:
        rows.append({**row, "destination": other})
