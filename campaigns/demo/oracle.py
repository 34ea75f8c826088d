"""Ledger against the sandbox's own log: message by message, text included."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from campaigns.models import Dispatch, Recipient, Ticket
from campaigns.services.sending import outcomes
from campaigns.services.sending.flights import reference_of
from campaigns.services.writing import content
from campaigns.states import RecipientStatus

SHOWN = 10
# Statuses of rows whose message the provider must have.
THERE = frozenset(
    {RecipientStatus.ACCEPTED, RecipientStatus.SENT, RecipientStatus.DELIVERED, RecipientStatus.UNDELIVERED}
)


@dataclass(slots=True)
class Verdict:
    """What differs. `unknown` rows may be in the log or not: that is what the word means."""

    compared: int = 0
    unknown: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        return not self.differences


def fetch_log(sandbox_url: str) -> list[dict[str, Any]]:
    """Every message that the sandbox has accepted, oldest first."""
    with urllib.request.urlopen(f"{sandbox_url}/__sandbox__/log?format=jsonl", timeout=120) as answer:  # noqa: S310
        return [json.loads(line) for line in answer if line.strip()]


def compare(dispatch: Dispatch, log: list[dict[str, Any]]) -> Verdict:
    """Every row against the log's entries of this dispatch, and every entry against the rows."""
    mine = _entries_of(dispatch, log)
    entries = dict(mine)
    verdict = Verdict()
    for reference, times in Counter(reference for reference, _ in mine).items():
        if times > 1:
            verdict.differences.append(f"{reference}: {times} times at the provider")
    seen = set()
    for row in Recipient.objects.filter(dispatch=dispatch).select_related("dispatch").iterator(2_000):
        reference = reference_of(dispatch.key, row.pk, row.attempt)
        _compare_row(row, reference, entries.get(reference), verdict)
        seen.add(reference)
        # A message that failed and was tried again is there once for each attempt, with the same text.
        for earlier in (reference_of(dispatch.key, row.pk, attempt) for attempt in range(1, row.attempt)):
            if earlier in entries:
                seen.add(earlier)
                _compare_content(row, earlier, entries[earlier], verdict)
    verdict.differences += [
        f"{reference}: at the provider, not in the ledger" for reference in sorted(set(entries) - seen)
    ]
    return verdict


def _entries_of(dispatch: Dispatch, log: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """The log's entries of this dispatch by our reference. A vendor that takes none knows a message by the ticket of
    its request and the address."""
    prefix = f"c{dispatch.key}-"
    tickets = set(Ticket.objects.filter(dispatch=dispatch).values_list("value", flat=True))
    rows = Recipient.objects.filter(dispatch=dispatch, batch_no__isnull=False).only("pk", "address", "attempt")
    by_address = (
        {_plain(row.address): reference_of(dispatch.key, row.pk, row.attempt) for row in rows} if tickets else {}
    )
    lost = _of_lost_tickets(dispatch, log)
    found = []
    for entry in log:
        reference = str(entry.get("reference") or "")
        if not reference and (entry["provider_id"] in tickets or entry["n"] in lost):
            reference = by_address.get(_plain(entry["destination"]), f"{prefix}{entry['destination']}")
        if reference.startswith(prefix):
            found.append((reference, entry))
    return found


def _of_lost_tickets(dispatch: Dispatch, log: list[dict[str, Any]]) -> set[int]:
    """Numbers of the entries of requests that were accepted without telling their ticket, because the answer broke
    off: those under a ticket that no dispatch knows, since this one began, to people of such a request."""
    begins_lost = {"value__startswith": outcomes.LOST_TICKET}
    lost = Ticket.objects.filter(dispatch=dispatch, **begins_lost).values_list("batch_no", flat=True)
    people = Recipient.objects.filter(dispatch=dispatch, batch_no__in=list(lost)).values_list("address", flat=True)
    addresses = {_plain(address) for address in people}
    if not addresses:
        return set()
    known = set(Ticket.objects.filter(account__provider=dispatch.account.provider).values_list("value", flat=True))
    return {
        entry["n"]
        for entry in log
        if entry["vendor"] == dispatch.account.provider
        and not entry.get("reference")
        and entry["at"] >= dispatch.planned_at.timestamp()
        and entry["provider_id"] not in known
        and _plain(entry["destination"]) in addresses
    }


def _plain(address: str) -> str:
    return "".join(filter(str.isalnum, address))


def _compare_row(row: Recipient, reference: str, entry: dict[str, Any] | None, verdict: Verdict) -> None:
    verdict.compared += 1
    if row.status == RecipientStatus.UNKNOWN:
        verdict.unknown += 1
        return
    # A row that failed in the answer itself was refused and is not in the log; one that failed later is.
    refused = row.status == RecipientStatus.FAILED and row.final_at == row.handed_over_at
    expected = row.status in THERE or (row.status == RecipientStatus.FAILED and not refused)
    if expected != (entry is not None):
        where = "in the ledger, not at the provider" if expected else "at the provider, though"
        verdict.differences.append(f"{reference}: {where} {row.status}")
    if entry is not None:
        _compare_content(row, reference, entry, verdict)


def _compare_content(row: Recipient, reference: str, entry: dict[str, Any], verdict: Verdict) -> None:
    if _plain(entry["destination"]) != _plain(row.address):
        verdict.differences.append(f"{reference}: address {row.address} went to {entry['destination']}")
    verdict.differences += [f"{reference}: {part} differs" for part in _differing(row, entry)]


def _differing(row: Recipient, entry: dict[str, Any]) -> list[str]:
    """Parts of the content that are not the same on both sides. Of content that the vendor holds, we know the values
    for certain, and the words only as far as somebody has told us."""
    sent = content.text_of(row)
    parts = [part for part in content.PARTS[row.dispatch.channel] if not sent.values or getattr(sent, part)]
    if sent.values and "values" in entry:
        if entry["values"] != dict(sent.values):
            return ["values"]
        parts = [part for part in parts if row.dispatch.channel == "sms"]
    return [part for part in parts if entry.get(part) != getattr(sent, part)]
