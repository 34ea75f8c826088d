"""Error answers: `{error, errorCode}`, the text in English or Greek as `Accept-Language` asks. The contract's own
vendor publishes no codes; those from 90000 on are inventions of the sandbox, so that nobody mistakes them for real."""

from __future__ import annotations

from campaigns.sandbox.wire import Answer, Call, ErrorAnswer

ENGLISH, GREEK = "en", "el"

BAD_BODY, UNAUTHORIZED, FORBIDDEN = 90400, 90401, 90403
TEMPLATE_UNKNOWN, DISPATCH_UNKNOWN = 90404, 90405
TEMPLATE_ID, TEMPLATE_INACTIVE, RECIPIENTS = 90410, 90411, 90412
UNIQUE_ID_MISSING, UNIQUE_ID_REPEATED, SCHEDULE_DATE = 90413, 90414, 90415

TEXTS: dict[int, tuple[str, str]] = {
    BAD_BODY: ("The request body is not valid JSON", "Το σώμα του αιτήματος δεν είναι έγκυρο JSON"),
    UNAUTHORIZED: ("Missing or wrong credentials", "Λείπουν ή είναι λάθος τα διαπιστευτήρια"),
    FORBIDDEN: ("This user may not use the API", "Ο χρήστης δεν επιτρέπεται να χρησιμοποιήσει το API"),
    TEMPLATE_UNKNOWN: ("Template {0} was not found", "Το πρότυπο {0} δεν βρέθηκε"),
    DISPATCH_UNKNOWN: ("Dispatch {0} was not found", "Η αποστολή {0} δεν βρέθηκε"),
    TEMPLATE_ID: ("templateId must be an integer", "Το templateId πρέπει να είναι ακέραιος"),
    TEMPLATE_INACTIVE: ("Template {0} is not active", "Το πρότυπο {0} δεν είναι ενεργό"),
    RECIPIENTS: ("recipients must be a list with at least one entry", "Το recipients πρέπει να είναι μη κενή λίστα"),
    UNIQUE_ID_MISSING: ("Every recipient needs a uniqueId", "Κάθε παραλήπτης χρειάζεται uniqueId"),
    UNIQUE_ID_REPEATED: ("uniqueId {0} is repeated", "Το uniqueId {0} επαναλαμβάνεται"),
    SCHEDULE_DATE: ("scheduleDate needs ISO 8601 with an offset", "Το scheduleDate θέλει ISO 8601 με διαφορά ώρας"),
    404: ("The resource does not exist", "Ο πόρος δεν υπάρχει"),
    429: ("Too many requests", "Πάρα πολλά αιτήματα"),
    500: ("Unexpected server error", "Απρόσμενο σφάλμα διακομιστή"),
    502: ("Bad gateway", "Κακή πύλη"),
    503: ("Temporarily unavailable", "Προσωρινά μη διαθέσιμο"),
    504: ("The gateway timed out", "Λήξη χρόνου της πύλης"),
}
_STATUSES = {UNAUTHORIZED: 401, FORBIDDEN: 403, TEMPLATE_UNKNOWN: 404, DISPATCH_UNKNOWN: 404}
_OWN_CODES_FROM = 90000


def language_of(call: Call) -> str:
    """The language of error texts: Greek when it is what the client names first, else English."""
    first = call.headers.get("Accept-Language", "").split(",")[0].strip().lower()
    return GREEK if first == GREEK or first.startswith(f"{GREEK}-") else ENGLISH


def error_answer(status: int) -> Answer:
    """A general failure, as a fault or an unknown path needs it."""
    code = status + _OWN_CODES_FROM
    english = TEXTS[code if status in (401, 403) else status][0]
    return Answer({"error": english, "errorCode": code}, status)


class Failure(ErrorAnswer):
    """An error of the API with its code, in the language of the call. `gap` fills the text's gap."""

    def __init__(self, call: Call, code: int, gap: object = "") -> None:
        text = TEXTS[code][1 if language_of(call) == GREEK else 0].format(gap)
        headers = {"WWW-Authenticate": "Basic"} if code == UNAUTHORIZED else {}
        super().__init__(Answer({"error": text, "errorCode": code}, _STATUSES.get(code, 400), headers))
