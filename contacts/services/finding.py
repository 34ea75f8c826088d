"""The newest contacts that fit a filter, quickly among a million, whatever is asked.

A list shows the newest first, so the question is always "the first 50 by descending id". Three ways answer it:

1. A list or tag that is not large, an unusual consent: its members are looked at one by one.
2. A common one: rows are read from the newest down and tested; 50 are found soon.
3. Words: the index. SQLite's FTS5 gives its matches in descending order by itself. PostgreSQL's GIN cannot, and its
   planner misjudges how common a beginning of a word is (measured: 9 s for a rare one by walking all rows). So the
   newest rows are tested first, which finds anything common, and only then is the index asked, for what is rare.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.db import connection, transaction

from console.models import Workspace
from contacts import words
from contacts.models import Contact, Group
from contacts.querysets import CHANNELS, ContactQuerySet, fts_match
from contacts.states import Consent

FEW = 5_000  # people whose ids are fetched and looked at one by one
WALK = 50_000  # members of a group that are walked through
WINDOW = 20_000  # newest rows that PostgreSQL tests before it asks its index
COUNT_CAP = 10_000  # beyond it a list says "10,000+"
COUNT_CAP_OF_WORDS = 1_000


@dataclass(frozen=True, slots=True)
class People:
    """Which contacts: words, membership in every one of `groups`, consent and reachability per channel."""

    q: str = ""
    groups: tuple[int, ...] = ()
    sms: str = ""  # a `Consent`, "" for any
    email: str = ""
    reach: str = ""  # "sms", "email" or ""

    @property
    def query(self) -> words.Query:
        return words.query(self.q)

    @property
    def is_everyone(self) -> bool:
        return not (self.q.strip() or self.groups or self.sms or self.email or self.reach)

    def as_params(self) -> dict[str, Any]:
        """JSON for `Job.params`."""
        return {"q": self.q, "groups": list(self.groups), "sms": self.sms, "email": self.email, "reach": self.reach}

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """From `as_params`, or from anything a browser sent: what makes no sense is left out."""
        states = {str(state) for state in Consent}
        groups = (int(group) for group in params.get("groups", ()) if str(group).isdecimal())
        return cls(
            q=str(params.get("q", ""))[: words.LONGEST_QUERY],
            groups=tuple(dict.fromkeys(groups)),
            sms=params["sms"] if params.get("sms") in states else "",
            email=params["email"] if params.get("email") in states else "",
            reach=params["reach"] if params.get("reach") in CHANNELS else "",
        )


@dataclass(frozen=True, slots=True)
class Count:
    """`n` people, or more than that when `capped`."""

    n: int
    capped: bool = False


def newest(
    workspace: Workspace, people: People, limit: int, *, below: int | None = None, above: int | None = None
) -> list[Contact]:
    """At most `limit` contacts, newest first, with ids below `below` or above `above` (then the nearest ones)."""
    cursor = {"lt": below} if below is not None else {"gt": above} if above is not None else {}
    found = list(_nearest(workspace, people, cursor, limit, upwards=above is not None)[:limit])
    return found[::-1] if above is not None else found


def count(workspace: Workspace, people: People) -> Count:
    """How many, exactly up to a cap that keeps the question cheap."""
    if len(people.groups) == 1 and people == People(groups=people.groups):
        group = Group.objects.for_workspace(workspace).filter(pk=people.groups[0])
        return Count(group.values_list("size", flat=True).first() or 0)
    few = _few(workspace, people)
    if few is not None:
        return _capped(_conditions(workspace, people).filter(pk__in=few).containing(people.query), COUNT_CAP)
    if _walkable(workspace, people):
        return _capped(_members(workspace, people, {}), COUNT_CAP)
    matching = _conditions(workspace, people)
    if people.query and connection.vendor == "postgresql":
        return _postgresql_count(workspace, matching, people.query)
    if people.query:
        return _capped(_sqlite_nearest(matching, people.query, workspace.pk, {}), COUNT_CAP_OF_WORDS)
    return _capped(matching, COUNT_CAP)


def _capped(matching: ContactQuerySet, cap: int) -> Count:
    n = len(matching.values_list("pk", flat=True)[: cap + 1])
    return Count(min(n, cap), capped=n > cap)


def ids(workspace: Workspace, people: People) -> array[int]:
    """The ids of all of them, ascending: eight bytes a person, for work on everybody who matches."""
    matching = _conditions(workspace, people)
    if not people.query or connection.vendor == "sqlite":
        found = _all_ids(matching.search(people.query, workspace.pk))
        return array("q", sorted(found))
    by_index = _by_index(workspace, people.query, None)
    if people == People(q=people.q):
        return array("q", sorted(by_index))
    return array("q", sorted(set(by_index).intersection(_all_ids(matching))))


def _all_ids(matching: ContactQuerySet) -> Iterator[int]:
    return matching.order_by().values_list("pk", flat=True).iterator(chunk_size=10_000)


def in_chunks(all_ids: Sequence[int], size: int = FEW) -> Iterator[Sequence[int]]:
    """`all_ids` in pieces of `size`."""
    for start in range(0, len(all_ids), size):
        yield all_ids[start : start + size]


def _conditions(workspace: Workspace, people: People, *, without_group: int | None = None) -> ContactQuerySet:
    """Everything but the words."""
    found: ContactQuerySet = Contact.objects.for_workspace(workspace)
    for group in people.groups:
        if group != without_group:
            found = found.in_group(group)
    for channel, state in (("sms", people.sms), ("email", people.email)):
        if state:
            found = found.with_consent(channel, state)
    return found.reachable(people.reach, workspace.pk) if people.reach else found


def _nearest(workspace: Workspace, people: People, cursor: Mapping[str, int], limit: int, upwards: bool) -> Any:
    """The matching contacts beyond the cursor, in order; the caller cuts."""
    order = "pk" if upwards else "-pk"
    beyond = {f"pk__{lookup}": value for lookup, value in cursor.items()}
    few = _few(workspace, people)
    if few is not None:
        some = _conditions(workspace, people).filter(pk__in=few, **beyond)
        return some.containing(people.query).order_by(order)
    if people.groups and (not people.query or _walkable(workspace, people)):
        return _members(workspace, people, cursor, upwards=upwards)
    matching = _conditions(workspace, people).filter(**beyond)
    if not people.query:
        return matching.order_by(order)
    if connection.vendor == "sqlite":
        return _sqlite_nearest(matching, people.query, workspace.pk, cursor, upwards)
    return _postgresql_nearest(workspace, matching, people.query, cursor, order, limit)


def _sizes(workspace: Workspace, people: People) -> list[tuple[int, int]]:
    """(size, id) of every wanted group; a group that is not here has nobody."""
    groups = Group.objects.for_workspace(workspace).filter(pk__in=people.groups)
    found = dict(groups.values_list("pk", "size"))
    return [(found.get(group, 0), group) for group in people.groups]


def _walkable(workspace: Workspace, people: People) -> bool:
    return bool(people.groups) and min(_sizes(workspace, people))[0] <= WALK


def _few(workspace: Workspace, people: People) -> list[int] | None:
    """The ids that fulfil the rarest condition, when it is rare. A small superset of the answer."""
    everyone = Contact.objects.for_workspace(workspace)
    wanted = {("sms", people.sms), ("email", people.email), (people.reach, Consent.GRANTED if people.reach else "")}
    for channel, state in sorted(wanted):
        if state:
            some = everyone.with_consent(channel, state).order_by("-pk").values_list("pk", flat=True)[: FEW + 1]
            if len(found := list(some)) <= FEW:
                return found
    return None


def _members(workspace: Workspace, people: People, cursor: Mapping[str, int], upwards: bool = False) -> ContactQuerySet:
    """Walk along the smallest group's own index, which is in the order of contacts."""
    _size, group = min(_sizes(workspace, people))
    # Said of both sides of the join, since either engine may begin with either.
    sides = ("memberships__contact_id", "pk")
    beyond = {f"{side}__{lookup}": value for side in sides for lookup, value in cursor.items()}
    walk = _conditions(workspace, people, without_group=group).filter(memberships__group=group, **beyond)
    return walk.containing(people.query).order_by("memberships__contact_id" if upwards else "-memberships__contact_id")


