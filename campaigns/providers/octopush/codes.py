"""Octopush's error codes and HTTP statuses, and what they mean for a request (contract §9, §12.1).

Only 121 is certain for this version of the API; the others come from the older one. Texts are in the account's
language, so only the number counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.providers.base import MaybeSent, Misconfigured, NotSent, ProviderError, Refused
from campaigns.providers.http import Answer, HttpClient, Statuses, Verdict, retry_after
from campaigns.states import Reason

# A direct send, or the launch of a list campaign. What is left out falls to the common table.
SEND_STATUSES: Statuses = {
    400: Verdict(Refused, Reason.REJECTED),
    401: Verdict(Misconfigured, Reason.AUTH),
    403: Verdict(Misconfigured, Reason.AUTH),
    404: Verdict(Misconfigured, Reason.REJECTED),
    422: Verdict(Refused, Reason.REJECTED),
    429: Verdict(NotSent, Reason.RATE_LIMITED),
    500: Verdict(MaybeSent, Reason.NO_ANSWER),
    502: Verdict(NotSent, Reason.PROVIDER_DOWN),
    503: Verdict(NotSent, Reason.PROVIDER_DOWN),
    504: Verdict(MaybeSent, Reason.NO_ANSWER),
}

ALREADY_ACCEPTED = frozenset({"120", "133"})  # the request id was used before
NOT_READY = frozenset({"129", "130"})
NOT_FOUND = "131"
ALREADY_SENT = "132"
LIST_EXISTS = "302"
NO_SUCH_LIST = "303"
TOO_MANY = "305"
# One number may be the cause: the request is halved to find it. Nothing of a request that is refused is accepted.
OF_SINGLE_NUMBERS = frozenset({"150", "151", TOO_MANY})

_MINUTE, _QUARTER = 60.0, 900.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """`error` is raised for `reason`; `wait`: seconds until the next try, for NotSent."""

    error: type[ProviderError]
    reason: Reason
    wait: float | None = None


def _all(codes: str, meaning: Meaning) -> dict[str, Meaning]:
    return dict.fromkeys(codes.split(), meaning)


CODES: Mapping[str, Meaning] = {
    **_all("100 107 112 115 116 121 122", Meaning(Refused, Reason.INVALID_CONTENT)),
    **_all("102 119", Meaning(Refused, Reason.TOO_LONG)),
    **_all("106", Meaning(Refused, Reason.SENDER_REFUSED)),
    **_all("101 108 109 113 114 201 207 209 300", Meaning(Misconfigured, Reason.AUTH)),
    **_all("103 110 111 117 150 151", Meaning(Refused, Reason.INVALID_RECIPIENT)),
    **_all("104 105", Meaning(Misconfigured, Reason.NO_CREDIT)),
    **_all("118 123 124 128 131 132 152 301 303 304 306 308", Meaning(Refused, Reason.REJECTED)),
    **_all("202 203 204 205 206 208 210 302", Meaning(Refused, Reason.REJECTED)),
    **_all("305", Meaning(Refused, Reason.INVALID_CONTENT)),
    **_all("120 133", Meaning(MaybeSent, Reason.NO_ANSWER)),
    **_all("125", Meaning(MaybeSent, Reason.UNKNOWN_CODE)),
    **_all("126 127", Meaning(NotSent, Reason.RATE_LIMITED, _MINUTE)),
    **_all("129 130", Meaning(NotSent, Reason.RATE_LIMITED, 30.0)),
    **_all("153", Meaning(NotSent, Reason.PROVIDER_DOWN, _QUARTER)),
    **_all("500 501", Meaning(NotSent, Reason.PROVIDER_DOWN)),
}


def explain(answer: Answer) -> tuple[str, str]:
    """(code, text) of an error body `{code, message}`; anything else as it is."""
    try:
        body = answer.json()
    except ValueError:
        return "", answer.excerpt()
    if isinstance(body, dict) and str(body.get("code", "")).isdigit():
        return str(int(body["code"])), str(body.get("message") or "")[:500]
    return "", answer.excerpt()


def check(http: HttpClient, answer: Answer, *, safe: bool = False) -> None:
    """Raises what an answer other than 2xx means. `safe`: nothing can have left by this call, whatever happened."""
    if answer.ok:
        return
    code, text = explain(answer)
    meaning = CODES.get(code) if answer.status in (400, 422) else None
    if meaning is None:
        http.check(answer, SEND_STATUSES, safe=safe)
        return
    details = (http.redact(text), code, answer.status)
    if meaning.error is NotSent or (safe and meaning.error is MaybeSent and code not in ALREADY_ACCEPTED):
        wait = retry_after(answer.headers)
        raise NotSent(meaning.reason, *details, retry_after=meaning.wait if wait is None else wait)
    raise meaning.error(meaning.reason, *details)
