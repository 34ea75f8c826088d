"""The settings: keys, addresses, email, and what is meant for trials only."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from console.management.doctor.findings import Finding, Visit, is_loopback, is_private, note, public_host, wrong

NEW_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
SHORTEST_KEY = 32
PLACEHOLDERS = ("insecure", "changeme", "change-me", "secret-key", "example", "your-")


def examine(visit: Visit) -> Iterator[Finding]:
    yield from _keys(visit)
    yield from _addresses(visit)
    yield from _time_zones()
    yield from _trial_settings(visit)
    yield from _email(visit)


def _keys(visit: Visit) -> Iterator[Finding]:
    if _is_weak(settings.SECRET_KEY):
        yield wrong(
            "secret-key-weak", "SECRET_KEY is short or a placeholder.",
            "Whoever guesses it can sign in as anybody: it signs sessions and links.",
            f"Set SECRET_KEY to the output of: {NEW_KEY}",
        )  # fmt: skip
    if any(_is_weak(key) for key in settings.FIELD_KEYS):
        yield wrong(
            "field-keys-weak", "One of FIELD_KEYS is short or a placeholder.",
            "It encrypts the credentials of the provider accounts in the database.",
            f"Put a new key in front, FIELD_KEYS=<new>,<old>, and save each account once. A new key: {NEW_KEY}",
        )  # fmt: skip
    if settings.SECRET_KEY in settings.FIELD_KEYS:
        yield wrong(
            "keys-same", "SECRET_KEY is also one of FIELD_KEYS.",
            "Changing the one after a leak would lose what the other encrypts.",
            f"Give FIELD_KEYS a key of its own in front. A new key: {NEW_KEY}",
        )  # fmt: skip
    from_files = [name for name in ("SECRET_KEY", "FIELD_KEYS") if not os.environ.get(name)]
    if visit.in_service and from_files:
        yield note(
            "keys-in-files", f"{' and '.join(from_files)} come from files in {settings.DATA_DIR}.",
            "They lie beside the data they protect, and a second host would make others.",
            "Set them in the environment, with what the files secret-key and field-keys hold, and back FIELD_KEYS up.",
        )  # fmt: skip


def _is_weak(key: str) -> bool:
    lowered = key.lower()
    return len(key) < SHORTEST_KEY or len(set(key)) < 10 or any(word in lowered for word in PLACEHOLDERS)


def _addresses(visit: Visit) -> Iterator[Finding]:
    host, https = public_host(), settings.PUBLIC_URL.startswith("https://")
    if not host:
        yield wrong(
            "public-url", f"PUBLIC_URL is no address: {settings.PUBLIC_URL!r}.",
            "Links in emails and the callback addresses of providers are made from it.",
            "Set PUBLIC_URL, such as https://console.example.com",
        )  # fmt: skip
        return
    if visit.in_service and not https:
        yield wrong(
            "public-url-http", f"PUBLIC_URL does not begin with https: {settings.PUBLIC_URL}",
            "Passwords and people's data cross the network in the clear, and most providers call https only.",
            "Put a TLS proxy in front and set PUBLIC_URL=https://… BEHIND_PROXY=true",
        )  # fmt: skip
    if is_private(host):
        yield visit.serious(
            "public-url-private", f"Nobody outside reaches {host}.",
            "Providers cannot deliver receipts and replies, and links in emails and messages lead nowhere.",
            "Set PUBLIC_URL to the address that the outside knows.",
        )  # fmt: skip
    if not validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        yield wrong(
            "allowed-hosts", f"ALLOWED_HOSTS does not hold {host}, the host of PUBLIC_URL.",
            "Every page and every callback at that address is refused with 400.",
            f"Set ALLOWED_HOSTS={host}",
        )  # fmt: skip
    if "*" in settings.ALLOWED_HOSTS:
        yield visit.serious(
            "allowed-hosts-any", "ALLOWED_HOSTS allows every host.",
            "A forged Host header ends up in links that the console makes.",
            f"Set ALLOWED_HOSTS={host}",
        )  # fmt: skip
    if https and not settings.SECURE_PROXY_SSL_HEADER and not _trusts_origin():
        yield wrong(
            "behind-proxy", "The console does not know that a proxy speaks https for it.",
            "Every form is refused, because its origin looks foreign.",
            f"Set BEHIND_PROXY=true, or CSRF_TRUSTED_ORIGINS={settings.PUBLIC_URL}",
        )  # fmt: skip


def _trusts_origin() -> bool:
    parts = urlsplit(settings.PUBLIC_URL)
    return f"{parts.scheme}://{parts.netloc}" in settings.CSRF_TRUSTED_ORIGINS


def _time_zones() -> Iterator[Finding]:
    if "Europe/Madrid" not in zoneinfo.available_timezones():
        yield wrong(
            "time-zone-data", "Python finds no time zone data.",
            "Campaigns cannot be scheduled, and quiet hours cannot be kept, in any zone but UTC.",
            "Install the package tzdata of your system, or remove PYTHONTZPATH from the environment.",
        )  # fmt: skip


def _trial_settings(visit: Visit) -> Iterator[Finding]:
    if settings.DEBUG:
        yield visit.serious(
            "debug", "DEBUG is on.",
            "A page that fails shows settings, queries and people's data to whoever opened it.",
            "Remove DEBUG from the environment.",
        )  # fmt: skip
    if not visit.in_service:
        return
    if settings.LOOK_UP_TIME_SCALE != 1:
        yield wrong(
            "look-up-time-scale", f"LOOK_UP_TIME_SCALE is {settings.LOOK_UP_TIME_SCALE:g}.",
            "Providers are asked about unknown messages before they can know, and people may get a message twice.",
            "Remove LOOK_UP_TIME_SCALE from the environment.",
        )  # fmt: skip
    if settings.ALLOW_PRIVATE_PROVIDER_URLS:
        yield note(
            "private-provider-urls", "ALLOW_PRIVATE_PROVIDER_URLS is on.",
            "Whoever may edit a provider account can make this server call machines inside your network.",
            "Remove it from the environment, unless a provider really is inside.",
        )  # fmt: skip
    if settings.SANDBOX_URL and not is_loopback(urlsplit(settings.SANDBOX_URL).hostname or ""):
        yield note(
            "sandbox-url", f"SANDBOX_URL points at {settings.SANDBOX_URL}.",
            "The sandbox answers like a provider and delivers nothing.", "Remove SANDBOX_URL from the environment.",
        )  # fmt: skip
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < 16:
        yield wrong(
            "metrics-token-weak", "METRICS_TOKEN is shorter than 16 characters.",
            "It can be guessed, and tells how much is sent through whom.",
            f"Set METRICS_TOKEN to the output of: {NEW_KEY}",
        )  # fmt: skip


def _email(visit: Visit) -> Iterator[Finding]:
    if not settings.EMAIL_URL:
        yield visit.serious(
            "email-url", "EMAIL_URL is not set.",
            f"Notices by email, such as “a dispatch paused itself”, become files in {settings.EMAIL_FILE_PATH}.",
            "Set EMAIL_URL=smtp+tls://user:password@mail.example.com:587 and EMAIL_FROM.",
        )  # fmt: skip
    elif "localhost" in settings.DEFAULT_FROM_EMAIL:
        yield wrong(
            "email-from", f"EMAIL_FROM is not set, so notices come from {settings.DEFAULT_FROM_EMAIL}.",
            "Mail servers refuse or hide what comes from there.",
            "Set EMAIL_FROM, such as 'Despacho <console@example.com>'",
        )  # fmt: skip
