"""Hosts, access token and the meaning of refusals: what every call to Marketing Cloud goes through (contract §1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.providers.base import Misconfigured, NotSent, ProviderError
from campaigns.providers.http import Answer, HttpClient, Statuses, Verdict, retry_after
from campaigns.providers.remote import Token, TokenStore
from campaigns.providers.salesforce_marketing_cloud import codes
from campaigns.providers.salesforce_marketing_cloud.events import error_code
from campaigns.states import Reason

TOKEN_PATH = "/v2/token"  # noqa: S105 - an address
FIRST_WAIT, LONGEST_WAIT = 60.0, 900.0  # seconds after a 429 that gives no hint, doubled from try to try
_DOMAIN = "marketingcloudapis.com"

# The token route speaks OAuth: 400 and 401 are refused credentials. Asking again does no harm.
_TOKEN_STATUSES: Statuses = {
    400: Verdict(Misconfigured, Reason.AUTH),
    401: Verdict(Misconfigured, Reason.AUTH),
    403: Verdict(Misconfigured, Reason.AUTH),
    429: Verdict(NotSent, Reason.RATE_LIMITED),
}


def auth_host(subdomain: str) -> str:
    return f"https://{subdomain}.auth.{_DOMAIN}"


def rest_host(subdomain: str) -> str:
    return f"https://{subdomain}.rest.{_DOMAIN}"


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package's way to a token. `account_id`: the business unit, "" = its own."""

    client_id: str
    client_secret: str
    account_id: str = ""

    def request(self) -> dict[str, Any]:
        """Body of the token request. Without `scope`: an empty one would ask for none."""
        body: dict[str, Any] = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        if self.account_id:
            body["account_id"] = int(self.account_id)
        return body


class Session:
    """Calls with a token. `auth`: makes a client of the authentication host, which is called rarely."""

    def __init__(self, http: HttpClient, auth: Callable[[], HttpClient], package: Package, tokens: TokenStore) -> None:
        self._http, self._auth, self._package, self._tokens = http, auth, package, tokens

    async def exchange(self, method: str, path: str, *, safe: bool = False, **parts: Any) -> Answer:
        """One request, whatever its status. A 401 means that nothing was processed, so that the request is made once
        more with a new token."""
        token = await self._tokens.token(self._renew)
        answer = await self._with(token, method, path, safe, parts)
        if answer.status != 401:
            return answer
        token = await self._tokens.token(self._renew, refused=token)
        return await self._with(token, method, path, safe, parts)

    async def ask(self, method: str, path: str, **parts: Any) -> Any:
        """A request that changes nothing, or may be repeated; its JSON. Raises what a refusal means."""
        answer = await self.exchange(method, path, safe=True, **parts)
        self.check(answer, safe=True)
        return self._http.parsed(answer, safe=True)

    def check(self, answer: Answer, *, safe: bool = False, tries: int = 1) -> None:
        """Raises what a status other than 2xx means. tries: how often the same was tried, this time included."""
        if answer.ok:
            return
        code, text = explain(answer)
        found = codes.verdict(answer.status, int(code) if code.isdigit() else None)
        if answer.status == 429:
            raise _too_fast(answer, code, self._http.redact(text), tries)
        self._http.check(answer, {answer.status: found} if found else {}, safe=safe)

    def parsed(self, answer: Answer, *, safe: bool = False) -> Any:
        return self._http.parsed(answer, safe=safe)

    def unreadable(self, answer: Answer, *, safe: bool = False) -> ProviderError:
        return self._http.unreadable(answer, safe=safe)

    async def _with(self, token: str, method: str, path: str, safe: bool, parts: Mapping[str, Any]) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        return await self._http.exchange(method, path, headers=headers, safe=safe, **parts)

    async def _renew(self) -> Token:
        """A new token. Trusts `expires_in`, whatever the text says about twenty minutes."""
        async with self._auth() as http:
            answer = await http.exchange("POST", TOKEN_PATH, body=self._package.request(), safe=True)
            if answer.status == 429:
                raise _too_fast(answer, *explain(answer), tries=1)
            http.check(answer, _TOKEN_STATUSES, safe=True)
            found = http.parsed(answer, safe=True)
        try:
            return Token(str(found["access_token"]), float(found["expires_in"]))
        except (KeyError, TypeError, ValueError) as error:
            # Never with the body: it may hold the token.
            raise NotSent(Reason.PROVIDER_DOWN, "The token answer cannot be read.") from error


def explain(answer: Answer) -> tuple[str, str]:
    """`{message, errorcode}` of the API and `{error, error_description}` of the token route; else as it is."""
    try:
        body = answer.json()
    except ValueError:
        return "", answer.excerpt()
    if not isinstance(body, Mapping):
        return "", answer.excerpt()
    if "error" in body:
        return str(body["error"]), str(body.get("error_description") or body["error"])[:500]
    code = error_code(body)
    text = str(body.get("message") or answer.excerpt())[:500]
    return str(code) if code else "", text


def _too_fast(answer: Answer, code: str, text: str, tries: int) -> NotSent:
    """429 with 50100 says when to come back, in a header or in its body; one without a hint means minutes."""
    wait = retry_after(answer.headers)
    if wait is None and code != str(codes.BLOCKED):
        wait = _in_body(answer)
    if wait is None:
        wait = min(FIRST_WAIT * 2 ** (max(tries, 1) - 1), LONGEST_WAIT)
    return NotSent(Reason.RATE_LIMITED, text, code, 429, wait)


def _in_body(answer: Answer) -> float | None:
    try:
        return max(0.0, float(answer.json()["retryAfter"]))
    except (ValueError, KeyError, TypeError):
        return None
