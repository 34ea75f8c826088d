"""OAuth 2.0 client credentials: tokens that really expire, and a note of every one asked for too early."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from campaigns.sandbox.ids import uuid
from campaigns.sandbox.vendors.salesforce.errors import (
    AUTHENTICATION,
    DOCUMENTATION,
    NOT_AUTHENTICATED,
    Refusal,
    read_object,
)
from campaigns.sandbox.vendors.salesforce.settings import SalesforceSettings
from campaigns.sandbox.wire import Answer, Call, ErrorAnswer
from campaigns.sandbox.world import World

SOFT_LIMIT_S = 20 * 60  # seconds in which a machine should need no second token (§8)
SLUG = "salesforce-marketing-cloud"


@dataclass(frozen=True, slots=True)
class Token:
    client: str
    expires_at: float
    scopes: frozenset[str]


class OAuthError(ErrorAnswer):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        body = {"error": error, "error_description": description, "error_uri": DOCUMENTATION}
        super().__init__(Answer(body, status))


class Tokens:
    """Issues tokens and recognises who comes with one."""

    def __init__(self, world: World, settings: SalesforceSettings) -> None:
        self._world, self._settings = world, settings
        self.clear()

    def clear(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._issued: dict[str, float] = {}

    def issue(self, call: Call) -> Answer:
        """POST /v2/token."""
        asked = read_object(call.body)
        if asked.get("grant_type") != "client_credentials":
            raise OAuthError("unsupported_grant_type", "The grant type must be client_credentials.")
        if type(asked.get("account_id", 0)) is not int:
            raise OAuthError("invalid_request", "account_id must be a number.")
        name = str(asked.get("client_id", ""))
        client = self._settings.clients.get(name)
        secret = str(asked.get("client_secret", ""))
        if client is None or not hmac.compare_digest(secret.encode(), str(client["secret"]).encode()):
            raise OAuthError("invalid_client", "Client ID not recognised.", 401)
        scopes = self._scopes(str(client["scope"]).split(), asked.get("scope"))
        self._note_haste(name, call)
        value = f"eyJ-{uuid()}"
        self._tokens[value] = Token(name, call.now + self._settings.token_seconds, frozenset(scopes))
        here = f"{call.request.scheme}://{call.request.host}/"
        return Answer(
            {
                "access_token": value,
                "token_type": "Bearer",
                "expires_in": self._settings.token_seconds,
                "scope": " ".join(scopes),
                "rest_instance_url": here,
                "soap_instance_url": here,
            }
        )

    def require(self, call: Call, scope: str) -> str:
        """The client of a request. Raises 401 without a living token, 403 without the scope."""
        kind, _, value = call.headers.get("Authorization", "").partition(" ")
        token = self._tokens.get(value) if kind == "Bearer" else None
        if token is None or token.expires_at <= call.now:
            raise Refusal(NOT_AUTHENTICATED, "the token is missing, unknown or expired", 401)
        if scope not in token.scopes:
            raise Refusal(AUTHENTICATION, f"the token lacks {scope}", 403)
        return token.client

    def _scopes(self, granted: list[str], asked: object) -> list[str]:
        """All scopes of the package, or those asked for: an empty string asks for none."""
        if asked is None:
            return granted
        wanted = str(asked).split()
        if not set(wanted) <= set(granted):
            raise OAuthError("invalid_scope", "The package does not have these scopes.")
        return wanted

    def _note_haste(self, name: str, call: Call) -> None:
        before = self._issued.get(name)
        if before is not None and call.now - before < SOFT_LIMIT_S:
            detail = f"another token for {name} after {call.now - before:.0f} s"
            self._world.violations.add(SLUG, "token_again", detail, call.arrival.number)
        self._issued[name] = call.now
