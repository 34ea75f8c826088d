"""A chunk of rows becomes contacts, memberships and consents, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from console.models import User, Workspace
from contacts.models import Group, Suppression
from contacts.querysets import ADDRESS
from contacts.services import consent, groups
from contacts.services.importing import matching, writing
from contacts.services.importing.rows import Candidate, Rejected
from contacts.states import Consent, ConsentSource

_TRIES = 3  # somebody else may create the same person at the same moment


@dataclass(frozen=True, slots=True)
class Target:
    """Where the people of a file go and with which right to write to them. `channels`: consent is given for."""

    workspace: Workspace
    groups: tuple[Group, ...] = ()
    channels: tuple[str, ...] = ()
    basis: str = ""
    wording: str = ""
    evidence: str = ""
    actor: User | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of a chunk. `suppressed`: people who are imported and will not be written to on a channel."""

    created: int
    updated: int
    unchanged: int
    suppressed: int
    consents: dict[str, int]
    rejected: tuple[Rejected, ...]


def merge(target: Target, people: Sequence[Candidate], now: datetime, *, dry_run: bool) -> Merged:
    """Write the people of a chunk, inside the caller's transaction; with `dry_run` only say what would be written."""
    for attempt in range(_TRIES):
        decisions = matching.decide(target.workspace, people)
        suppressed = _suppressed(target.workspace, decisions)
        if dry_run:
            return _summary(target, decisions, suppressed)
        try:
            with transaction.atomic():
                _write(target, decisions, suppressed, now)
            return _summary(target, decisions, suppressed)
        except IntegrityError:
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _write(target: Target, decisions: matching.Decisions, suppressed: dict[str, set[str]], now: datetime) -> None:
    consents = [_consents_of(target, person, suppressed) for person in decisions.create]
    new_ids = writing.insert(target.workspace, decisions.create, consents, now)
    writing.update([known for _person, known in decisions.update], decisions.changed, now)
    old_ids = [known.id for _person, known in (*decisions.update, *decisions.unchanged)]
    for group in target.groups:
        groups.add(group, [*new_ids, *old_ids], now)
    proof = consent.Proof(ConsentSource.IMPORT, target.basis, target.wording, target.evidence, target.actor)
    for channel in target.channels:
        given = [pk for pk, states in zip(new_ids, consents, strict=True) if states[channel] == Consent.GRANTED]
        consent.record_many(target.workspace, channel, Consent.GRANTED, given, proof, now)
        consent.change_many(target.workspace, channel, Consent.GRANTED, old_ids, proof, now)


def _consents_of(target: Target, person: Candidate, suppressed: dict[str, set[str]]) -> dict[str, str]:
    states: dict[str, str] = {}
    for channel, column in ADDRESS.items():
        address = getattr(person, column)
        given = channel in target.channels and address and address not in suppressed[channel]
        states[channel] = Consent.GRANTED if given else Consent.UNKNOWN
    return states


def _suppressed(workspace: Workspace, decisions: matching.Decisions) -> dict[str, set[str]]:
    """Addresses of the chunk that may not be written to, per channel."""
    if not Suppression.objects.for_workspace(workspace).exists():
        return {channel: set() for channel in ADDRESS}
    return {
        channel: consent.suppressed_among(
            workspace, channel, {address for person in decisions.people() if (address := getattr(person, column))}
        )
        for channel, column in ADDRESS.items()
    }


def _summary(target: Target, decisions: matching.Decisions, suppressed: dict[str, set[str]]) -> Merged:
    blocked = 0
    if any(suppressed.values()):
        blocked = sum(
            1
            for person in decisions.people()
            if any(getattr(person, column) in suppressed[channel] for channel, column in ADDRESS.items())
        )
    return Merged(
        created=len(decisions.create),
        updated=len(decisions.update),
        unchanged=len(decisions.unchanged),
        suppressed=blocked,
        consents={channel: _consents_given(decisions, channel, suppressed[channel]) for channel in target.channels},
        rejected=tuple(decisions.rejected),
    )


def _consents_given(decisions: matching.Decisions, channel: str, suppressed: set[str]) -> int:
    """How many people of the chunk have said yes by this import and not before."""
    column, asked = ADDRESS[channel], (Consent.UNKNOWN, Consent.PENDING)
    known = [known for _person, known in (*decisions.update, *decisions.unchanged)]
    addresses = [getattr(person, column) for person in decisions.create]
    addresses += [getattr(one, column) for one in known if getattr(one, f"{channel}_consent") in asked]
    return sum(1 for address in addresses if address and address not in suppressed)
