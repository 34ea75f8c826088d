"""What CRM Messaging's HTTP statuses mean, of a send and of a question (contract, error mapping)."""

from __future__ import annotations

from campaigns.providers.base import MaybeSent, Misconfigured, NotSent, Refused
from campaigns.providers.http import Statuses, Verdict
from campaigns.states import Reason

# Left out: other 4xx are refused, a redirect means a wrong address; 404 depends on the body (`answers.not_found`).
SEND_STATUSES: Statuses = {
    400: Verdict(Refused, Reason.INVALID_CONTENT),
    401: Verdict(Misconfigured, Reason.AUTH),
    403: Verdict(Misconfigured, Reason.AUTH),
    404: Verdict(Refused, Reason.INVALID_CONTENT),
    429: Verdict(NotSent, Reason.RATE_LIMITED),
    # The vendor does not say whether a dispatch was made, and nothing can find it: never again by itself.
    500: Verdict(MaybeSent, Reason.NO_ANSWER),
    502: Verdict(MaybeSent, Reason.NO_ANSWER),
    503: Verdict(MaybeSent, Reason.NO_ANSWER),
    504: Verdict(MaybeSent, Reason.NO_ANSWER),
}
ASK_STATUSES: Statuses = {
    401: Verdict(Misconfigured, Reason.AUTH),
    403: Verdict(Misconfigured, Reason.AUTH),
    429: Verdict(NotSent, Reason.RATE_LIMITED),
}
RETRY_AFTER = 60.0  # seconds, for a 429 that names none
