"""Notices by email: one message a person and workspace with everything that waits, at most once.

The rows are claimed (`sending`) and committed before the mail server is asked. What it surely did not take goes
back to `waiting` and is tried again; what it perhaps took stays `sending` and is not: the notice is in the console
anyway, and an email twice is worse than one that may be missing.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import MailStatus, Notice, NoticeKind
from campaigns.services.showing import notices
from console import formats
from console.models import User, Workspace

log = logging.getLogger(__name__)

# Seconds to wait after each failed try; then the email is given up, and doctor and the metrics say so.
WAITS = (30, 120, 600, 3600, 3 * 3600)
AT_ONCE = 20  # letters a task looks for
MOST_NOTICES = 50  # in one letter


@dataclass(frozen=True, slots=True)
class Letter:
    """Who gets an email and about which workspace."""

    user_id: int
    workspace_id: int


def due(now: datetime) -> list[Letter]:
    """Letters to write, longest waiting first."""
    waiting = Notice.objects.filter(mail=MailStatus.WAITING, mail_at__lte=now).order_by("mail_at", "pk")
    pairs = waiting.values_list("user_id", "workspace_id")[: AT_ONCE * 5]
    return [Letter(*pair) for pair in list(dict.fromkeys(pairs))[:AT_ONCE]]


def send(letter: Letter, now: datetime) -> bool:
    """Send what waits for this person; False when nothing did (somebody else was first) or it did not work."""
    claimed = _claim(letter, now)
    if not claimed:
        return False
    message = message_of(claimed)
    try:
        connection = get_connection()
        connection.open()
    except (OSError, smtplib.SMTPException) as error:  # nothing has been said yet
        _put_back(claimed, error, now)
        return False
    return _hand_over(connection, message, claimed, now)


def _claim(letter: Letter, now: datetime) -> list[Notice]:
    """The notices of the letter, now `sending` and committed, oldest first."""
    mine = Notice.objects.filter(
        user_id=letter.user_id, workspace_id=letter.workspace_id, mail=MailStatus.WAITING, mail_at__lte=now
    )
    with transaction.atomic():
        taken = list(
            mine.select_related("user", "workspace", "dispatch__campaign", "dispatch__account", "account")
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("pk")[:MOST_NOTICES]
        )
        Notice.objects.filter(pk__in=_ids(taken)).update(mail=MailStatus.SENDING, mail_tries=F("mail_tries") + 1)
    return taken


def _hand_over(
    connection: BaseEmailBackend, message: EmailMultiAlternatives, claimed: Sequence[Notice], now: datetime
) -> bool:
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _text in error.recipients.values()]
        _refused(claimed, error, now, final=all(code >= 500 for code in codes))
    except smtplib.SMTPResponseException as error:
        _refused(claimed, error, now, final=error.smtp_code >= 500)
    except (OSError, smtplib.SMTPException) as error:  # broken off in mid-sentence: it may have been taken
        log.warning("email perhaps sent", extra={"notices": _ids(claimed), "error": type(error).__name__})
        _of(claimed).update(mail_error=_words(error))
    else:
        _of(claimed).update(mail=MailStatus.SENT, mail_error="", mail_at=None)
        return True
    finally:
        _close(connection)
    return False


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException) as error:
        log.info("mail server left without a word", extra={"error": type(error).__name__})


def _refused(claimed: Sequence[Notice], error: Exception, now: datetime, *, final: bool) -> None:
    if final:
        _give_up(claimed, error)
    else:
        _put_back(claimed, error, now)


def _put_back(claimed: Sequence[Notice], error: Exception, now: datetime) -> None:
    """Surely not sent: later again, until the tries are used up."""
    tries = 1 + max(notice.mail_tries for notice in claimed)  # as they were before this one
    if tries > len(WAITS):
        _give_up(claimed, error)
        return
    later = now + timedelta(seconds=WAITS[tries - 1])
    _of(claimed).update(mail=MailStatus.WAITING, mail_at=later, mail_error=_words(error))


def _give_up(claimed: Sequence[Notice], error: Exception) -> None:
    log.error("notice not mailed", extra={"notices": _ids(claimed), "error": _words(error)})
    _of(claimed).update(mail=MailStatus.FAILED, mail_at=None, mail_error=_words(error))


def _of(claimed: Sequence[Notice]) -> Any:
    return Notice.objects.filter(pk__in=_ids(claimed), mail=MailStatus.SENDING)


def _ids(claimed: Sequence[Notice]) -> list[int]:
    return [notice.pk for notice in claimed]


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


# -- the letter -------------------------------------------------------------------------------------


def message_of(claimed: Sequence[Notice]) -> EmailMultiAlternatives:
    """The email about these notices of one person in one workspace, in the person's language and time zone."""
    user, workspace = claimed[0].user, claimed[0].workspace
    with translation.override(user.language or workspace.language), timezone.override(ZoneInfo(user.time_zone)):
        return _write(claimed, user, workspace)


def _write(claimed: Sequence[Notice], user: User, workspace: Workspace) -> EmailMultiAlternatives:
    titles = [notices.title(notice) for notice in claimed]
    context = {
        "entries": [
            {
                "title": title,
                "text": notices.text(notice),
                "at": formats.full(notice.at),
                "url": f"{settings.PUBLIC_URL}{notices.address(notice, workspace)}",
                "go": _("Open account") if notice.account_id else _("Open the dispatch"),
                "bad": notice.kind in (NoticeKind.HOLD, NoticeKind.ALARM, NoticeKind.OUTAGE),
            }
            for title, notice in zip(titles, claimed, strict=True)
        ],
        "user": user,
        "workspace": workspace,
        "language": translation.get_language(),
        "profile_url": f"{settings.PUBLIC_URL}{reverse('profile')}#notices",
        "notices_url": _address("notices", workspace.slug),
    }
    subject = titles[0]
    if len(titles) > 1:
        more = ngettext("%(first)s, and %(n)s more", "%(first)s, and %(n)s more", len(titles) - 1)
        subject = more % {"first": titles[0], "n": len(titles) - 1}
    message = EmailMultiAlternatives(
        subject=f"[{workspace.name}] {subject}".replace("\n", " ").replace("\r", " "),
        body=render_to_string("email/notice.txt", context),
        to=[user.email],
        # The same for every try of the same notices, so that a mailbox can tell a double.
        headers={
            "Message-ID": f"<notice-{claimed[0].pk}@{urlsplit(settings.PUBLIC_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    page = render_to_string("email/notice.html", context)
    styles = render_to_string("email/notice.css")
    message.attach_alternative(css_inline.inline(page, extra_css=styles, load_remote_stylesheets=False), "text/html")
    return message


def _address(name: str, *args: Any) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, args=args)}"
