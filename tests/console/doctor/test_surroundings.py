"""What the doctor says about settings."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

import pytest

from console.management.doctor import findings, surroundings
from console.management.doctor.findings import Visit

Codes = Callable[..., list[str]]


def test_good_settings_are_left_in_peace(good: Any, visit: Visit, codes: Codes) -> None:
    assert codes(surroundings.examine(visit)) == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("SECRET_KEY", "short", "secret-key-weak"),
        ("SECRET_KEY", "a" * 60, "secret-key-weak"),
        ("SECRET_KEY", "django-insecure-0123456789-abcdefghijklmnopqrst", "secret-key-weak"),
        ("FIELD_KEYS", ["changeme"], "field-keys-weak"),
        ("PUBLIC_URL", "console", "public-url"),
        ("ALLOWED_HOSTS", ["other.tienda.com"], "allowed-hosts"),
        ("ALLOWED_HOSTS", ["*"], "allowed-hosts-any"),
        ("SECURE_PROXY_SSL_HEADER", None, "behind-proxy"),
        ("DEBUG", True, "debug"),
        ("LOOK_UP_TIME_SCALE", 0.1, "look-up-time-scale"),
        ("ALLOW_PRIVATE_PROVIDER_URLS", True, "note:private-provider-urls"),
        ("SANDBOX_URL", "http://sandbox.tienda.com", "note:sandbox-url"),
        ("METRICS_TOKEN", "guess-me", "metrics-token-weak"),
        ("EMAIL_URL", "", "email-url"),
        ("DEFAULT_FROM_EMAIL", "Despacho <despacho@localhost>", "email-from"),
    ],
)
def test_one_setting_that_is_wrong_is_one_finding(
    good: Any, visit: Visit, codes: Codes, name: str, value: Any, code: str
) -> None:
    setattr(good, name, value)
    assert codes(surroundings.examine(visit)) == [code]


def test_one_key_for_two_purposes_is_told(good: Any, visit: Visit, codes: Codes) -> None:
    good.FIELD_KEYS = [good.SECRET_KEY]
    assert codes(surroundings.examine(visit)) == ["keys-same"]


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS"])
def test_keys_that_a_first_run_made_are_told(
    good: Any, visit: Visit, codes: Codes, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    assert codes(surroundings.examine(visit)) == ["note:keys-in-files"]


def test_an_address_without_tls_is_told(good: Any, visit: Visit, codes: Codes) -> None:
    good.PUBLIC_URL = "http://console.tienda.com"
    assert codes(surroundings.examine(visit)) == ["public-url-http"]


@pytest.mark.parametrize("host", ["localhost", "192.168.1.7", "10.0.0.1", "[fd00::1]", "console", "console.lan"])
def test_an_address_that_nobody_outside_reaches_is_told(good: Any, visit: Visit, codes: Codes, host: str) -> None:
    good.PUBLIC_URL, good.ALLOWED_HOSTS = f"https://{host}", [host]
    assert codes(surroundings.examine(visit)) == ["public-url-private"]


def test_the_origin_may_be_trusted_by_name_instead(good: Any, visit: Visit, codes: Codes) -> None:
    good.SECURE_PROXY_SSL_HEADER, good.CSRF_TRUSTED_ORIGINS = None, [good.PUBLIC_URL]
    assert codes(surroundings.examine(visit)) == []


def test_missing_time_zone_data_is_told(good: Any, visit: Visit, codes: Codes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoneinfo, "available_timezones", lambda: {"UTC"})
    assert codes(surroundings.examine(visit)) == ["time-zone-data"]


def test_what_is_wrong_in_service_is_a_note_on_a_trial(good: Any, trial: Visit, codes: Codes) -> None:
    good.PUBLIC_URL, good.ALLOWED_HOSTS, good.EMAIL_URL, good.DEBUG = "http://127.0.0.1:8000", ["127.0.0.1"], "", True
    assert codes(surroundings.examine(trial)) == ["note:public-url-private", "note:debug", "note:email-url"]


@pytest.mark.parametrize(
    ("url", "engine", "in_service"),
    [
        ("http://127.0.0.1:8000", "sqlite3", False),
        ("http://localhost:8000", "sqlite3", False),
        ("https://console.tienda.com", "sqlite3", True),
        ("http://127.0.0.1:8000", "postgresql", True),
    ],
)
def test_a_console_that_others_reach_is_in_service(
    settings: Any, monkeypatch: pytest.MonkeyPatch, url: str, engine: str, in_service: bool
) -> None:
    settings.PUBLIC_URL = url
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", f"django.db.backends.{engine}")
    assert findings.looks_in_service() is in_service


def test_no_finding_tells_a_secret(good: Any, visit: Visit) -> None:
    good.SECRET_KEY, good.FIELD_KEYS, good.METRICS_TOKEN = "short-one", ["short-two"], "short-three"
    said = " ".join(f"{f.what} {f.why} {f.mend}" for f in surroundings.examine(visit))
    assert [secret for secret in ("short-one", "short-two", "short-three") if secret in said] == []
