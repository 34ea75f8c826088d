"""The right to write to somebody: changed with a history, obeyed at once, and remembered by address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from console.models import User, Workspace
from contacts.models import ConsentEvent, Contact, Suppression
from contacts.states import Consent, ConsentSource, SuppressionReason

# Reasons that are the person's own word: their consent is withdrawn as well. The others are about an address.
THEIR_WORD = frozenset({SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT})
CHUNK = 5_000


def column_of(channel: str) -> str:
    """The contact's column that holds the address of a channel."""
    return "phone" if channel == "sms" else "email"


def set_consent(
    contacts: Iterable[int],
    workspace: Workspace,
    channel: str,
    state: Consent,
    *,
    source: ConsentSource | str,
    now: datetime,
    actor: User | None = None,
    basis: str = "",
    wording: str = "",
    evidence: str = "",
) -> int:
    """Set a channel's consent of these contact ids, with one history line each; gives how many changed.

    Those who have that state already get no second line.
    """
    field = f"{channel}_consent"
    changed = 0
    with transaction.atomic():
        ids = sorted(set(contacts))
        for start in range(0, len(ids), CHUNK):
            chosen = Contact.objects.select_for_update().filter(workspace=workspace, pk__in=ids[start : start + CHUNK])
            moving = list(chosen.exclude(**{field: state}).order_by("pk").values_list("pk", flat=True))
            Contact.objects.filter(pk__in=moving).update(**{field: state, "updated_at": now})
            ConsentEvent.objects.bulk_create(
                ConsentEvent(
                    workspace=workspace, contact_id=pk, channel=channel, state=state, source=source, actor=actor,
                    basis=basis, wording=wording, evidence=evidence[:300], at=now,
                )
                for pk in moving
            )  # fmt: skip
            changed += len(moving)
    return changed


def suppress_many(
    workspace: Workspace,
    channel: str,
    addresses: Sequence[str],
    *,
    reason: SuppressionReason | str,
    source: ConsentSource | str,
    now: datetime,
    actor: User | None = None,
    note: str = "",
    evidence: str = "",
) -> int:
    """Put addresses on the do-not-contact list; gives how many were new. Where the reason is the person's own word,
    the consent of every contact with that address is withdrawn too."""
    unique = sorted({address for address in addresses if address})
    with transaction.atomic():
        before = Suppression.objects.filter(workspace=workspace, channel=channel, address__in=unique).count()
        Suppression.objects.bulk_create(
            (
                Suppression(
                    workspace=workspace, channel=channel, address=address, reason=reason, source=source,
                    note=note[:300], actor=actor, at=now,
                )
                for address in unique
            ),
            ignore_conflicts=True,
        )  # fmt: skip
        if reason in THEIR_WORD:
            people = Contact.objects.filter(workspace=workspace, **{f"{column_of(channel)}__in": unique})
            set_consent(
                people.values_list("pk", flat=True),
                workspace,
                channel,
                Consent.WITHDRAWN,
                source=source,
                now=now,
                actor=actor,
                evidence=evidence,
            )
    return len(unique) - before


def opt_out(
    workspace: Workspace,
    channel: str,
    address: str,
    *,
    source: ConsentSource | str,
    now: datetime,
    evidence: str = "",
    actor: User | None = None,
) -> None:
    """The person said stop: suppressed and withdrawn at once, also for messages that already wait."""
    suppress_many(
        workspace, channel, [address], reason=SuppressionReason.OPT_OUT, source=source, now=now, actor=actor,
        evidence=evidence,
    )  # fmt: skip


def unsuppress(suppressions: Sequence[int], workspace: Workspace) -> int:
    """Take entries off the do-not-contact list; consent stays as it is. Gives how many were there."""
    gone, _ = Suppression.objects.filter(workspace=workspace, pk__in=suppressions).delete()
    return gone
