"""What is wrong with a campaign's delivery options and files ("Validation rules" 2, 4, 8, 13, 14, 16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from campaigns.providers.base import Body, Channel, Problem
from campaigns.providers.base import gettext_noop as _
from campaigns.providers.messaging_service.answers import addresses_in
from campaigns.providers.messaging_service.checks import is_address
from campaigns.providers.messaging_service.email import MAX_ADDRESSES
from campaigns.providers.messaging_service.files import MAX_BYTES
from campaigns.providers.messaging_service.timing import FURTHEST, NEAREST, moment, window_of
from campaigns.states import Reason

_MAX_COPIES = 20  # each is one more email for every person; the vendor's own limit is MAX_ADDRESSES a request
_AMP_MARKS = ("amp4email", "⚡4email")


def check(body: Body, now: datetime) -> list[Problem]:
    """Problems of `Body.options` and `Body.attachments`."""
    found = [*_window(body), *_send_at(body, now)]
    if body.channel is Channel.EMAIL:
        found += [*_copies(body), *_amp(body), *_files(body)]
    return found


def _copies(body: Body) -> Iterator[Problem]:
    copies = [address for role in ("cc", "bcc") for address in addresses_in(body.options.get(role, ""))]
    if not copies:
        return
    if wrong := next((address for address in copies if not is_address(address)), ""):
        words = _("“%(address)s”, which copies go to, is not an email address.")
        yield Problem(Reason.INVALID_CONTENT, words, "cc", {"address": wrong})
    elif len(copies) > min(_MAX_COPIES, MAX_ADDRESSES - 1):
        words = _("Copies go to %(most)s addresses at most.")
        yield Problem(Reason.INVALID_CONTENT, words, "cc", {"most": _MAX_COPIES})
    else:
        words = _("Every person's email also goes to %(addresses)s.")
        yield Problem(Reason.INVALID_CONTENT, words, "cc", {"addresses": ", ".join(copies)}, warning=True)


def _amp(body: Body) -> Iterator[Problem]:
    amp = body.options.get("amp", "").strip()
    if not amp:
        return
    if not body.html.strip() or body.template_id:
        yield Problem(Reason.INVALID_CONTENT, _("An AMP version needs an HTML version beside it."), "amp")
    elif not any(mark in amp for mark in _AMP_MARKS):
        yield Problem(Reason.INVALID_CONTENT, _("The AMP version does not begin like one: <html ⚡4email>."), "amp")
    elif "{{" in amp:
        words = _("The AMP version holds “{{”: the provider fills in fields in subject, text and HTML only.")
        yield Problem(Reason.INVALID_CONTENT, words, "amp")


def _files(body: Body) -> Iterator[Problem]:
    if sum(len(file.data) for file in body.attachments) > MAX_BYTES:
        words = _("The files have more than %(most)s MB together.")
        yield Problem(Reason.INVALID_CONTENT, words, "files", {"most": MAX_BYTES // 1024 // 1024})
    for file in body.attachments:
        if not file.name or any(sign in file.name for sign in "/\\\r\n\0"):
            words = _("“%(name)s” cannot be the name of an attachment.")
            yield Problem(Reason.INVALID_CONTENT, words, "files", {"name": file.name})


def _window(body: Body) -> Iterator[Problem]:
    given = [body.options.get(name, "") for name in ("window_days", "window_from", "window_to")]
    try:
        window_of(*given)
    except ValueError:
        words = _("Give both hours between which to deliver, such as 09:00 and 20:30, at least one hour apart.")
        yield Problem(Reason.INVALID_CONTENT, words, "window_from")


def _send_at(body: Body, now: datetime) -> Iterator[Problem]:
    text = body.options.get("send_at", "")
    if not text:
        return
    when = moment(text)
    if when is None:
        words = _("“%(text)s” is not a time. Write it as 2026-10-05 14:30.")
        yield Problem(Reason.INVALID_CONTENT, words, "send_at", {"text": text})
    elif when - now > FURTHEST[body.channel]:
        words = _("The provider keeps messages for %(days)s days at most. Schedule the campaign itself for later.")
        yield Problem(Reason.INVALID_CONTENT, words, "send_at", {"days": FURTHEST[body.channel].days})
    elif when - now < NEAREST:
        words = _("The time until which the provider keeps the messages has passed: they are delivered at once.")
        yield Problem(Reason.INVALID_CONTENT, words, "send_at", warning=True)
