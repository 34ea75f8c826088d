"""Who is in an audience, and why somebody in it will not get the message.

One classification serves the live count, the preview and `prepare`, so that the three cannot disagree; doubles, which
`prepare` leaves to an index of the ledger, are by it the same people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from campaigns.querysets import sql
from campaigns.states import Reason
from contacts.models import FIXED_FIELDS
from contacts.states import Consent


@dataclass(frozen=True, slots=True)
class AudienceSpec:
    """Everything the classification depends on. `include` and `exclude` are group ids; `required`: names of
    placeholders that have no default; `names`: all names the content uses, frozen into the ledger row."""

    workspace_id: int
    channel: str
    marketing: bool
    everyone: bool = False
    include: tuple[int, ...] = ()
    exclude: tuple[int, ...] = ()
    required: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.everyone and not self.include


# The order of the funnel, which is the order of the tests: the first that fits is the reason on the row.
REASONS = (
    Reason.NO_ADDRESS,
    Reason.NOT_MOBILE,
    Reason.EXCLUDED_GROUP,
    Reason.OPTED_OUT,
    Reason.SUPPRESSED,
    Reason.NO_CONSENT,
    Reason.MISSING_VALUE,
    Reason.DUPLICATE,
)

Fragment = tuple[str, list[Any]]  # SQL and its parameters, always together


def address_column(channel: str) -> str:
    return "phone" if channel == "sms" else "email"


def members(spec: AudienceSpec, alias: str, bounds: tuple[int, int] | None = None) -> Fragment:
    """Condition: the contact `alias` is in the audience. `bounds`: ids above the first, up to the second."""
    text, params = f"{alias}.workspace_id = %s", [spec.workspace_id]
    if bounds:
        text += f" AND {alias}.id > %s AND {alias}.id <= %s"
        params += bounds
    if not spec.everyone:
        # Bounded inside as well: a short list in a large workspace is then read from its own index alone.
        inner = f"SELECT m.contact_id FROM contacts_groupmember m WHERE m.group_id IN ({sql.marks(spec.include)})"
        params += spec.include
        if bounds:
            inner += " AND m.contact_id > %s AND m.contact_id <= %s"
            params += bounds
        text += f" AND {alias}.id IN ({inner})"
    return text, params


def is_member(spec: AudienceSpec, alias: str) -> Fragment:
    """As `members`, for one contact that is already at hand: looks into that contact's memberships, never through
    the lists. (Given `id IN (list)` SQLite tries every member of the list for every contact: a quarter of a million
    people took minutes.)"""
    text, params = f"{alias}.workspace_id = %s", [spec.workspace_id]
    if spec.everyone:
        return text, params
    groups = f"y.contact_id = {alias}.id AND y.group_id IN ({sql.marks(spec.include)})"
    return f"{text} AND EXISTS (SELECT 1 FROM contacts_groupmember y WHERE {groups})", [*params, *spec.include]


def _value_is_missing(name: str, alias: str) -> Fragment:
    if name in FIXED_FIELDS:
        return f"TRIM({alias}.{name}) = ''", []
    if sql.is_postgres():
        return f"COALESCE(TRIM({alias}.attributes->>%s), '') = ''", [name]
    return f"COALESCE(TRIM(JSON_EXTRACT({alias}.attributes, %s)), '') = ''", [f'$."{name}"']


def own_reason(spec: AudienceSpec, alias: str) -> Fragment:
    """CASE expression: the reason why `alias` itself does not get it, '' when it does (doubles apart)."""
    address, consent = address_column(spec.channel), f"{spec.channel}_consent"
    cases: list[tuple[Reason, str, list[Any]]] = [(Reason.NO_ADDRESS, f"{alias}.{address} = ''", [])]
    if spec.channel == "sms":
        cases.append((Reason.NOT_MOBILE, f"{alias}.phone_type = 'fixed'", []))
    if spec.exclude:
        cases.append(
            (
                Reason.EXCLUDED_GROUP,
                f"EXISTS (SELECT 1 FROM contacts_groupmember x WHERE x.contact_id = {alias}.id "
                f"AND x.group_id IN ({sql.marks(spec.exclude)}))",
                list(spec.exclude),
            )
        )
    cases += [
        (Reason.OPTED_OUT, f"{alias}.{consent} = '{Consent.WITHDRAWN}'", []),
        (
            Reason.SUPPRESSED,
            "EXISTS (SELECT 1 FROM contacts_suppression s WHERE s.workspace_id = %s "
            f"AND s.channel = %s AND s.address = {alias}.{address})",
            [spec.workspace_id, spec.channel],
        ),
    ]
    if spec.marketing:
        cases.append((Reason.NO_CONSENT, f"{alias}.{consent} <> '{Consent.GRANTED}'", []))
    for name in spec.required:
        missing, params = _value_is_missing(name, alias)
        cases.append((Reason.MISSING_VALUE, missing, params))
    text = "CASE " + " ".join(f"WHEN {when} THEN '{reason}'" for reason, when, _ in cases) + " ELSE '' END"
    return text, [param for _, _, params in cases for param in params]


def reason(spec: AudienceSpec, alias: str = "c") -> Fragment:
    """`own_reason`, plus: an earlier person of the same audience gets it at the same address.

    Emails are unique in a workspace, so only phones can be shared.
    """
    own, own_params = own_reason(spec, alias)
    if spec.channel != "sms":
        return own, own_params
    earlier, earlier_params = is_member(spec, "d")
    theirs, their_params = own_reason(spec, "d")
    text = (
        f"CASE WHEN ({own}) <> '' THEN ({own}) "
        f"WHEN EXISTS (SELECT 1 FROM contacts_contact d WHERE {earlier} AND d.phone = {alias}.phone "
        f"AND d.id < {alias}.id AND ({theirs}) = '') THEN '{Reason.DUPLICATE}' ELSE '' END"
    )
    return text, [*own_params, *own_params, *earlier_params, *their_params]


def count_by_reason(spec: AudienceSpec) -> dict[str, int]:
    """People of the audience by reason; '' = will receive it."""
    if spec.is_empty:
        return {}
    case, case_params = reason(spec)
    where, where_params = members(spec, "c")
    found = sql.rows(
        f"SELECT reason, COUNT(*) FROM (SELECT {case} AS reason FROM contacts_contact c WHERE {where}) a "
        "GROUP BY reason",
        [*case_params, *where_params],
    )
    return {str(why): int(n) for why, n in found}


def reachable_ids(spec: AudienceSpec, after: int, limit: int, why: str = "") -> list[int]:
    """Contact ids above `after`, in order, of those who will receive it (or who are left out for `why`)."""
    if spec.is_empty:
        return []
    case, case_params = reason(spec)
    where, where_params = members(spec, "c")
    found = sql.rows(
        f"SELECT c.id FROM contacts_contact c WHERE {where} AND c.id > %s AND ({case}) = %s ORDER BY c.id LIMIT %s",
        [*where_params, after, *case_params, why, limit],
    )
    return [int(pk) for (pk,) in found]
