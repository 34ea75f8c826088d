"""GET, POST and DELETE /email/1/suppressions: addresses that a sending domain may not write to."""

from __future__ import annotations

from typing import Any

from campaigns.sandbox.vendors.messaging_service.checks import Checks, read_json
from campaigns.sandbox.vendors.messaging_service.times import format_time, parse_time
from campaigns.sandbox.wire import Answer, Call

MOST_GROUPS, MOST_ADDRESSES, DEFAULT_SIZE, MOST_SIZE = 10, 1000, 100, 1000
READABLE_TYPES, WRITABLE_TYPES = ("BOUNCE", "COMPLAINT", "OVER_QUOTA"), ("BOUNCE", "COMPLAINT")

Group = tuple[str, str, list[str]]
"""Domain, type, addresses."""


class Suppressions:
    """The list, in memory."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._since: dict[tuple[str, str, str], float] = {}  # (domain, type, address) -> when
        self._held: set[tuple[str, str]] = set()

    def holds(self, sender: str, address: str) -> bool:
        """Whether the domain of `sender` may not write to `address`."""
        if not self._held:
            return False
        return (sender.rpartition("@")[2].rstrip("> ").lower(), address.lower()) in self._held

    def show(self, call: Call) -> Answer:
        query, checks = call.query, Checks()
        domain, type_ = query.get("domainName", ""), query.get("type", "")
        if not domain:
            checks.fail("domainName", "must not be empty")
        if type_ not in READABLE_TYPES:
            checks.fail("type", f"must be one of {', '.join(READABLE_TYPES)}")
        page, size = (_number(checks, call, *limits) for limits in
                      (("page", 0, 0, 10**9), ("size", DEFAULT_SIZE, 1, MOST_SIZE)))  # fmt: skip
        since, until = (_moment(checks, call, name) for name in ("createdDateFrom", "createdDateTo"))
        checks.finish(call.path)
        rows = [
            {"domainName": domain, "emailAddress": address, "type": type_, "createdDate": format_time(at)}
            for (owner, kind, address), at in self._since.items()
            if owner == domain.lower() and kind == type_
            and address == query.get("emailAddress", address).lower()
            and address.endswith(query.get("recipientDomain", "").lower())
            and (since is None or at >= since) and (until is None or at <= until)
        ]  # fmt: skip
        paging = {"page": page, "size": size, "totalPages": -(-len(rows) // size), "totalResults": len(rows)}
        return Answer({"results": rows[page * size : (page + 1) * size], "paging": paging})

    def add(self, call: Call) -> Answer:
        for domain, type_, addresses in _read_groups(call):
            for address in addresses:
                self._since.setdefault((domain, type_, address), call.now)
                self._held.add((domain, address))
        return Answer(status=204)

    def remove(self, call: Call) -> Answer:
        for domain, type_, addresses in _read_groups(call):
            for address in addresses:
                self._since.pop((domain, type_, address), None)
        self._held = {(domain, address) for domain, _, address in self._since}
        return Answer(status=204)


def _read_groups(call: Call) -> list[Group]:
    checks = Checks()
    body = read_json(call.body, call.path)
    items = checks.objects(body, "suppressions", "")
    if len(items) > MOST_GROUPS:
        checks.fail("suppressions", f"must not have more than {MOST_GROUPS} groups")
    groups: list[Group] = []
    for position, item in enumerate(items):
        path = f"suppressions[{position}]."
        domain, type_ = checks.text(item, "domainName", path), checks.text(item, "type", path)
        addresses: Any = item.get("emailAddress")
        if not domain:
            checks.fail(f"{path}domainName", "must not be empty")
        if type_ not in WRITABLE_TYPES:
            checks.fail(f"{path}type", f"must be one of {', '.join(WRITABLE_TYPES)}")
        if not isinstance(addresses, list) or not 1 <= len(addresses) <= MOST_ADDRESSES:
            checks.fail(f"{path}emailAddress", f"must hold 1 to {MOST_ADDRESSES} addresses")
            continue
        groups.append((domain.lower(), type_, [str(address).lower() for address in addresses]))
    checks.finish(call.path)
    return groups


def _number(checks: Checks, call: Call, name: str, default: int, least: int, most: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        checks.fail(name, f"must be between {least} and {most}")
        return default
    return int(text)


def _moment(checks: Checks, call: Call, name: str) -> float | None:
    moment = parse_time(call.query[name]) if name in call.query else None
    if name in call.query and moment is None:
        checks.fail(name, "must have the format yyyy-MM-dd'T'HH:mm:ss.SSSZ")
    return moment
