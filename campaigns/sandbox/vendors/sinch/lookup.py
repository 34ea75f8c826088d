"""Number validation: which carrier a number belongs to after portability."""

from __future__ import annotations

import re
from typing import Any

from campaigns.sandbox.ids import uuid
from campaigns.sandbox.vendors.sinch.errors import BadRequest
from campaigns.sandbox.vendors.sinch.outcomes import carrier_of, country_of
from campaigns.sandbox.vendors.sinch.reading import read_object
from campaigns.sandbox.wire import Answer, Call

LEAST_DIGITS = 10


def look_up(call: Call) -> Answer:
    """POST /v1/carrier/lookup: `destinations` in any style, answered as digits."""
    numbers = read_object(call.body).get("destinations")
    if not isinstance(numbers, list) or not all(isinstance(number, str) for number in numbers):
        raise BadRequest("destinations must be a list of strings.")
    return Answer({"id": uuid(), "destinations": [_describe(re.sub(r"\D", "", number)) for number in numbers]})


def _describe(digits: str) -> dict[str, Any]:
    if len(digits) < LEAST_DIGITS:
        return {"destination": digits, "active": False, "carrier": {"name": "UNKNOWN"}}
    carrier = {"name": carrier_of(digits)[1]}
    if country := country_of(digits):
        carrier["countryCode"] = country[1]
    return {"destination": digits, "active": True, "carrier": carrier}
