"""A sample of the people who will get a campaign, measured: parts, lengths, and who stands out.

Everybody is measured when they are few; else people from evenly spaced places of the audience, so that a list that
grew over years is not judged by its oldest members. What comes from a sample is said to be an estimate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from campaigns import sms
from campaigns.models import ProviderAccount
from campaigns.providers.base import Count
from campaigns.querysets import glimpses
from campaigns.querysets.audience import AudienceSpec
from campaigns.rendering import Content, MissingValue
from campaigns.services.connecting import accounts
from campaigns.services.writing import headcounts, preview
from console.services.crypto import WrongKey
from contacts.models import Contact

SAMPLE = 2000
WINDOWS = 8  # places of the audience that a sample is taken from

Counting = Callable[[str], Count]


@dataclass(slots=True)
class Measured:
    """`parts`: parts → people (an email is one). `lengths`: characters → people (email: of the subject).
    `unicode`: people whose text leaves the cheap alphabet; `defaults`: field → people for whom it is empty.
    `typical`, `longest`, `with_default`, `in_unicode`: somebody to look at. `complete`: nobody is missing."""

    complete: bool = True
    people: int = 0
    parts: Counter[int] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    defaults: Counter[str] = field(default_factory=Counter)
    unicode: int = 0
    typical: Contact | None = None
    longest: Contact | None = None
    with_default: Contact | None = None
    in_unicode: Contact | None = None

    @property
    def total_parts(self) -> int:
        return sum(parts * people for parts, people in self.parts.items())

    @property
    def parts_in_order(self) -> list[tuple[int, int]]:
        """(parts, people), fewest parts first."""
        return sorted(self.parts.items())

    def longer_than(self, max_parts: int) -> int:
        """People whose message has more parts than is allowed."""
        return sum(people for parts, people in self.parts.items() if parts > max_parts)


def counting(account: ProviderAccount | None) -> Counting:
    """How this account's provider counts an SMS; the standard's way while none is chosen or it cannot be opened."""
    if account is None:
        return sms.count
    try:
        return accounts.open_provider(account).count
    except WrongKey:
        return sms.count


def nth(spec: AudienceSpec, n: int) -> Contact | None:
    """The n-th of those who will receive it, counted from 1, in the order of the dispatch."""
    ids = glimpses.reachable_ids(spec, 0, n)
    return Contact.objects.filter(pk=ids[n - 1]).first() if len(ids) >= n else None


def people(spec: AudienceSpec, will_receive: int, size: int = SAMPLE) -> list[Contact]:
    """At most `size` of the people who will receive it; all of them when they are no more than that."""
    ids = glimpses.reachable_ids(spec, 0, size) if will_receive <= size else _spread_ids(spec, size)
    found = Contact.objects.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _spread_ids(spec: AudienceSpec, size: int) -> list[int]:
    low, high = headcounts.id_range(spec.workspace_id)
    ids: set[int] = set()
    for window in range(WINDOWS):
        after = low - 1 + (high - low) * window // WINDOWS
        ids.update(glimpses.reachable_ids(spec, after, size // WINDOWS))
    return sorted(ids)


def measure(
    compiled: Content, channel: str, contacts: Sequence[Contact], will_receive: int, count: Counting = sms.count
) -> Measured:
    """Render and count the message for each of `contacts`."""
    measuring = _Measuring(compiled, channel, count)
    for contact in contacts:
        measuring.add(contact)
    return measuring.result(complete=len(contacts) >= will_receive)


class _Measuring:
    def __init__(self, compiled: Content, channel: str, count: Counting) -> None:
        self._content = compiled
        self._part = "text" if channel == "sms" else "subject"
        self._count = count if channel == "sms" else _count_line
        self._measured = Measured()
        self._longest = (0, -1)
        self._by_length: dict[int, Contact] = {}

    def add(self, contact: Contact) -> None:
        row = preview.row_of(contact, self._content.names)
        try:
            text = self._content.render(self._part, self._content.values(row))
        except MissingValue:  # changed since the audience was read
            return
        counted, found = self._count(text), self._measured
        found.people += 1
        found.parts[counted.parts] += 1
        found.lengths[counted.characters] += 1
        if counted.forcing:
            found.unicode += 1
            found.in_unicode = found.in_unicode or contact
        if (counted.parts, counted.characters) > self._longest:
            self._longest, found.longest = (counted.parts, counted.characters), contact
        if empty := preview.empty_fields(self._content, row):
            found.defaults.update(empty)
            found.with_default = found.with_default or contact
        else:
            self._by_length.setdefault(counted.characters, contact)

    def result(self, complete: bool) -> Measured:
        found = self._measured
        found.complete = complete
        common = (self._by_length.get(length) for length, _people in found.lengths.most_common())
        found.typical = next((contact for contact in common if contact), found.longest)
        return found


def _count_line(text: str) -> Count:
    """A subject line: one part, as long as it is."""
    return Count(parts=1, characters=len(text), encoding="", left=0)
