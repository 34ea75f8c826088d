"""Addresses of callers: who is really calling behind proxies, and whether an address lies in given networks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_BETWEEN = re.compile(r"[\s,;]+")
_WITH_PORT = re.compile(r"\[([^]]+)](?::\d+)?|([0-9.]+):\d+")
# Stands for "the peer itself, whatever its address": a proxy on this machine or on a socket without an address.
ANY_PEER = "peer"


@lru_cache(maxsize=256)
def parse(text: str) -> tuple[Network, ...]:
    """The IPv4 and IPv6 addresses and networks in `text`, separated by spaces, commas or lines.
    ValueError names the first word that is neither."""
    found = []
    for word in filter(None, _BETWEEN.split(text)):
        try:
            found.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            raise ValueError(word) from None
    return tuple(found)


def allows(networks: str, address: str) -> bool:
    """True when `address` lies in one of `networks`, or none are given."""
    if not networks.strip():
        return True
    found = _address(address)
    return found is not None and any(found in network for network in parse(networks))


def caller(meta: Mapping[str, Any], trusted_proxies: Sequence[str]) -> str:
    """The address of whoever called, from the keys of a WSGI environment.

    Only proxies that are trusted are believed: `X-Forwarded-For` is read from its end, past each trusted address, and
    the first other one is the caller. `ANY_PEER` among `trusted_proxies` believes whoever is connected to us.
    """
    hops = [hop.strip() for hop in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
    address = _plain(str(meta.get("REMOTE_ADDR", "")))
    networks = " ".join(proxy for proxy in trusted_proxies if proxy != ANY_PEER)
    trusted = ANY_PEER in trusted_proxies or _is_among(address, networks)
    while trusted and hops:
        address = _plain(hops.pop())
        trusted = _is_among(address, networks)
    return address


def _is_among(address: str, networks: str) -> bool:
    return bool(networks) and allows(networks, address)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IPv4 address that comes dressed as IPv6 counts as what it is."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _plain(hop: str) -> str:
    """A hop without its port and brackets."""
    found = _WITH_PORT.fullmatch(hop)
    return (found[1] or found[2]) if found else hop
