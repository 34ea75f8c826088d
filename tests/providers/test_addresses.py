"""The guard of provider base URLs."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from campaigns.providers import addresses
from campaigns.providers.addresses import check_base_url, is_public


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Any:
    """resolve(*ips): every name resolves to these from now on."""

    def to(*ips: str) -> None:
        found = [(socket.AF_INET6 if ":" in ip else socket.AF_INET, 1, 6, "", (ip, 443)) for ip in ips]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)

    return to


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1"),
    ],
)
def test_addresses_of_private_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "151.101.1.69", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", addresses.NOT_AN_ADDRESS),
        ("not a url", addresses.NOT_AN_ADDRESS),
        ("https://", addresses.NOT_AN_ADDRESS),
        ("https://host:99999", addresses.NOT_AN_ADDRESS),
        ("https://[::1", addresses.NOT_AN_ADDRESS),
        ("https://a\\b", addresses.NOT_AN_ADDRESS),
        ("https://a.example\r\nX: y", addresses.NOT_AN_ADDRESS),
        ("ftp://files.example", addresses.WRONG_SCHEME),
        ("javascript:alert(1)", addresses.WRONG_SCHEME),
        ("api.example", addresses.WRONG_SCHEME),
        ("https://user:pass@api.example", addresses.HAS_CREDENTIALS),
        ("https://api.example@evil.example", addresses.HAS_CREDENTIALS),
        ("https://api.example/?a=1", addresses.HAS_QUERY),
        ("https://api.example/#top", addresses.HAS_QUERY),
    ],
)
def test_what_is_no_base_url_is_told(resolve: Any, url: str, problem: str) -> None:
    resolve("8.8.8.8")
    assert check_base_url(url, allow_private=True) == problem


def test_a_public_address_is_fine(resolve: Any) -> None:
    resolve("8.8.8.8", "2606:4700::1111")
    assert check_base_url("https://api.example/prefix", allow_private=False) is None


def test_one_private_address_among_public_ones_is_refused(resolve: Any) -> None:
    resolve("8.8.8.8", "10.0.0.1")
    assert check_base_url("https://api.example", allow_private=False) == addresses.PRIVATE


@pytest.mark.parametrize("url", ["http://127.0.0.1:8800", "http://2130706433", "http://0x7f.1", "http://[::1]:80"])
def test_a_private_address_is_refused_however_it_is_written(url: str) -> None:
    assert check_base_url(url, allow_private=False) == addresses.PRIVATE


def test_a_private_address_is_fine_where_the_server_is_set_up_so() -> None:
    assert check_base_url("http://127.0.0.1:8800", allow_private=True) is None


def test_a_host_that_does_not_resolve_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert check_base_url("https://nowhere.example", allow_private=False) == addresses.NOT_FOUND
