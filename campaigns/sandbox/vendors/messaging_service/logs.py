"""GET /email/4/logs and /sms/3/logs: what happened in the last 48 hours, as often as one asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from campaigns.sandbox.vendors.messaging_service.errors import Failure
from campaigns.sandbox.vendors.messaging_service.intake import Intake
from campaigns.sandbox.vendors.messaging_service.records import SMS, Entry
from campaigns.sandbox.vendors.messaging_service.reports import HISTORY, read_limit
from campaigns.sandbox.vendors.messaging_service.rows import NETWORK, Rows
from campaigns.sandbox.vendors.messaging_service.settings import ServiceSettings
from campaigns.sandbox.vendors.messaging_service.statuses import STATUSES
from campaigns.sandbox.vendors.messaging_service.times import parse_time
from campaigns.sandbox.wire import Answer, Call

LONGEST_LIST = 2048  # characters of a comma-separated list of ids

Filter = Callable[[Entry], bool]


class Logs:
    """Reads the intake's messages, newest first. A scheduled message shows once it was sent."""

    def __init__(self, intake: Intake, settings: ServiceSettings, rows: Rows) -> None:
        self._intake, self._settings, self._rows = intake, settings, rows

    def search(self, channel: str, call: Call) -> Answer:
        """Up to `limit` log rows that match the query, with a cursor where one is asked for."""
        limit, filters = read_limit(call), _filters(call, channel)
        candidates = self._candidates(channel, call)
        results: list[dict[str, Any]] = []
        position = _cursor(call, len(candidates))
        while position and len(results) < limit:
            position -= 1
            entry = candidates[position]
            if self._shows(entry, call.now) and all(matches(entry) for matches in filters):
                results.append(self._rows.pulled(entry, *entry.status_at(call.now), address_key="destination"))
        answer: dict[str, Any] = {"results": results}
        if call.query.get("useCursor") == "true":
            answer["cursor"] = {"limit": limit, "nextCursor": str(position) if position else None}
        return Answer(answer)

    def _candidates(self, channel: str, call: Call) -> Sequence[Entry]:
        """The messages among which to look, oldest first: those of the ids where ids are given."""
        if ids := _ids(call, "messageId"):
            found = (self._intake.accepted.get(id_) or self._intake.refused_by_id.get(id_) for id_ in ids)
            bulks = set(_ids(call, "bulkId"))
            return [e for e in found if e and e.channel == channel and (not bulks or e.submission.request_id in bulks)]
        if bulk_ids := _ids(call, "bulkId"):
            return [e for id_ in bulk_ids for e in self._intake.by_bulk.get(id_, []) if e.channel == channel]
        return self._intake.by_channel[channel]

    def _shows(self, entry: Entry, now: float) -> bool:
        if entry.wave is None and not entry.refusal:
            return False
        since = entry.submission.at if entry.wave is None else entry.wave.sent_at
        return since + self._settings.logs_delay_s <= now <= since + HISTORY


def _ids(call: Call, name: str) -> list[str]:
    text = ",".join(call.all_query(name))
    if len(text) > LONGEST_LIST:
        _refuse(call, name, f"must not be longer than {LONGEST_LIST} characters")
    return [id_ for id_ in dict.fromkeys(text.split(",")) if id_]


def _cursor(call: Call, newest: int) -> int:
    """The position in the candidates before which to go on."""
    text = call.query.get("cursor")
    if not text:
        return newest
    if not text.isdecimal():
        _refuse(call, "cursor", "is not a cursor")
    return min(int(text), newest)


def _filters(call: Call, channel: str) -> list[Filter]:
    query, filters = call.query, []
    texts: dict[str, Callable[[Entry], str]] = {
        "sender": lambda entry: entry.body.sender,
        "destination": lambda entry: entry.destination,
        "campaignReferenceId": lambda entry: entry.body.options.campaign_reference,
        "entityId": lambda entry: entry.body.options.entity_id,
        "applicationId": lambda entry: entry.body.options.application_id,
        "generalStatus": lambda entry: str(STATUSES[entry.status_at(call.now)[0]]["groupName"]),
    }
    if channel == SMS:
        texts |= {"mcc": lambda entry: NETWORK[:3], "mnc": lambda entry: NETWORK[3:]}
    for name, read in texts.items():
        if name in query:
            filters.append(_equals(read, query[name]))
    since, until = (_moment(call, name) for name in ("sentSince", "sentUntil"))
    if since is not None or until is not None:
        filters.append(_sent_between(since or 0.0, float("inf") if until is None else until))
    return filters


def _equals(read: Callable[[Entry], str], wanted: str) -> Filter:
    return lambda entry: read(entry) == wanted


def _sent_between(since: float, until: float) -> Filter:
    return lambda entry: since <= (entry.wave.sent_at if entry.wave else entry.submission.at) <= until


def _moment(call: Call, name: str) -> float | None:
    if name not in call.query:
        return None
    moment = parse_time(call.query[name])
    if moment is None:
        _refuse(call, name, "must have the format yyyy-MM-dd'T'HH:mm:ss.SSSZ")
    return moment


def _refuse(call: Call, name: str, violation: str) -> None:
    raise Failure(400, call.path, violations=[{"property": name, "violation": violation}])