def _sqlite_nearest(
    matching: ContactQuerySet, query: words.Query, workspace_id: int, cursor: Mapping[str, int], upwards: bool = False
) -> Any:
    """FTS5 walks its matches by row id in either direction, so nothing is sorted and the walk ends with the page."""
    where = ["contacts_search.rowid = contacts_contact.id", "contacts_search MATCH %s"]
    params: list[Any] = [fts_match(query, workspace_id)]
    for lookup, value in cursor.items():
        where.append(f"contacts_search.rowid {'<' if lookup == 'lt' else '>'} %s")
        params.append(value)
    order = "contacts_search.rowid" if upwards else "-contacts_search.rowid"
    tables = ["contacts_search"]
    return matching.extra(tables=tables, where=where, params=params, order_by=[order])  # noqa: S610 - no input in it


def _postgresql_nearest(
    workspace: Workspace,
    matching: ContactQuerySet,
    query: words.Query,
    cursor: Mapping[str, int],
    order: str,
    limit: int,
) -> Any:
    """The window first, the index after it; see the head of this file."""
    everyone = Contact.objects.for_workspace(workspace)
    beyond = everyone.filter(**{f"pk__{lookup}": value for lookup, value in cursor.items()}).order_by(order)
    edge = beyond.values_list("pk", flat=True)[WINDOW - 1 : WINDOW].first()
    tested = matching.containing(query).order_by(order)
    if edge is None:
        return tested
    near = list(tested.filter(**{"pk__lte" if order == "pk" else "pk__gte": edge})[:limit])
    if len(near) == limit:
        return near
    by_index = _by_index(workspace, query, COUNT_CAP + 1)
    if len(by_index) <= COUNT_CAP:
        return matching.filter(pk__in=by_index).order_by(order)
    return tested  # common, though not among the newest


