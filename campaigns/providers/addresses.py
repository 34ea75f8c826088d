"""Which network addresses a provider may live at: the guard against server-side request forgery.

A base URL is typed by an operator, so without a guard it could make this server talk to its own network.
The form asks `check_base_url`; what counts is `GuardedSocket`, which looks at the very address that is
about to be connected to, so that a name that resolves differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from campaigns.providers.base import gettext_noop

NOT_AN_ADDRESS = gettext_noop("This is not a web address.")
WRONG_SCHEME = gettext_noop("The address must begin with https:// or http://.")
HAS_CREDENTIALS = gettext_noop("The address must not contain a user name or a password.")
HAS_QUERY = gettext_noop("The address must end before any “?” or “#”.")
NOT_FOUND = gettext_noop("The host of this address was not found.")
PRIVATE = gettext_noop("This address belongs to a private network, which this server is set up not to call.")

# Ways to write an IPv4 address inside an IPv6 one, beyond the mapped form, 6to4 and Teredo that Python knows.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(OSError):
    """A connection to a private address was about to be made."""


def is_public(address: str) -> bool:
    """True when `address` (an IP address as text) can only belong to a host on the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


class GuardedSocket:
    """A socket factory for aiohttp's connector that refuses private addresses at the moment of connecting.
    `refused` is called once for each address that was refused."""

    def __init__(self, refused: Callable[[], None]) -> None:
        self._refused = refused

    def __call__(self, info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _, target = info
        if not is_public(str(target[0])):
            self._refused()
            raise PrivateAddressError(PRIVATE)
        return socket.socket(family, kind, protocol)


def check_base_url(url: str, allow_private: bool) -> str | None:
    """What is wrong with a provider's base URL as typed (an English msgid), or None. Resolves the host name."""
    if not url or any(c.isspace() or not c.isprintable() or c == "\\" for c in url):
        return NOT_AN_ADDRESS
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return NOT_AN_ADDRESS
    if parts.scheme not in ("http", "https"):
        return WRONG_SCHEME
    if "@" in parts.netloc:
        return HAS_CREDENTIALS
    if "?" in url or "#" in url:
        return HAS_QUERY
    if not parts.hostname:
        return NOT_AN_ADDRESS
    return _check_host(parts.hostname, port or (443 if parts.scheme == "https" else 80), allow_private)


def _check_host(host: str, port: int, allow_private: bool) -> str | None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        return NOT_AN_ADDRESS
    except OSError:
        return NOT_FOUND
    if not allow_private and not all(is_public(str(info[4][0])) for info in found):
        return PRIVATE
    return None
