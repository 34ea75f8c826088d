"""What the doctor says: a finding is one thing that is wrong, why it matters, and what mends it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings


class Level(StrEnum):
    """`wrong` makes the command fail. `note` is worth knowing, and right for some installations."""

    WRONG = "wrong"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` never changes, so that a script can look for it; `mend` is a command or a setting."""

    code: str
    level: Level
    what: str
    why: str
    mend: str


def wrong(code: str, what: str, why: str, mend: str) -> Finding:
    return Finding(code, Level.WRONG, what, why, mend)


def note(code: str, what: str, why: str, mend: str) -> Finding:
    return Finding(code, Level.NOTE, what, why, mend)


@dataclass(frozen=True, slots=True)
class Visit:
    """The circumstances of one examination. `in_service`: other people or real providers reach this console, so that
    what is good enough for a trial on one machine is wrong. `connect`: calls to providers and mail server are
    allowed."""

    now: datetime
    in_service: bool
    connect: bool = False

    def serious(self, code: str, what: str, why: str, mend: str) -> Finding:
        """Wrong in service, a note on a trial."""
        return (wrong if self.in_service else note)(code, what, why, mend)


def looks_in_service() -> bool:
    """A console that other machines reach, or that several hosts share a database for, is no trial."""
    return settings.DATABASES["default"]["ENGINE"].endswith("postgresql") or not is_loopback(public_host())


def public_host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or ""


def is_loopback(host: str) -> bool:
    """This very machine, by name or by address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def is_private(host: str) -> bool:
    """An address or a name that nobody outside can reach. Names are not looked up."""
    address = _address(host)
    if address is not None:
        return not address.is_global
    inside = (".local", ".internal", ".lan", ".home.arpa", ".test", ".localhost")
    return is_loopback(host) or "." not in host or host.endswith(inside)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
