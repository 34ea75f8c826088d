"""What becomes of a message, decided by its number: the sent and delivered codes and the carriers."""

from __future__ import annotations

import re

SENT_NAMES = {
    2: "SENT_SUCCESS",
    101: "EXPIRED",
    102: "CARRIER_COMMUNICATION_ERROR",
    103: "REJECTED_BY_CARRIER",
    201: "NO_CREDIT",
    202: "INVALID_DESTINATION_NUMBER",
    203: "BLACKLISTED",
    204: "DESTINATION_BLOCKED_BY_OPTOUT",
    205: "DESTINATION_MESSAGE_LIMIT_REACHED",
    207: "INVALID_MESSAGE_TEXT",
    301: "INTERNAL_ERROR",
}
DELIVERED_NAMES = {4: "DELIVERED_SUCCESS", 104: "NOT_DELIVERED"}

SENT, EXPIRED, NO_CREDIT, BAD_NUMBER = 2, 101, 201, 202
DELIVERED, NOT_DELIVERED = 4, 104

# Endings of a number that mean more than a code.
NO_DLR = "300"  # carrier without delivery reports
LOST = "299"  # sent, but nothing is pushed
TWICE = "298"  # every push comes twice
OUT_OF_ORDER = "297"  # the callback comes after the DLR
REPLIES = "296"  # the person answers SAIR

_CODE_BY_ENDING = {str(code): code for code in SENT_NAMES if code > 100}
_well_formed = re.compile(r"[0-9]{10,}").fullmatch

CARRIERS = {
    "0": (4, "NEXTEL"),
    "1": (2, "CLARO"),
    "2": (1, "VIVO"),
    "3": (5, "TIM"),
    "4": (6, "MOVISTAR"),
    "5": (7, "TIGO"),
    "6": (8, "ENTEL"),
    "7": (9, "TELCEL"),
    "8": (10, "PERSONAL"),
    "9": (1, "VIVO"),
}
OI = (3, "OI")
COUNTRY_CODES = {
    "55": "BR", "52": "MX", "57": "CO", "54": "AR", "56": "CL", "51": "PE", "58": "VE", "591": "BO", "593": "EC",
    "595": "PY", "598": "UY", "502": "GT", "503": "SV", "504": "HN", "505": "NI", "506": "CR", "507": "PA",
    "34": "ES", "351": "PT", "1": "US",
}  # fmt: skip


def sent_code(destination: str) -> int:
    """The code of the callback. Numbers are validated after acceptance, so a malformed one fails here."""
    if not _well_formed(destination):
        return BAD_NUMBER
    return _CODE_BY_ENDING.get(destination[-3:], SENT)


def delivered_code(destination: str) -> int | None:
    """The code of the DLR of a sent message, None where the carrier never reports."""
    ending = destination[-3:]
    if ending in (NO_DLR, LOST):
        return None
    return NOT_DELIVERED if ending == "104" else DELIVERED


def country_of(destination: str) -> tuple[str, str] | None:
    """(country code, ISO country) of a number in international digits."""
    for length in (3, 2, 1):
        country = COUNTRY_CODES.get(destination[:length])
        if country:
            return destination[:length], country
    return None


def carrier_of(destination: str) -> tuple[int, str]:
    """(id, name) of the carrier: by the first digit after the country code."""
    if destination.endswith(NO_DLR):
        return OI
    country = country_of(destination)
    national = destination[len(country[0]) :] if country else destination
    return CARRIERS.get(national[:1], (0, "UNKNOWN"))
