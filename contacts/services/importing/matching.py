"""Who of a file is known already: the ladder external id → email → phone. Reads, decides, writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from console.models import Workspace
from contacts.models import Contact
from contacts.querysets import ContactQuerySet
from contacts.services.importing.rows import Candidate, Rejected, Rejection, without_address

_TEXTS = ("key", "email", "first_name", "last_name", "country", "language", "time_zone")


@dataclass(frozen=True, slots=True)
class Known:
    """A contact as it is in the database, or as it should become."""

    id: int
    key: str
    email: str
    phone: str
    phone_type: str
    first_name: str
    last_name: str
    country: str
    language: str
    time_zone: str
    attributes: dict[str, str]
    email_consent: str
    sms_consent: str


@dataclass(slots=True)
class Decisions:
    """What is to be done with the rows of a chunk. `update`: (row, the contact as it should become); `changed`: the
    columns that differ for at least one of them."""

    create: list[Candidate] = field(default_factory=list)
    update: list[tuple[Candidate, Known]] = field(default_factory=list)
    unchanged: list[tuple[Candidate, Known]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)

    def people(self) -> Iterator[Candidate | Known]:
        """Everybody of the chunk as they are when this is carried out."""
        yield from self.create
        yield from (known for _person, known in self.update)
        yield from (known for _person, known in self.unchanged)


class Directory:
    """The contacts that the rows of a chunk may be, by each of their identities. Four queries at most."""

    def __init__(self, workspace: Workspace, people: Sequence[Candidate]) -> None:
        self._contacts = Contact.objects.for_workspace(workspace)
        self._by_key = {known.key: known for known in self._with("key", (p.key for p in people))}
        self._by_email = {known.email: known for known in self._with("email", (p.email for p in people))}
        unknown = [p for p in people if p.phone and self._known_by_address(p) is None]
        only_phone = self._contacts.filter(key="", email="")
        named = self._with("phone", (p.phone for p in unknown if p.key or p.email), among=only_phone)
        bare = self._with("phone", (p.phone for p in unknown if not p.key and not p.email))
        self._by_phone: dict[str, Known] = {}
        # The one who has only the phone comes first, then the oldest.
        for one in sorted([*named, *bare], key=lambda one: (bool(one.key or one.email), one.id)):
            self._by_phone.setdefault(one.phone, one)

    def find(self, person: Candidate) -> Known | Rejection | None:
        """The contact that the row is about; a reason when it is about two; None for somebody new.

        A phone may be shared by a family: it identifies only people who have neither external id nor email.
        """
        by_key = self._by_key.get(person.key) if person.key else None
        by_email = self._by_email.get(person.email) if person.email else None
        if by_key and by_email and by_key.id != by_email.id:
            return Rejection.EMAIL_TAKEN
        if by_email and not by_key and person.key and by_email.key:
            return Rejection.KEY_DIFFERS
        if known := by_key or by_email:
            return known
        by_phone = self._by_phone.get(person.phone) if person.phone else None
        if by_phone and (person.key or person.email):
            if by_phone.key or by_phone.email:
                return None
            del self._by_phone[person.phone]  # has an identity of their own now; the next one is of the family
        return by_phone

    def _known_by_address(self, person: Candidate) -> Known | None:
        return self._by_key.get(person.key) or self._by_email.get(person.email)

    def _with(self, column: str, values: Iterable[str], among: ContactQuerySet | None = None) -> Iterator[Known]:
        wanted = list({value for value in values if value})
        if not wanted:
            return
        contacts = self._contacts if among is None else among
        found = contacts.identified(column, wanted).values_list(*Known.__dataclass_fields__)
        for row in found.iterator(chunk_size=5_000):
            yield Known(*row)


def decide(workspace: Workspace, people: Sequence[Candidate]) -> Decisions:
    """Sort the rows of a chunk by what is to be done with them."""
    directory = Directory(workspace, people)
    decisions = Decisions()
    taken: set[int] = set()
    for person in people:
        known = directory.find(person)
        if known is None and not person.phone and not person.email:
            decisions.rejected.append(without_address(person))
        elif known is None:
            decisions.create.append(person)
        elif isinstance(known, Rejection):
            decisions.rejected.append(Rejected(person.row_no, person.cells, known, person.email))
        elif known.id in taken:
            decisions.rejected.append(Rejected(person.row_no, person.cells, Rejection.DUPLICATE))
        else:
            taken.add(known.id)
            if changes := differences(known, person):
                decisions.update.append((person, replace(known, **changes)))
                decisions.changed.update(changes)
            else:
                decisions.unchanged.append((person, known))
    return decisions


def differences(known: Known, person: Candidate) -> dict[str, Any]:
    """The columns of the contact that the row says otherwise. What the row does not say stays."""
    changes: dict[str, Any] = {
        name: value for name in _TEXTS if (value := getattr(person, name)) and value != getattr(known, name)
    }
    if person.phone and person.phone != known.phone:
        changes |= {"phone": person.phone, "phone_type": person.phone_type}
    if any(known.attributes.get(name) != value for name, value in person.attributes.items()):
        changes["attributes"] = {**known.attributes, **person.attributes}
    return changes
