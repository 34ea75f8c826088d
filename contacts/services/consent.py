"""The right to write to somebody: consent per channel with its history, and addresses that are never written to.

The history (`ConsentEvent`) and the contact's own column move in one transaction. A suppression belongs to the
address, not to the contact: it outlives deletion and holds again after a re-import.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, Exists, IntegerField, OuterRef, QuerySet, Value
from django.utils.translation import gettext as _

from console.errors import UserError
from console.models import User, Workspace
from console.services import audit
from contacts.models import ConsentEvent, Contact, Suppression
from contacts.querysets import ADDRESS
from contacts.services.bulk import insert_from
from contacts.states import Consent, ConsentSource, SuppressionReason

CHUNK = 5_000
# Said by the person: weighs more than what a provider or a colleague said before, and takes consent away.
BY_THE_PERSON = (SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT)
_EVENT_COLUMNS = (
    "workspace_id", "contact_id", "channel", "state", "basis", "source", "wording", "evidence", "actor_id", "at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proof:
    """Why consent is what it is: the legal basis, where it came from, which wording was shown, what proves it."""

    source: str = ConsentSource.CONSOLE
    basis: str = ""
    wording: str = ""
    evidence: str = ""
    actor: User | None = None


def change(contact: Contact, channel: str, state: str, proof: Proof, now: datetime) -> bool:
    """Set one person's consent on a channel. False when it was so already.

    Raises UserError when consent is given for an address that is on the do-not-contact list.
    """
    if getattr(contact, f"{channel}_consent") == state:
        return False
    if state in (Consent.GRANTED, Consent.PENDING) and _suppression_of(contact, channel):
        raise UserError(
            _("This address is on the do-not-contact list. Remove it there first, then record the consent."),
            field="state",
            code="suppressed",
        )
    people = Contact.objects.filter(pk=contact.pk).exclude(**{f"{channel}_consent": state})
    changed = _write(people, channel, state, proof, now)
    setattr(contact, f"{channel}_consent", state)
    return bool(changed)


def change_many(
    workspace: Workspace, channel: str, state: str, contact_ids: Sequence[int], proof: Proof, now: datetime
) -> int:
    """Set the consent of many; how many changed.

    Giving consent to many never overrules anybody: who said no keeps it, and so does a suppressed address.
    """
    changed = 0
    for start in range(0, len(contact_ids), CHUNK):
        people = Contact.objects.numbered(workspace, contact_ids[start : start + CHUNK])
        people = people.exclude(**{f"{channel}_consent": state})
        if state != Consent.WITHDRAWN:
            people = people.exclude(**{f"{channel}_consent": Consent.WITHDRAWN}).exclude(**{ADDRESS[channel]: ""})
            people = people.filter(~Exists(_suppressions(workspace, channel)))
        changed += _write(people, channel, state, proof, now)
    return changed


def record_many(
    workspace: Workspace, channel: str, state: str, contact_ids: Sequence[int], proof: Proof, now: datetime
) -> None:
    """The history of people who were created with `state`: their column says it already."""
    for start in range(0, len(contact_ids), CHUNK):
        people = Contact.objects.numbered(workspace, contact_ids[start : start + CHUNK])
        insert_from(
            ConsentEvent, _EVENT_COLUMNS, people.values_list("workspace_id", "pk", *_row(channel, state, proof, now))
        )


def suppress_many(
    workspace: Workspace,
    channel: str,
    addresses: Iterable[str],
    reason: str,
    source: str,
    now: datetime,
    *,
    actor: User | None = None,
    evidence: str = "",
) -> int:
    """Never write to these addresses again (E.164 phones or emails); how many were not on the list yet.

    An opt-out or complaint also withdraws the consent of everybody who has the address.
    """
    wanted = sorted({normalise(channel, address) for address in addresses} - {""})
    added = 0
    for start in range(0, len(wanted), CHUNK):
        added += _suppress(workspace, channel, wanted[start : start + CHUNK], reason, source, now, actor, evidence)
    return added


def opt_out(workspace: Workspace, channel: str, address: str, source: str, now: datetime, evidence: str = "") -> bool:
    """The person behind `address` said no. True when that is news."""
    return bool(suppress_many(workspace, channel, [address], SuppressionReason.OPT_OUT, source, now, evidence=evidence))


def unsuppress(suppression: Suppression, actor: User | None, now: datetime) -> None:
    """Take an address off the list. Consent stays as it is: it has to be given again."""
    with transaction.atomic():
        audit.record(
            "suppression.removed",
            workspace=suppression.workspace,
            actor=actor,
            target=suppression,
            now=now,
            channel=suppression.channel,
            reason=suppression.reason,
        )
        suppression.delete()


def suppressed_among(workspace: Workspace, channel: str, addresses: Iterable[str]) -> set[str]:
    """Those of `addresses` that may not be written to."""
    found = Suppression.objects.for_workspace(workspace).filter(channel=channel, address__in=list(addresses))
    return set(found.values_list("address", flat=True))


def normalise(channel: str, address: str) -> str:
    """As `Contact` stores it: a phone comes as E.164 already, an email loses its capitals."""
    return address.strip().lower() if channel == "email" else address.strip()


def _suppress(
    workspace: Workspace,
    channel: str,
    addresses: list[str],
    reason: str,
    source: str,
    now: datetime,
    actor: User | None,
    evidence: str,
) -> int:
    listed: QuerySet[Suppression] = Suppression.objects.for_workspace(workspace).filter(
        channel=channel, address__in=addresses
    )
    with transaction.atomic():
        before = listed.count()
        fields: dict[str, Any] = {"reason": reason, "source": source, "note": evidence[:300], "actor": actor, "at": now}
        Suppression.objects.bulk_create(
            (Suppression(workspace=workspace, channel=channel, address=address, **fields) for address in addresses),
            ignore_conflicts=True,
        )
        if reason in BY_THE_PERSON:
            listed.exclude(reason__in=BY_THE_PERSON).update(**fields)
            people = Contact.objects.for_workspace(workspace).identified(ADDRESS[channel], addresses)
            people = people.exclude(**{f"{channel}_consent": Consent.WITHDRAWN})
            proof = Proof(source=source, evidence=evidence[:300], actor=actor)
            _write(people, channel, Consent.WITHDRAWN, proof, now)
        return listed.count() - before


def _write(people: QuerySet[Any], channel: str, state: str, proof: Proof, now: datetime) -> int:
    """History and column of everybody in `people`, who must not have `state` yet."""
    row = _row(channel, state, proof, now)
    with transaction.atomic():
        written = insert_from(ConsentEvent, _EVENT_COLUMNS, people.values_list("workspace_id", "pk", *row))
        people.update(**{f"{channel}_consent": state, "updated_at": now})
    return written


def _row(channel: str, state: str, proof: Proof, now: datetime) -> list[Value]:
    """The values of `_EVENT_COLUMNS` after the contact."""
    texts = (channel, state, proof.basis[:40], proof.source, proof.wording[:80], proof.evidence[:300])
    row = [Value(str(text)) for text in texts]
    actor_id = proof.actor.pk if proof.actor else None
    return [*row, Value(actor_id, output_field=IntegerField()), Value(now, output_field=DateTimeField())]


def _suppressions(workspace: Workspace, channel: str) -> QuerySet[Any]:
    listed: QuerySet[Any] = Suppression.objects.for_workspace(workspace)
    return listed.filter(channel=channel, address=OuterRef(ADDRESS[channel]))


def _suppression_of(contact: Contact, channel: str) -> bool:
    address = getattr(contact, ADDRESS[channel])
    listed = Suppression.objects.filter(workspace_id=contact.workspace_id, channel=channel, address=address)
    return bool(address) and listed.exists()
