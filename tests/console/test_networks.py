"""Who is calling: networks, proxies, and the ways in which addresses are written."""

from __future__ import annotations

import pytest

from console import networks


@pytest.mark.parametrize(
    ("given", "address", "allowed"),
    [
        ("", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.0/24, 2001:db8::/32", "203.0.113.200", True),
        ("203.0.113.0/24\n2001:db8::/32", "2001:db8:1::5", True),
        ("203.0.113.0/24", "198.51.100.1", False),
        ("2001:db8::/32", "203.0.113.9", False),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
        ("203.0.113.9", "", False),
        ("203.0.113.9", "unix:", False),
    ],
)
def test_an_address_lies_in_the_networks_or_not(given: str, address: str, allowed: bool) -> None:
    assert networks.allows(given, address) is allowed


def test_what_is_no_network_is_named() -> None:
    with pytest.raises(ValueError, match="^partner$"):
        networks.parse("203.0.113.0/24 partner")


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.9", "", [], "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", [], "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.7", ["10.0.0.0/8"], "198.51.100.1"),
        ("", "6.6.6.6, 198.51.100.1", ["peer"], "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:4711", ["peer"], "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::5]:4711", ["peer"], "2001:db8::5"),
        ("10.0.0.1", "", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2", ["10.0.0.0/8"], "10.0.0.2"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: str, trusted: list[str], expected: str) -> None:
    assert networks.caller({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}, trusted) == expected
