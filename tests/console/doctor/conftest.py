"""A console in service whose settings are right, so that each test spoils one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from console.management.doctor import database
from console.management.doctor.findings import Finding, Level, Visit

# What pg_settings says of a server that is set up well. Those of test runs are made to be quick, not safe.
SAFE_SERVER = {
    "server_version_num": "160004", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
    "default_transaction_isolation": "read committed", "transaction_read_only": "off", "server_encoding": "UTF8",
    "jit": "off", "max_connections": "100",
}  # fmt: skip


@pytest.fixture
def visit(now: datetime) -> Visit:
    return Visit(now, in_service=True)


@pytest.fixture
def trial(now: datetime) -> Visit:
    return Visit(now, in_service=False)


@pytest.fixture
def good(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The settings of a console that nothing is wrong with."""
    settings.SECRET_KEY = "Xq7-one-that-nobody-would-guess-0123456789-abcdef"
    settings.FIELD_KEYS = ["Zk2-another-that-nobody-would-guess-9876543210-fedcba"]
    monkeypatch.setenv("SECRET_KEY", settings.SECRET_KEY)
    monkeypatch.setenv("FIELD_KEYS", settings.FIELD_KEYS[0])
    settings.DEBUG = False
    settings.PUBLIC_URL = "https://console.tienda.com"
    settings.ALLOWED_HOSTS = ["console.tienda.com"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.EMAIL_URL = "smtp+tls://mail.tienda.com"
    settings.DEFAULT_FROM_EMAIL = "Despacho <console@tienda.com>"
    settings.METRICS_TOKEN = settings.SANDBOX_URL = ""
    settings.ALLOW_PRIVATE_PROVIDER_URLS = False
    settings.LOOK_UP_TIME_SCALE = 1.0
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir(mode=0o700)
    monkeypatch.setattr(database, "_server_settings", lambda: SAFE_SERVER)
    return settings


@pytest.fixture
def codes() -> Callable[[Iterable[Finding]], list[str]]:
    """codes(findings): what is wrong, by code; notes have a mark in front."""

    def read(found: Iterable[Finding]) -> list[str]:
        return [("" if finding.level is Level.WRONG else "note:") + finding.code for finding in found]

    return read
