"""The four forms of messaging-service's `Authorization` header (contract §1.1)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

from campaigns.providers.adapter import is_header_value
from campaigns.providers.base import Misconfigured, NotSent, Problem
from campaigns.providers.base import gettext_noop as _
from campaigns.providers.http import HttpClient, Statuses, Verdict
from campaigns.providers.remote import Token, TokenStore
from campaigns.states import Reason

APP, BASIC, BEARER, IBSSO = "app", "basic", "bearer", "ibsso"
# Field names that each form needs.
NEEDS = {
    APP: ("api_key",),
    BASIC: ("username", "password"),
    BEARER: ("client_id", "client_secret"),
    IBSSO: ("session_token",),
}
_COMPLETE = re.compile(r"(App|Basic|Bearer|IBSSO) \S.*")
# A token is renewed this long before it ends, so that it does not end on the way.
_MARGIN_SECONDS = 60.0
_SHORTEST_LIFE = 5.0
_TOKEN_STATUSES: Statuses = {
    400: Verdict(Misconfigured, Reason.AUTH),
    401: Verdict(Misconfigured, Reason.AUTH),
    403: Verdict(Misconfigured, Reason.AUTH),
    404: Verdict(Misconfigured, Reason.REJECTED),
    429: Verdict(NotSent, Reason.RATE_LIMITED),
}

Credential = Callable[[str], str]


def form_of(credential: Credential) -> str:
    """The chosen form; else the one whose fields are filled (the API key when none is, or more than one)."""
    if chosen := credential("auth_form").lower():
        return chosen
    complete = [form for form, names in NEEDS.items() if all(credential(name) for name in names)]
    return complete[0] if len(complete) == 1 else APP


def check(credential: Credential) -> list[Problem]:
    """What keeps an account from signing in."""
    form = form_of(credential)
    if form not in NEEDS:
        return [Problem(Reason.AUTH, _("Choose how to sign in."), "auth_form")]
    filled = [other for other, names in NEEDS.items() if any(credential(name) for name in names)]
    if not credential("auth_form") and len(filled) > 1:
        return [Problem(Reason.AUTH, _("Fill in the credentials of one way to sign in only."), "auth_form")]
    problems = []
    for name in NEEDS[form]:
        if not credential(name):
            problems.append(Problem(Reason.AUTH, _("This is needed for the chosen way to sign in."), name))
        elif not is_header_value(credential(name)) and form not in (BASIC, BEARER):
            problems.append(Problem(Reason.AUTH, _("This contains characters that no credential has."), name))
    return problems


class Authorization:
    """The header's value. A Bearer token is kept in `tokens`, for all processes, until shortly before it ends."""

    def __init__(self, credential: Credential, tokens: TokenStore) -> None:
        self._credential, self._tokens = credential, tokens
        self._form = form_of(credential)
        self._refused = ""

    def secrets(self) -> tuple[str, ...]:
        """What must never appear in a text."""
        fields = [self._credential(name) for name in ("api_key", "password", "client_secret", "session_token")]
        return (*fields, self._basic().partition(" ")[2])

    @property
    def fingerprint(self) -> str:
        """Tells accounts apart without naming a secret."""
        given = "\0".join(self._credential(name) for name in NEEDS.get(self._form, ()))
        return hashlib.sha256(given.encode()).hexdigest()

    async def header(self, http: HttpClient) -> str:
        if self._form == BEARER:
            return f"Bearer {await self._fetched(http)}"
        if self._form == BASIC:
            return self._basic()
        if self._form == IBSSO:
            return f"IBSSO {self._credential('session_token')}"
        key = self._credential("api_key")
        # People paste, and commands pass, the whole header as often as the bare key.
        return key if _COMPLETE.fullmatch(key) else f"App {key}"

    def forget(self, header: str) -> bool:
        """After a 401: the token that `header` carried is used no more. True when asking for another may help."""
        if self._form != BEARER:
            return False
        self._refused = header.removeprefix("Bearer ")
        return True

    def _basic(self) -> str:
        pair = f"{self._credential('username')}:{self._credential('password')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    async def _fetched(self, http: HttpClient) -> str:
        async def renew() -> Token:
            return await self._fetch(http)

        return await self._tokens.token(renew, margin=_MARGIN_SECONDS, refused=self._refused)

    async def _fetch(self, http: HttpClient) -> Token:
        form = {
            "client_id": self._credential("client_id"),
            "client_secret": self._credential("client_secret"),
            "grant_type": "client_credentials",
        }
        answer = await http.call("POST", "/auth/1/oauth2/token", _TOKEN_STATUSES, form=form, safe=True)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not is_header_value(token):
            raise NotSent(Reason.PROVIDER_DOWN, "The provider's token route gave no token.")
        lives = answer.get("expires_in")
        seconds = float(lives) if isinstance(lives, (int, float)) else _MARGIN_SECONDS
        # One that lives hardly longer than the margin would be fetched for every call.
        return Token(token, max(seconds, _MARGIN_SECONDS + _SHORTEST_LIFE))
