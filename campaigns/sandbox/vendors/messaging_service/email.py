"""POST /email/4/messages: reading and checking a batch of emails."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from campaigns.sandbox.vendors.messaging_service.checks import (
    Checks,
    Schedule,
    read_options,
    read_schedule,
    read_webhooks,
)
from campaigns.sandbox.vendors.messaging_service.records import (
    NO_TRACKING,
    Draft,
    EmailContent,
    Tracking,
    file_facts,
)
from campaigns.sandbox.vendors.messaging_service.statuses import INVALID
from campaigns.sandbox.vendors.messaging_service.templates import Template
from campaigns.sandbox.vendors.messaging_service.uploads import Uploads

MOST_ADDRESSES = 1000
MOST_DAYS_AHEAD = 5
LONGEST_MESSAGE_ID = 200
PRIORITIES = ("HIGH", "STANDARD", "LOW")
FIXED_HEADERS = frozenset(
    {"to", "cc", "bcc", "from", "subject", "content-type", "dkim-signature", "content-transfer-encoding",
     "return-path", "mime-version"}
)  # fmt: skip
ROLES = ("to", "cc", "bcc")
_image = re.compile(r"""\bcid:([^"'\s>)]+)""")


class EmailReader:
    """Reads one request. `violations` of `checks` refuse it; `notes` (rule, detail) are what the contract
    advises against although it is accepted."""

    def __init__(self, body: Mapping[str, Any], now: float, templates: Mapping[str, Any], uploads: Uploads) -> None:
        self._body, self._now, self._templates, self._uploads = body, now, templates, uploads
        self.checks = Checks()
        self.notes: dict[str, str] = {}
        self.schedule = Schedule()

    def read(self) -> list[Draft]:
        """The messages; only valid when `checks` found nothing."""
        checks = self.checks
        options = checks.object(self._body, "options", "")
        self.schedule = read_schedule(checks, options, self._now, MOST_DAYS_AHEAD)
        if self.schedule.interval:
            self.notes["speed_limit_for_email"] = "sendingSpeedLimit is not offered for email"
            self.schedule.interval = 0.0
        priority = options.get("clientPriority")
        if priority is not None and priority not in PRIORITIES:
            checks.fail("options.clientPriority", "must be HIGH, STANDARD or LOW")
        if "clientPriority " in options:
            self.notes["client_priority_with_space"] = "the key has a trailing space and is ignored"
        tracking = self._tracking(options)
        drafts: list[Draft] = []
        for position, message in enumerate(checks.objects(self._body, "messages", "")):
            self._message(message, f"messages[{position}].", tracking, drafts)
        if sum(1 + len(draft.others) for draft in drafts) > MOST_ADDRESSES:
            checks.fail("messages", f"must not have more than {MOST_ADDRESSES} addresses in to, cc and bcc overall")
        return drafts

    def _tracking(self, options: Mapping[str, Any]) -> Tracking:
        values, path = self.checks.object(options, "tracking", "options."), "options.tracking."
        if not values:
            return NO_TRACKING
        track = self.checks.flag(values, "track", path, True)
        return Tracking(
            url=self.checks.text(values, "trackingUrl", path),
            opens=self.checks.flag(values, "trackOpens", path, track),
            clicks=self.checks.flag(values, "trackClicks", path, track),
        )

    def _message(self, message: Mapping[str, Any], path: str, tracking: Tracking, drafts: list[Draft]) -> None:
        """One `messages[]` item; its messages are added to `drafts`."""
        checks = self.checks
        content = self._content(message, path)
        content.tracking = tracking
        options = checks.object(message, "options", path)
        content.options = read_options(checks, options, f"{path}options.")
        if message.get("webhooks") is not None:
            content.webhooks = read_webhooks(checks, checks.object(message, "webhooks", path), f"{path}webhooks.")
        elif options.get("webhooks") is not None:  # where the seed document puts it
            inner = checks.object(options, "webhooks", f"{path}options.")
            content.webhooks = read_webhooks(checks, inner, f"{path}options.webhooks.")
        if content.webhooks.content_type == "application/xml":
            self.notes["xml_webhook"] = "reports are asked for as XML, which nobody here writes"
        needed = content.keys()
        for position, destination in enumerate(checks.objects(message, "destinations", path)):
            drafts += self._destination(message, destination, f"{path}destinations[{position}].", content, needed)

    def _content(self, message: Mapping[str, Any], path: str) -> EmailContent:
        checks, values, inner = self.checks, self.checks.object(message, "content", path), f"{path}content."
        sender = checks.text(message, "sender", path)
        template_id = checks.text(values, "templateId", inner)
        subject = checks.text(values, "subject", inner)
        text, html = checks.text(values, "text", inner), checks.text(values, "html", inner)
        defaults, headers = (checks.json_text(values, name, inner) for name in ("defaultPlaceholders", "headers"))
        checks.json_text(values, "landingPagePlaceholders", inner)
        refusal = 0
        if template_id:
            stored = self._templates.get(template_id)
            refusal = 0 if stored else INVALID
            stored = stored or {}
            sender, subject = sender or stored.get("sender", ""), subject or stored.get("subject", "")
            text, html = stored.get("text", ""), stored.get("html", "")
        else:
            self._check_own_content(sender, subject, text or html, path)
        amp = checks.text(values, "ampHtml", inner)
        if amp and not values.get("html"):
            checks.fail(f"{inner}ampHtml", "needs html as fallback")
        files = self._files(values, inner)
        self._note_missing_images(html, files)
        if fixed := [name for name in headers if name.lower() in FIXED_HEADERS]:
            self.notes["header_not_settable"] = f"{', '.join(fixed)} cannot be set"
            headers = {name: value for name, value in headers.items() if name not in fixed}
        return EmailContent(sender=sender, subject=Template(subject), text=Template(text), html=Template(html),
                            defaults=defaults, headers=headers, refusal=refusal, amp=amp, template_id=template_id,
                            landing_page=checks.text(values, "optoutLandingPageId", inner),
                            files=tuple(files))  # fmt: skip

    def _check_own_content(self, sender: str, subject: str, body: str, path: str) -> None:
        """What is required when no stored template provides it."""
        if not sender:
            self.checks.fail(f"{path}sender", "must not be empty when templateId is absent")
        if not subject:
            self.checks.fail(f"{path}content.subject", "must not be empty when templateId is absent")
        elif len(subject) > 1000:
            self.checks.fail(f"{path}content.subject", "size must be between 1 and 1000")
        if not body:
            self.checks.fail(f"{path}content", "one of text, html and templateId must be given")

    def _files(self, values: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
        """Attachments and inline images, with what was uploaded in place of references."""
        found = []
        for name in ("attachments", "inlineImages"):
            if values.get(name) is None:
                continue
            for position, item in enumerate(self.checks.objects(values, name, path)):
                facts = self._file(item, f"{path}{name}[{position}].")
                if facts:
                    found.append({**facts, "inline": name == "inlineImages"})
        return found

    def _file(self, item: Mapping[str, Any], where: str) -> dict[str, Any] | None:
        checks = self.checks
        if item.get("type") == "uploadedReference":
            facts = self._uploads.find(item.get("contentId"), self._now)
            if facts is None:
                checks.fail(f"{where}contentId", "is not the ID of an uploaded content")
            return facts
        if item.get("type") != "binary":
            checks.fail(f"{where}type", "must be uploadedReference or binary")
            return None
        content, kind, name = (checks.text(item, field, where) for field in ("content", "contentType", "fileName"))
        for field, given in (("content", content), ("contentType", kind), ("fileName", name)):
            if not given:
                checks.fail(f"{where}{field}", "must not be empty")
        try:
            return file_facts(name, kind, base64.b64decode(content, validate=True))
        except binascii.Error:
            checks.fail(f"{where}content", "must be base64")
            return None

    def _note_missing_images(self, html: str, files: Sequence[Mapping[str, Any]]) -> None:
        """An image that the HTML shows by `cid:` and that nobody sent stays empty in the mailbox."""
        inline = {file["name"] for file in files if file["inline"]}
        if missing := sorted(set(_image.findall(html)) - inline):
            self.notes["inline_image_missing"] = ", ".join(missing)

    def _destination(
        self, message: Mapping[str, Any], destination: Mapping[str, Any], path: str, content: EmailContent,
        needed: frozenset[str],
    ) -> list[Draft]:  # fmt: skip
        """The messages of one `destinations[]` item: one an address, or one for all when they see each other."""
        checks = self.checks
        reply_to = checks.text(destination if "replyTo" in destination else message, "replyTo", path)
        source = destination if "preserveRecipients" in destination else message
        together = checks.flag(source, "preserveRecipients", path, False)
        drafts = []
        for role in ROLES:
            if role == "to" or destination.get(role) is not None:
                for position, recipient in enumerate(checks.objects(destination, role, path)):
                    where = f"{path}{role}[{position}]."
                    drafts.append(self._recipient(recipient, where, content, needed, reply_to, role))
        if together and drafts:
            return [replace(drafts[0], others=tuple(draft.destination for draft in drafts[1:]))]
        return drafts

    def _recipient(
        self, recipient: Mapping[str, Any], path: str, content: EmailContent, needed: frozenset[str], reply_to: str,
        role: str,
    ) -> Draft:  # fmt: skip
        checks = self.checks
        address = checks.text(recipient, "destination", path)
        if not address:
            checks.fail(f"{path}destination", "must not be empty")
        message_id = checks.text(recipient, "messageId", path, LONGEST_MESSAGE_ID) or None
        values = checks.json_text(recipient, "placeholders", path)
        if needed and (missing := needed - values.keys() - content.defaults.keys()):
            self.notes["placeholder_without_value"] = f"{path}: {', '.join(sorted(missing))}"
        return Draft(content, address, message_id, recipient["placeholders"] if values else None, reply_to, role)
