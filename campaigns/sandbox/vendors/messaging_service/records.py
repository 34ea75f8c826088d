"""What is kept of accepted messages: small rows that share their content, rendered when somebody looks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from campaigns.sandbox.log import Message, Submission
from campaigns.sandbox.vendors.messaging_service.statuses import ACCEPTED, ENROUTE, NO_ERROR, Outcome
from campaigns.sandbox.vendors.messaging_service.templates import EMPTY, Template

STEP_SECONDS = 1.0  # virtual time between the reports and events of one message
EMAIL, SMS = "email", "sms"


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Where reports of a message go. url: "" = the account's subscription, if any."""

    url: str = ""
    notify: bool = True
    intermediate: bool = False
    callback_data: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Tracking:
    """Opens and clicks. url: "" = the account's subscription, if any."""

    url: str = ""
    opens: bool = True
    clicks: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """Per-message options. `expires_after`: seconds that delivery may take, None = any; `window`: (days, from, to)
    of the week in which it may happen."""

    campaign_reference: str = ""
    application_id: str = ""
    entity_id: str = ""
    expires_after: float | None = None
    window: tuple[frozenset[int], int, int] | None = None


NO_WEBHOOKS, NO_TRACKING, NO_OPTIONS = Webhooks(), Tracking(), Options()


@dataclass(slots=True)
class Content:
    """What the recipients of one `messages[]` item share. `refusal`: the status that all of them get, or 0."""

    sender: str
    webhooks: Webhooks = NO_WEBHOOKS
    options: Options = NO_OPTIONS
    refusal: int = 0


@dataclass(slots=True)
class SmsContent(Content):
    """A finished text and its length in parts."""

    text: str = ""
    parts: int = 1


@dataclass(slots=True)
class EmailContent(Content):
    """Templates with the values that hold for all recipients."""

    subject: Template = EMPTY
    text: Template = EMPTY
    html: Template = EMPTY
    defaults: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    tracking: Tracking = NO_TRACKING
    amp: str = ""
    template_id: str = ""
    landing_page: str = ""
    files: tuple[Mapping[str, Any], ...] = ()

    def keys(self) -> frozenset[str]:
        """Placeholders that need a value."""
        return self.subject.keys | self.text.keys | self.html.keys

    def rendered(self, values: str | None) -> dict[str, str]:
        """Subject, html and text for one recipient; `values` is the raw JSON object of its placeholders."""
        known = {**self.defaults, **orjson.loads(values)} if values else self.defaults
        return {"subject": self.subject.render(known), "html": self.html.render(known), "text": self.text.render(known)}


def file_facts(name: str, content_type: str, data: bytes) -> dict[str, Any]:
    """What is kept of an attachment or inline image."""
    return {"name": name, "type": content_type, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@dataclass(slots=True)
class Draft:
    """One message as requested. `others` are further addresses that see each other in it; `values` is the raw
    JSON object of placeholders."""

    content: Content
    destination: str
    message_id: str | None = None
    values: str | None = None
    reply_to: str = ""
    role: str = "to"
    others: tuple[str, ...] = ()


@dataclass(slots=True)
class Wave:
    """Messages that go out together. Virtual seconds since 1970."""

    sent_at: float
    done_at: float
    messages: list[Entry]


class Bulk(Submission):
    """One accepted request. `cancelled` when its schedule was called off before anything went out."""

    __slots__ = ("cancelled",)

    def __init__(self, number: int, at: float, request_id: str) -> None:
        super().__init__(number, at, request_id)
        self.cancelled = False


class Entry(Message):
    """One message that was accepted, or refused by itself (`refusal` = its status) inside an accepted request."""

    __slots__ = ("body", "others", "outcome", "refusal", "reply_to", "role", "values", "wave")
    vendor = "messaging-service"
    submission: Bulk
    wave: Wave | None

    def __init__(self, bulk: Bulk, draft: Draft, message_id: str, outcome: Outcome, refusal: int = 0) -> None:
        self.submission, self.provider_id = bulk, message_id
        self.reference, self.destination, self.body = draft.message_id, draft.destination, draft.content
        self.values, self.reply_to, self.role, self.others = draft.values, draft.reply_to, draft.role, draft.others
        self.outcome, self.refusal, self.wave = outcome, refusal, None

    @property
    def channel(self) -> str:  # type: ignore[override]
        return SMS if isinstance(self.body, SmsContent) else EMAIL

    @property
    def parts(self) -> int:
        return self.body.parts if isinstance(self.body, SmsContent) else 1

    def content(self) -> dict[str, Any]:
        body = self.body
        shown: dict[str, Any] = {"sender": body.sender, "campaign_reference": body.options.campaign_reference,
                                 "callback_data": body.webhooks.callback_data,
                                 "cancelled": self.submission.cancelled}  # fmt: skip
        if isinstance(body, SmsContent):
            return {"text": body.text, "parts": body.parts, **shown}
        assert isinstance(body, EmailContent)
        copies = {"reply_to": self.reply_to, "headers": dict(body.headers), "role": self.role, "others": self.others}
        given = {"amp": body.amp, "template_id": body.template_id, "landing_page": body.landing_page,
                 "files": [dict(file) for file in body.files]}  # fmt: skip
        return {**body.rendered(self.values), **copies, **given, **shown}

    def status_at(self, now: float) -> tuple[int, int, float]:
        """(status, error, since when) as it stands at `now`."""
        if self.refusal:
            return self.refusal, NO_ERROR, self.submission.at
        if self.wave is None:
            return ACCEPTED, NO_ERROR, self.submission.at
        steps = self.outcome.steps
        if not steps or now < self.wave.done_at:
            return ENROUTE, NO_ERROR, self.wave.sent_at
        step = min(int((now - self.wave.done_at) / STEP_SECONDS), len(steps) - 1)
        return (*steps[step], self.wave.done_at + step * STEP_SECONDS)
