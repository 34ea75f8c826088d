"""Notices by email: what they say, and that none goes out twice."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends import locmem

from campaigns.models import Dispatch, Notice, NoticeKind
from campaigns.services.sending import moves
from campaigns.services.showing import notice_mail, notices
from campaigns.states import Reason
from campaigns.tasks import mail_notices
from console.models import User

MakeDispatch = Callable[..., Dispatch]


@pytest.fixture
def held(owner: User, make_dispatch: MakeDispatch, now: datetime) -> Dispatch:
    dispatch = make_dispatch([("queued", "", 1)], status="sending")
    moves.hold(dispatch, Reason.NO_CREDIT, now)
    return dispatch


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """broken("open" or "send_messages", error): the mail server does that from now on."""

    def break_(method: str, error: Exception) -> None:
        def fail(*args: Any, **kwargs: Any) -> None:
            raise error

        monkeypatch.setattr(locmem.EmailBackend, method, fail)

    return break_


def send(at: datetime) -> None:
    for letter in notice_mail.due(at):
        notice_mail.send(letter, at)


def test_it_says_what_happened_why_and_where_to_look(held: Dispatch, settings: Any) -> None:
    settings.PUBLIC_URL = "https://console.example"
    mail_notices()
    [letter] = mail.outbox
    assert letter.to == ["owner@example.test"]
    assert letter.subject == f"[Tienda Norte] “{held.campaign}” paused itself"
    assert "The provider account has no credit" in letter.body
    assert f"https://console.example/w/norte/dispatches/{held.pk}/" in letter.body


def test_the_page_of_it_needs_no_style_sheet(held: Dispatch) -> None:
    mail_notices()
    page, kind = mail.outbox[0].alternatives[0]  # type: ignore[attr-defined]
    assert kind == "text/html"
    assert "<style" not in page
    assert "display: inline-block" in page


def test_it_speaks_the_language_and_the_time_of_the_person(owner: User, held: Dispatch, now: datetime) -> None:
    User.objects.filter(pk=owner.pk).update(language="es", time_zone="America/Mexico_City")
    mail_notices()
    assert "(Mexico City)\n" in mail.outbox[0].body  # and no "now", which is over when it is read
    assert "saldo" in mail.outbox[0].body


def test_a_name_with_a_line_break_makes_no_header(owner: User, make_dispatch: MakeDispatch, now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 1)], status="sending")
    type(dispatch.campaign).objects.update(name="Uno\nBcc: all@example.test")
    moves.hold(dispatch, Reason.AUTH, now)
    mail_notices()
    assert "\n" not in mail.outbox[0].subject


def test_a_sent_notice_is_not_sent_again(held: Dispatch, now: datetime) -> None:
    for minutes in range(0, 600, 60):
        send(now + timedelta(minutes=minutes))
    assert len(mail.outbox) == 1


def test_two_tasks_at_once_send_one_email(held: Dispatch, now: datetime) -> None:
    [letter] = notice_mail.due(now)
    assert [notice_mail.send(letter, now) for _ in range(2)] == [True, False]
    assert len(mail.outbox) == 1


def test_many_notices_of_one_person_are_one_email(owner: User, make_dispatch: MakeDispatch, now: datetime) -> None:
    for _ in range(3):
        moves.hold(make_dispatch([("queued", "", 1)], status="sending"), Reason.AUTH, now)
    send(now)
    assert len(mail.outbox) == 1
    assert "and 2 more" in mail.outbox[0].subject
    assert mail.outbox[0].body.count("paused itself") == 3


def test_a_server_that_is_not_there_is_tried_again_later(
    held: Dispatch, now: datetime, broken: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken("open", ConnectionRefusedError("no"))
    send(now)
    monkeypatch.undo()
    send(now + timedelta(seconds=29))
    assert mail.outbox == []
    send(now + timedelta(seconds=31))
    assert len(mail.outbox) == 1


def test_it_is_given_up_in_the_end(held: Dispatch, now: datetime, broken: Callable[..., None]) -> None:
    broken("open", ConnectionRefusedError("no"))
    at = now
    for wait in (0, *notice_mail.WAITS):
        at += timedelta(seconds=wait)
        send(at)
    notice = Notice.objects.get()
    assert (notice.mail, notice.mail_tries, notice.mail_error) == ("failed", 6, "ConnectionRefusedError: no")


def test_an_address_that_does_not_exist_is_not_tried_again(
    held: Dispatch, now: datetime, broken: Callable[..., None]
) -> None:
    broken("send_messages", smtplib.SMTPRecipientsRefused({"owner@example.test": (550, b"unknown")}))
    send(now)
    assert Notice.objects.get().mail == "failed"


def test_a_mailbox_that_is_full_for_now_is_tried_again(
    held: Dispatch, now: datetime, broken: Callable[..., None]
) -> None:
    broken("send_messages", smtplib.SMTPRecipientsRefused({"owner@example.test": (452, b"later")}))
    send(now)
    assert Notice.objects.get().mail == "waiting"


@pytest.mark.parametrize("error", [smtplib.SMTPServerDisconnected("gone"), TimeoutError("slow")])
def test_what_was_perhaps_sent_is_not_sent_again(
    held: Dispatch, now: datetime, broken: Callable[..., None], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    broken("send_messages", error)
    send(now)
    monkeypatch.undo()
    send(now + timedelta(days=1))
    assert (Notice.objects.get().mail, mail.outbox) == ("sending", [])


def test_a_worker_that_dies_while_sending_leaves_no_second_email(
    held: Dispatch, now: datetime, broken: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken("send_messages", KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        send(now)
    monkeypatch.undo()
    send(now + timedelta(days=1))
    assert mail.outbox == []


def test_who_wants_no_email_gets_none(owner: User, make_dispatch: MakeDispatch, now: datetime) -> None:
    notices.choose(owner.memberships.get(), {NoticeKind.HOLD: "console"})
    moves.hold(make_dispatch([("queued", "", 1)], status="sending"), Reason.AUTH, now)
    send(now)
    assert mail.outbox == []