def _postgresql_count(workspace: Workspace, matching: ContactQuerySet, query: words.Query) -> Count:
    """Common words are counted among the newest, which is cheap; only rare ones by the index."""
    newest_ids = Contact.objects.for_workspace(workspace).order_by("-pk").values_list("pk", flat=True)
    edge = newest_ids[WINDOW - 1 : WINDOW].first()
    near = matching.containing(query)
    if edge is None:
        return _capped(near, COUNT_CAP)
    among_newest = _capped(near.filter(pk__gte=edge), COUNT_CAP_OF_WORDS)
    if among_newest.capped:
        return among_newest
    by_index = _by_index(workspace, query, COUNT_CAP_OF_WORDS + 1)
    if len(by_index) > COUNT_CAP_OF_WORDS:
        return Count(COUNT_CAP_OF_WORDS, capped=True)
    return _capped(matching.filter(pk__in=by_index), COUNT_CAP_OF_WORDS)


def _by_index(workspace: Workspace, query: words.Query, limit: int | None) -> list[int]:
    """Ids by the GIN index and by nothing else: the planner would rather test every row when it takes a rare
    beginning of a word for a common one."""
    # A single letter begins too many words for the index; beside longer words it is tested on what they find.
    long = words.Query(tuple(term for term in query.terms if len(term[0]) > 1)) or query
    matching = Contact.objects.for_workspace(workspace).search(long, workspace.pk).order_by()
    if long != query:
        matching = matching.containing(query)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        found = list(matching.values_list("pk", flat=True)[:limit])
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on")
    return found
