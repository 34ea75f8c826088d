"""The Authorization header in its forms, the scopes of API keys, and OAuth tokens that expire on the virtual clock."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qs

from campaigns.sandbox.ids import uuid
from campaigns.sandbox.log import ViolationLog
from campaigns.sandbox.vendors.messaging_service.errors import Failure
from campaigns.sandbox.vendors.messaging_service.records import Entry
from campaigns.sandbox.vendors.messaging_service.settings import ALL_SCOPES, ServiceSettings
from campaigns.sandbox.wire import Answer, Call


class Authentication:
    """Recognises the account behind a call."""

    def __init__(self, settings: ServiceSettings, violations: ViolationLog) -> None:
        self._settings, self._violations = settings, violations
        self._tokens: dict[str, float] = {}

    def clear(self) -> None:
        self._tokens = {}

    def recognise(self, call: Call, scopes: tuple[str, ...]) -> str:
        """The name of the account, if it has any one of `scopes`. Raises 401 or 403."""
        headers = call.all_headers("Authorization")
        if len(headers) > 1:
            self._violations.add(
                Entry.vendor, "two_authorizations", "more than one Authorization header", call.arrival.number
            )
            raise Failure(401, call.path)
        form, _, credential = headers[0].partition(" ") if headers else ("", "", "")
        if form == "App" and credential in self._settings.api_keys:
            if not set(scopes) & set(self._settings.api_keys[credential]):
                raise Failure(403, call.path)
            return f"key {credential}"
        if form == "Basic" and (user := _basic_user(credential)) and self._settings.basic_users.get(user[0]) == user[1]:
            return f"user {user[0]}"
        if form == "Bearer" and self._tokens.get(credential, 0.0) > call.now:
            return "oauth"
        raise Failure(401, call.path)

    def issue_token(self, call: Call) -> Answer:
        """POST /auth/1/oauth2/token: client credentials, form-encoded (RFC 6749 section 4.4)."""
        form = {name: values[0] for name, values in parse_qs(call.body.decode(errors="replace")).items()}
        if form.get("grant_type") != "client_credentials":
            raise Failure(400, call.path, "grant_type must be client_credentials.")
        client, secret = form.get("client_id"), form.get("client_secret")
        header = call.headers.get("Authorization", "")
        if client is None and header.startswith("Basic ") and (user := _basic_user(header[6:])):
            client, secret = user
        if client is None or self._settings.oauth_clients.get(client) != secret:
            raise Failure(401, call.path)
        token, lifetime = uuid(), self._settings.token_lifetime_s
        self._tokens[token] = call.now + lifetime
        return Answer({"access_token": token, "token_type": "Bearer", "expires_in": int(lifetime)})


def _basic_user(credential: str) -> tuple[str, str] | None:
    try:
        name, separator, password = base64.b64decode(credential, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if separator else None


SEND_EMAIL = ("message:send", "email:message:send", "email:manage")
READ_EMAIL_LOGS = ("email:logs:read", "email:manage")
READ_EMAIL_BULKS = ("email:message:send", "email:manage")
MANAGE_EMAIL = ("email:manage",)
SEND_SMS = ("message:send", "sms:message:send", "sms:manage")
READ_SMS_LOGS = ("sms:logs:read", "sms:manage")
READ_SMS_BULKS = ("sms:message:send", "sms:manage")
MANAGE_SMS = ("sms:manage",)
READ_INBOX = ("inbound-message:read", "sms:inbound-message:read", "sms:manage")

assert {*SEND_EMAIL, *READ_EMAIL_LOGS, *SEND_SMS, *READ_SMS_LOGS, *READ_INBOX} <= set(ALL_SCOPES)
