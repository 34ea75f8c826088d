"""Error answers: `{message, errorcode, documentation}` (contract §7.1, §10.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from campaigns.sandbox.wire import Answer, ErrorAnswer

DOCUMENTATION = "https://developer.salesforce.com/docs"
TOO_EARLY = 5  # seconds that a 429 with a hint asks for

VALIDATION, WRONG_TYPE, MISSING_FIELD, WRONG_FORMAT, WRONG_VALUE = 10000, 10001, 10002, 10003, 10005
RUNTIME, INVALID_OPERATION, NOT_FOUND, ALREADY_EXISTS = 30000, 30001, 30003, 30004
AUTHENTICATION, NOT_AUTHENTICATED = 40000, 40001
RATE_LIMIT, BLOCKED = 50100, 50200
SOME_FAILED, TOO_MANY, NOBODY, NOBODY_VALID = 109001, 109101, 109102, 109103
NO_CONTACT, NO_NUMBER, NO_DEFINITION, LONG_KEY = 109105, 109106, 109107, 109108
BAD_CONTACT, DUPLICATE_KEY, BAD_DEFINITION = 109109, 109110, 109111
BAD_OPTIONS, BAD_RESUBSCRIBE, BAD_NUMBER, UNKNOWN_FIELD = 109112, 109114, 109121, 109122

NAMES = {
    VALIDATION: "Validation", WRONG_TYPE: "Validation_InvalidDataType",
    MISSING_FIELD: "Validation_MissingRequiredField",
    WRONG_FORMAT: "Validation_IncorrectFormat", WRONG_VALUE: "Validation_InvalidValue",
    RUNTIME: "Runtime", INVALID_OPERATION: "Runtime_InvalidOperation", NOT_FOUND: "Runtime_ObjectNotFound",
    ALREADY_EXISTS: "Runtime_ObjectAlreadyExists",
    AUTHENTICATION: "Authentication", NOT_AUTHENTICATED: "Authentication_NotAuthenticated",
    SOME_FAILED: "ResponsesHasErrors", TOO_MANY: "Validation_TooManySubscribers", NOBODY: "Validation_NoSubscribers",
    NOBODY_VALID: "Validation_NoValidSubscribers",
    NO_CONTACT: "Validation_MissingRequiredField_subscriberKey", NO_NUMBER: "Validation_MissingRequiredField_to",
    NO_DEFINITION: "Validation_MissingRequiredField_definitionKey", LONG_KEY: "Validation_InvalidValue_messageKey",
    BAD_CONTACT: "Validation_InvalidValue_subscriberKey", DUPLICATE_KEY: "Validation_DuplicateMessageKey",
    BAD_DEFINITION: "Validation_InvalidValue_definitionKey", BAD_OPTIONS: "Validation_InvalidValue_options",
    BAD_RESUBSCRIBE: "Validation_InvalidValue_resubscribe", BAD_NUMBER: "Validation_InvalidValue_to",
    UNKNOWN_FIELD: "Validation_UnknownFieldName",
}  # fmt: skip
_CODE_OF_STATUS = {400: VALIDATION, 401: NOT_AUTHENTICATED, 403: AUTHENTICATION, 404: NOT_FOUND, 409: ALREADY_EXISTS}


def message(code: int, detail: str = "") -> str:
    return f"MCMS_UTM_{NAMES[code]}" + (f": {detail}" if detail else "")


def error_answer(status: int, code: int = 0, detail: str = "") -> Answer:
    """The vendor's answer for an HTTP status, with the usual code of that status unless another is given."""
    if status == 429:
        return blocked()
    number = code or _CODE_OF_STATUS.get(status, RUNTIME)
    return Answer({"message": message(number, detail), "errorcode": number, "documentation": ""}, status)


def rate_limited() -> Answer:
    """429 that says when to come back."""
    body = {"message": "Rate limit exceeded", "errorcode": RATE_LIMIT, "retryAfter": TOO_EARLY,
            "documentation": DOCUMENTATION}  # fmt: skip
    return Answer(body, 429, {"Retry-After": str(TOO_EARLY)})


def blocked() -> Answer:
    """429 without a hint: the platform is strained."""
    body = {"message": "Requests temporarily blocked", "errorcode": BLOCKED, "documentation": DOCUMENTATION}
    return Answer(body, 429)


class Refusal(ErrorAnswer):
    """A request that is refused whole: 400 unless another status is given."""

    def __init__(self, code: int, detail: str = "", status: int = 400) -> None:
        super().__init__(error_answer(status, code, detail))


def read_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refusal(WRONG_FORMAT, "the body is not valid JSON") from None


def read_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body. Raises Refusal."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise Refusal(WRONG_TYPE, "the body must be an object")
    return value


def read_list(body: bytes) -> list[Mapping[str, Any]]:
    """The JSON array of objects in a body. Raises Refusal."""
    value = read_json(body)
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        raise Refusal(WRONG_TYPE, "the body must be an array of objects")
    return value
