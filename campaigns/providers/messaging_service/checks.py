"""What messaging-service cannot take, found before anything leaves ("Validation rules")."""

from __future__ import annotations

import ipaddress
import re
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import urlsplit

from campaigns import sms
from campaigns.providers.base import Body, Channel, Message, Problem
from campaigns.providers.base import gettext_noop as _
from campaigns.providers.messaging_service.email import SLOT, names_of
from campaigns.providers.messaging_service.receipts import phone
from campaigns.states import Reason

MAX_SUBJECT, MAX_ADDRESS, MAX_LINKS = 1000, 254, 150
MAX_PARTS, MAX_BYTES = 25, 4000
_SURELY_SHORT = sms.UCS_PART * MAX_PARTS // 2  # even if every letter were an emoji
FORBIDDEN_HEADERS = frozenset(
    name.lower()
    for name in (
        *("To", "Cc", "Bcc", "From", "Subject", "Content-Type", "Content-Transfer-Encoding"),
        *("DKIM-Signature", "Return-Path", "MIME-Version"),
    )
)
_PHONE = re.compile(r"[0-9]{8,15}")
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f<>,;\"]+@[^@\s\x00-\x1f\x7f<>,;\"]+\.[^@\s\x00-\x1f\x7f<>,;\".]+")
_SMS_SENDER = re.compile(r"\+?[0-9]{1,15}|[\x20-\x7e]{1,11}")
_LINK = re.compile(r"<a\b[^>]*\bhref\s*=", re.IGNORECASE)
_LINE_BREAK = re.compile(r"[\r\n]")

Problems = list[Problem]


def check_base_url(url: str) -> Problems:
    """The address has no default; plain http would carry the credential in the clear."""
    if not url:
        return [Problem(Reason.REJECTED, _("The base URL of your account is needed."), "base_url")]
    parts = urlsplit(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        text = _("This address is not encrypted: the credentials travel in the clear. Use https if you can.")
        return [Problem(Reason.REJECTED, text, "base_url", warning=True)]
    return []


def check_body(body: Body, track_clicks: bool) -> Problems:
    return check_email_body(body, track_clicks) if body.channel is Channel.EMAIL else check_sms_body(body)


def check_message(body: Body, message: Message) -> Problems:
    return _check_email(body, message) if body.channel is Channel.EMAIL else _check_sms(message)


def check_email_body(body: Body, track_clicks: bool) -> Problems:
    """A stored template may bring its own sender, subject and bodies."""
    if body.template_id:
        problems = _check_sender(body) if body.sender else []
        return problems + _check_reply_to(body) + _check_headers(body)
    problems = _check_sender(body)
    if not 1 <= len(body.subject) <= MAX_SUBJECT or _LINE_BREAK.search(body.subject):
        words = _("The subject needs 1 to %(most)s characters, on one line.")
        problems.append(Problem(Reason.INVALID_CONTENT, words, "subject", {"most": MAX_SUBJECT}))
    if not (body.html.strip() or body.text.strip()):
        problems.append(Problem(Reason.INVALID_CONTENT, _("The email is empty."), "html"))
    if track_clicks and len(_LINK.findall(body.html)) > MAX_LINKS:
        words = _("With click tracking an email may hold %(most)s links at most.")
        problems.append(Problem(Reason.INVALID_CONTENT, words, "html", {"most": MAX_LINKS}))
    return problems + _check_reply_to(body) + _check_headers(body) + _check_slots(body)


def check_sms_body(body: Body) -> Problems:
    problems = []
    if body.sender and not _SMS_SENDER.fullmatch(body.sender):
        words = _("An SMS sender has at most 11 plain letters and digits, or 15 digits.")
        problems.append(Problem(Reason.INVALID_CONTENT, words, "sender"))
    if not body.text.strip():
        problems.append(Problem(Reason.INVALID_CONTENT, _("The text is empty."), "text"))
    # With placeholders the length is known per recipient only.
    return problems if "{{" in body.text else problems + _check_length(body.text)


def is_address(address: str) -> bool:
    return len(address) <= MAX_ADDRESS and _ADDRESS.fullmatch(address) is not None


def _check_sender(body: Body) -> Problems:
    address = parseaddr(body.sender)[1]
    if not is_address(address) or _LINE_BREAK.search(body.sender):
        words = _("The sender needs an email address, such as “Shop <news@shop.example>”.")
        return [Problem(Reason.INVALID_CONTENT, words, "sender")]
    return []


def _check_reply_to(body: Body) -> Problems:
    if body.reply_to and not is_address(body.reply_to):
        return [Problem(Reason.INVALID_CONTENT, _("The reply address is not an email address."), "reply_to")]
    return []


def _check_headers(body: Body) -> Problems:
    for name, value in body.headers.items():
        if name.lower() in FORBIDDEN_HEADERS or _LINE_BREAK.search(name + value):
            words = _("The header %(name)s cannot be set.")
            return [Problem(Reason.INVALID_CONTENT, words, "headers", {"name": name})]
    return []


def _check_slots(body: Body) -> Problems:
    for text in (body.subject, body.html, body.text, *body.headers.values()):
        for name in SLOT.findall(text):
            if name not in body.slots:
                words = _("The placeholder %(name)s has no value.")
                return [Problem(Reason.INVALID_CONTENT, words, "html", {"name": name})]
    return []


def _check_email(body: Body, message: Message) -> Problems:
    if not is_address(message.address):
        return [Problem(Reason.INVALID_RECIPIENT, _("This is not an email address."), "address")]
    names = names_of(body)
    if len(message.values) != len(names):
        return [Problem(Reason.MISSING_VALUE, _("A placeholder has no value."), "html")]
    # The vendor documents no way to write braces that are not a placeholder.
    if any("{{" in value or "}}" in value for value in message.values):
        words = _("A value holds “{{” or “}}”, which the provider would take for a placeholder.")
        return [Problem(Reason.INVALID_CONTENT, words, "html")]
    named = _names_in(body.subject + "".join(body.headers.values()))
    if any(name in named and _LINE_BREAK.search(value) for name, value in zip(names, message.values, strict=True)):
        words = _("A value has a line break and stands in the subject or in a header.")
        return [Problem(Reason.INVALID_CONTENT, words, "subject")]
    return []


@lru_cache(maxsize=64)
def _names_in(text: str) -> frozenset[str]:
    return frozenset(SLOT.findall(text))


def _check_sms(message: Message) -> Problems:
    if not _PHONE.fullmatch(phone(message.address)):
        return [Problem(Reason.INVALID_RECIPIENT, _("This is not a phone number with its country code."), "address")]
    if not message.text:
        return [Problem(Reason.INVALID_CONTENT, _("The text is empty."), "text")]
    return _check_length(message.text)


def _check_length(text: str) -> Problems:
    if len(text) <= _SURELY_SHORT:
        return []
    if sms.count(text).parts <= MAX_PARTS and len(text.encode("utf-8", "surrogatepass")) <= MAX_BYTES:
        return []
    words = _("The text is longer than the %(parts)s SMS parts that this provider takes.")
    return [Problem(Reason.TOO_LONG, words, "text", {"parts": MAX_PARTS})]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
