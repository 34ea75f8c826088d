"""A few of those who will get a message, found without reading the audience: for previews, samples and searches.

`audience` classifies everybody at once and pays for that with a pass over all lists. A page that shows one person may
not: here members are read in small pieces from the lists' own indexes, and each piece is classified by the same
`own_reason`. A test holds the two to the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campaigns.querysets import sql
from campaigns.querysets.audience import AudienceSpec, Fragment, is_member, own_reason

PIECE = 100
LISTS_AT_ONCE = 200  # SQLite joins at most 500 SELECTs by UNION
LARGEST_PIECE = 16_000  # pieces grow while nobody fits, so that a barren audience is walked in few steps


def reachable_ids(spec: AudienceSpec, after: int, limit: int) -> list[int]:
    """As `audience.reachable_ids`: contact ids above `after`, in order, of those who will receive it."""
    found: list[int] = []
    piece = max(PIECE, limit + limit // 2)
    while len(found) < limit:
        ids = _member_ids(spec, after, piece)
        found += _of_those(spec, ids)
        if len(ids) < piece:
            break
        after, piece = ids[-1], min(piece * 2, LARGEST_PIECE)
    return found[:limit]


def receives(spec: AudienceSpec, contact_id: int) -> bool:
    """True when this contact is in the audience and will receive it."""
    return not spec.is_empty and bool(_of_those(spec, [contact_id]))


def _member_ids(spec: AudienceSpec, after: int, limit: int) -> list[int]:
    """The next `limit` people of the audience above `after`, reachable or not."""
    if spec.everyone:
        query = "SELECT id FROM contacts_contact WHERE workspace_id = %s AND id > %s ORDER BY id LIMIT %s"
        return [int(pk) for (pk,) in sql.rows(query, [spec.workspace_id, after, limit])]
    # Each list by its own index, which is in the order of contacts: over several at once the planner would sort all
    # of their members.
    of_one = (
        "SELECT * FROM (SELECT contact_id FROM contacts_groupmember WHERE group_id = %s AND contact_id > %s "
        "ORDER BY contact_id LIMIT %s) g"
    )
    ids: set[int] = set()
    for start in range(0, len(spec.include), LISTS_AT_ONCE):
        lists = spec.include[start : start + LISTS_AT_ONCE]
        params = [value for group in lists for value in (group, after, limit)]
        ids.update(int(pk) for (pk,) in sql.rows(" UNION ".join([of_one] * len(lists)), params))
    return sorted(ids)[:limit]


def _of_those(spec: AudienceSpec, ids: Sequence[int]) -> list[int]:
    """Which of these contacts will receive it."""
    if not ids:
        return []
    member, member_params = is_member(spec, "c")
    own, own_params = own_reason(spec, "c")
    double, double_params = _is_double(spec)
    found = sql.rows(
        f"SELECT c.id FROM contacts_contact c WHERE c.id IN ({sql.marks(ids)}) AND {member} AND ({own}) = '' "
        f"AND NOT {double} ORDER BY c.id",
        [*ids, *member_params, *own_params, *double_params],
    )
    return [int(pk) for (pk,) in found]


def _is_double(spec: AudienceSpec) -> Fragment:
    """Condition: an earlier person of the audience gets it at the same phone. Emails are unique in a workspace."""
    if spec.channel != "sms":
        return "(1 = 0)", []
    member, member_params = is_member(spec, "d")
    own, own_params = own_reason(spec, "d")
    params: list[Any] = [*member_params, *own_params]
    text = (
        "EXISTS (SELECT 1 FROM contacts_contact d WHERE d.phone = c.phone AND d.id < c.id "
        f"AND {member} AND ({own}) = '')"
    )
    return text, params
