"""POST /sms/3/messages, GET /sms/3/text/query, POST /sms/1/preview: reading and checking SMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaigns.sandbox.sms import measure
from campaigns.sandbox.vendors.messaging_service.checks import (
    LONGEST_VALIDITY,
    Checks,
    Schedule,
    check_send_at,
    read_json,
    read_options,
    read_schedule,
    read_webhooks,
)
from campaigns.sandbox.vendors.messaging_service.errors import Failure
from campaigns.sandbox.vendors.messaging_service.records import (
    NO_OPTIONS,
    NO_WEBHOOKS,
    Draft,
    Options,
    SmsContent,
    Webhooks,
)
from campaigns.sandbox.vendors.messaging_service.statuses import TOO_LONG
from campaigns.sandbox.wire import Answer, Call

MOST_DAYS_AHEAD = 180
LONGEST_NUMBER, LONGEST_MESSAGE_ID = 64, 200
MOST_PARTS, MOST_BYTES = 25, 4000
TRANSLITERATIONS = frozenset(
    {"NONE", "TURKISH", "GREEK", "CYRILLIC", "SERBIAN_CYRILLIC", "CENTRAL_EUROPEAN", "BALTIC", "NON_UNICODE",
     "PORTUGUESE", "COLOMBIAN", "BULGARIAN_CYRILLIC", "ALL"}
)  # fmt: skip
LANGUAGES = frozenset({"NONE", "TR", "ES", "PT", "AUTODETECT"})
XML = "application/xml"


class SmsReader:
    """Reads one request. `violations` of `checks` refuse it; `notes` (rule, detail) are what the contract
    advises against although it is accepted."""

    def __init__(self, now: float) -> None:
        self._now = now
        self.checks = Checks()
        self.notes: dict[str, str] = {}
        self.schedule = Schedule()
        self.counts_parts = False
        self._last_options: tuple[Mapping[str, Any], Options] = ({}, NO_OPTIONS)
        self._last_webhooks: tuple[Mapping[str, Any], Webhooks] = ({}, NO_WEBHOOKS)

    def read_body(self, body: Mapping[str, Any]) -> list[Draft]:
        """The messages of a JSON body; only valid when `checks` found nothing."""
        checks = self.checks
        options = checks.object(body, "options", "")
        self.schedule = read_schedule(checks, options, self._now, MOST_DAYS_AHEAD)
        self.counts_parts = checks.flag(options, "includeSmsCountInResponse", "options.", False)
        drafts: list[Draft] = []
        for position, message in enumerate(checks.objects(body, "messages", "")):
            path = f"messages[{position}]."
            content = self._content(message, path)
            if "options" in message:
                content.options = self._options(checks.object(message, "options", path), path)
            if "webhooks" in message:
                content.webhooks = self._webhooks(checks.object(message, "webhooks", path), path)
            for place, destination in enumerate(checks.objects(message, "destinations", path)):
                drafts.append(self._destination(destination, f"{path}destinations[{place}].", content))
        return drafts

    def _options(self, values: Mapping[str, Any], path: str) -> Options:
        """A message's options; those that repeat the message before are not read again."""
        if values != self._last_options[0]:
            self._last_options = (values, read_options(self.checks, values, f"{path}options."))
        return self._last_options[1]

    def _webhooks(self, values: Mapping[str, Any], path: str) -> Webhooks:
        """A message's webhooks; those that repeat the message before are not read again."""
        if values != self._last_webhooks[0]:
            self._last_webhooks = (values, read_webhooks(self.checks, values, f"{path}webhooks."))
            self._note_xml(self._last_webhooks[1])
        return self._last_webhooks[1]

    def _content(self, message: Mapping[str, Any], path: str) -> SmsContent:
        checks = self.checks
        values = checks.object(message, "content", path)
        text = values.get("text")
        if type(text) is not str or not text:
            checks.fail(f"{path}content.text", "must not be empty")
            text = ""
        if values.get("transliteration") is not None:
            self._check_choice(values["transliteration"], TRANSLITERATIONS, f"{path}content.transliteration")
        if values.get("language") is not None:
            language = checks.object(values, "language", f"{path}content.")
            code = language.get("languageCode", "NONE")
            self._check_choice(code, LANGUAGES, f"{path}content.language.languageCode")
        return text_content(text, checks.text(message, "sender", path))

    def _check_choice(self, value: Any, known: frozenset[str], path: str) -> None:
        if not isinstance(value, str) or value not in known:
            self.checks.fail(path, f"must be one of {', '.join(sorted(known))}")

    def _destination(self, destination: Mapping[str, Any], path: str, content: SmsContent) -> Draft:
        number = self.checks.text(destination, "to", path, LONGEST_NUMBER)
        if not number:
            self.checks.fail(f"{path}to", "must not be empty")
        return Draft(content, number, self.checks.text(destination, "messageId", path, LONGEST_MESSAGE_ID) or None)

    def _note_xml(self, webhooks: Webhooks) -> None:
        if webhooks.content_type == XML:
            self.notes["xml_webhook"] = "reports are asked for as XML, which nobody here writes"

    def read_query(self, call: Call) -> list[Draft]:
        """The messages of a query string; recipients repeat `to` or stand behind commas."""
        checks, query = self.checks, call.query
        numbers = [number for value in call.all_query("to") for number in value.split(",") if number]
        text = query.get("text", "")
        if not numbers:
            checks.fail("to", "must not be empty")
        if not text:
            checks.fail("text", "must not be empty")
        for number in numbers:
            if len(number) > LONGEST_NUMBER:
                checks.fail("to", f"size must be between 0 and {LONGEST_NUMBER}")
        self.schedule = Schedule(bulk_id=checks.text(query, "bulkId", "", 100))
        if "sendAt" in query:
            self.schedule.send_at = check_send_at(checks, query["sendAt"], "sendAt", self._now, MOST_DAYS_AHEAD)
        self.counts_parts = self._query_flag(call, "includeSmsCountInResponse")
        content = text_content(text, query.get("from", ""))
        content.webhooks = Webhooks(
            url=query.get("notifyUrl", ""),
            intermediate=self._query_flag(call, "intermediateReport"),
            callback_data=checks.text(query, "callbackData", "", 4000),
            content_type=query.get("notifyContentType", ""),
        )
        self._note_xml(content.webhooks)
        if minutes := query.get("validityPeriod"):
            if minutes.isdecimal():
                content.options = Options(expires_after=min(int(minutes) * 60.0, LONGEST_VALIDITY))
            else:
                checks.fail("validityPeriod", "must be an integer")
        for name, known in (("transliteration", TRANSLITERATIONS), ("languageCode", LANGUAGES)):
            if name in query:
                self._check_choice(query[name], known, name)
        if len(numbers) > 1:
            self.notes["query_with_several_recipients"] = f"{len(numbers)} recipients in one call"
        if not self.schedule.bulk_id:
            self.notes["query_without_bulk_id"] = "such a call cannot be looked up"
        return [Draft(content, number) for number in numbers]

    def _query_flag(self, call: Call, name: str) -> bool:
        value = call.query.get(name, "false").lower()
        if value not in ("true", "false"):
            self.checks.fail(name, "must be true or false")
        return value == "true"


def text_content(text: str, sender: str) -> SmsContent:
    """A text with its parts; one that is too long is refused recipient by recipient."""
    parts = measure(text).parts
    too_long = parts > MOST_PARTS or (len(text) * 4 > MOST_BYTES and len(text.encode()) > MOST_BYTES)
    return SmsContent(sender=sender, text=text, parts=parts, refusal=TOO_LONG if too_long else 0)


def preview(call: Call) -> Answer:
    """POST /sms/1/preview: how many parts a text has."""
    text = read_json(call.body, call.path).get("text")
    if not isinstance(text, str):
        raise Failure(400, call.path, "text is required.")
    length = measure(text)
    shown = {"textPreview": text, "messageCount": length.parts, "charactersRemaining": length.left, "configuration": {}}
    return Answer({"originalText": text, "previews": [shown]})
