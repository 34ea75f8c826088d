"""People are called when an account does not answer for long, and told when it answers again; once each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from campaigns import tasks
from campaigns.models import Dispatch, Notice, ProviderAccount
from campaigns.services.connecting import account_settings, accounts, outages
from campaigns.services.showing import notice_mail, notices
from campaigns.states import Reason
from console.models import AuditEvent, Membership, User, Workspace

MakeDispatch = Callable[..., Dispatch]
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def account(owner: User, sms_account: ProviderAccount, make_dispatch: MakeDispatch) -> ProviderAccount:
    """One with two dispatches that send through it."""
    for _ in range(2):
        make_dispatch([("queued", "", 5)], status="sending")
    return sms_account


def fail(account: ProviderAccount, at: datetime, times: int = accounts.FAILURES_TO_HOLD) -> None:
    for _ in range(times):
        accounts.note_failure(account.pk, Reason.PROVIDER_DOWN, "gone", at)


def told() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def outage(account: ProviderAccount, now: datetime) -> ProviderAccount:
    """Silent since `now`, told a minute later."""
    fail(account, now)
    outages.watch(now + MINUTE)
    return account


# -- when ------------------------------------------------------------------------------------------


def test_an_outage_that_lasts_a_minute_is_told(account: ProviderAccount, now: datetime) -> None:
    fail(account, now)
    outages.watch(now + MINUTE - SECOND)
    assert told() == []
    outages.watch(now + MINUTE)
    assert told() == ["outage"]


def test_the_sweep_of_every_minute_tells_it(account: ProviderAccount, now: datetime) -> None:
    fail(account, now - MINUTE)
    tasks.sweep()
    assert told() == ["outage"]


def test_it_is_told_since_when_the_account_is_silent(outage: ProviderAccount, now: datetime) -> None:
    assert Notice.objects.get().at == now


def test_a_breaker_that_closes_within_the_minute_calls_nobody(account: ProviderAccount, now: datetime) -> None:
    fail(account, now)
    accounts.note_success(account.pk, now + 30 * SECOND)
    outages.watch(now + MINUTE)
    assert told() == []


def test_a_provider_that_asks_to_wait_calls_nobody(account: ProviderAccount, now: datetime) -> None:
    accounts.slow_down(account.pk, now + 10 * MINUTE, now)
    outages.watch(now + 5 * MINUTE)
    assert told() == []


def ask_to_wait(account: ProviderAccount, since: datetime, until: datetime) -> None:
    """A wait of two minutes again and again, and nothing else."""
    at = since
    while at < until:
        accounts.slow_down(account.pk, at + 2 * MINUTE, at)
        at += 2 * MINUTE


def test_a_provider_that_only_asks_to_wait_for_a_quarter_of_an_hour_is_told(
    account: ProviderAccount, now: datetime
) -> None:
    ask_to_wait(account, now, now + 16 * MINUTE)
    outages.watch(now + 15 * MINUTE - SECOND)
    assert told() == []
    outages.watch(now + 15 * MINUTE)
    assert told() == ["outage"]
    assert Notice.objects.get().at == now


def test_one_that_takes_some_and_asks_to_wait_calls_nobody(account: ProviderAccount, now: datetime) -> None:
    for minute in range(0, 60, 2):
        at = now + minute * MINUTE
        accounts.slow_down(account.pk, at + 2 * MINUTE, at, took_some=True)
        outages.watch(at + MINUTE)
    assert told() == []


def test_one_that_asked_to_wait_long_ago_and_was_not_tried_since_calls_nobody(
    account: ProviderAccount, now: datetime
) -> None:
    accounts.slow_down(account.pk, now + MINUTE, now)
    outages.watch(now + 60 * MINUTE)
    assert told() == []


def test_a_message_that_is_taken_within_a_second_of_another_ends_the_asking(
    account: ProviderAccount, now: datetime
) -> None:
    accounts.note_success(account.pk, now)
    accounts.slow_down(account.pk, now + SECOND, now)
    account.refresh_from_db()
    assert not accounts.is_known_well(account, now)


def test_failures_below_the_breaker_call_nobody(account: ProviderAccount, now: datetime) -> None:
    fail(account, now, accounts.FAILURES_TO_HOLD - 1)
    outages.watch(now + MINUTE)
    assert told() == []


def test_what_nobody_waits_for_calls_nobody(account: ProviderAccount, now: datetime) -> None:
    fail(account, now)
    Dispatch.objects.update(status="paused")
    outages.watch(now + MINUTE)
    assert told() == []


@pytest.mark.parametrize("fields", [{"hold_reason": "auth"}, {"is_active": False}])
def test_what_a_person_has_to_mend_or_has_switched_off_is_no_outage(
    account: ProviderAccount, now: datetime, fields: dict[str, Any]
) -> None:
    fail(account, now)
    ProviderAccount.objects.update(**fields)
    outages.watch(now + MINUTE)
    assert told() == []


# -- once ------------------------------------------------------------------------------------------


def test_an_outage_of_hours_is_told_once(outage: ProviderAccount, now: datetime) -> None:
    for minute in range(1, 180, 10):
        fail(outage, now + minute * MINUTE, 1)
        outages.watch(now + minute * MINUTE)
    assert told() == ["outage"]


def test_two_hosts_that_see_it_at_once_tell_it_once(account: ProviderAccount, now: datetime) -> None:
    fail(account, now)
    [seen_by_the_other] = outages._silent(now + MINUTE)
    outages.watch(now + MINUTE)
    outages._tell_silence(seen_by_the_other, now + MINUTE)
    assert told() == ["outage"]
    assert AuditEvent.objects.filter(action="account.outage").count() == 1


@pytest.mark.django_db(transaction=True)
def test_four_that_look_in_the_same_instant_tell_it_once(account: ProviderAccount, now: datetime) -> None:
    start = threading.Barrier(4)

    def look() -> None:
        start.wait(10)
        outages.watch(now + MINUTE)
        connection.close()

    fail(account, now)
    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert told() == ["outage"]


def test_two_hosts_that_see_its_end_at_once_tell_it_once(outage: ProviderAccount, now: datetime) -> None:
    accounts.note_success(outage.pk, now + 2 * MINUTE)
    [seen_by_the_other] = outages._answering(now + 7 * MINUTE)
    outages.watch(now + 7 * MINUTE)
    outages._tell_answer(seen_by_the_other, now + 7 * MINUTE)
    assert told() == ["outage", "answers"]


def test_one_that_closed_while_it_was_looked_at_is_not_told(account: ProviderAccount, now: datetime) -> None:
    fail(account, now)
    [seen] = outages._silent(now + MINUTE)
    accounts.note_success(account.pk, now + MINUTE)
    outages._tell_silence(seen, now + MINUTE)
    assert told() == []


def test_many_lanes_that_fail_tell_it_once(account: ProviderAccount, now: datetime) -> None:
    fail(account, now, 5 * accounts.FAILURES_TO_HOLD)
    outages.watch(now + MINUTE)
    assert told() == ["outage"]


def test_the_same_notice_of_an_account_is_written_once(account: ProviderAccount, now: datetime) -> None:
    for _ in range(2):
        notices.tell_of_account(account, "outage", now, now, {})
    assert told() == ["outage"]


# -- the end ---------------------------------------------------------------------------------------


def test_it_is_over_after_five_minutes_of_answers(outage: ProviderAccount, now: datetime) -> None:
    accounts.note_success(outage.pk, now + 29 * MINUTE)
    outages.watch(now + 34 * MINUTE - SECOND)
    assert told() == ["outage"]
    outages.watch(now + 34 * MINUTE)
    assert told() == ["outage", "answers"]
    assert Notice.objects.get(kind="answers").at == now + 29 * MINUTE


def test_an_account_that_comes_and_goes_is_one_outage(outage: ProviderAccount, now: datetime) -> None:
    for minute in range(2, 62, 2):
        accounts.note_success(outage.pk, now + minute * MINUTE)
        outages.watch(now + minute * MINUTE)
        fail(outage, now + (minute + 1) * MINUTE)
        outages.watch(now + (minute + 1) * MINUTE)
    assert told() == ["outage"]


def test_answers_of_nobody_told_are_not_told(account: ProviderAccount, now: datetime) -> None:
    fail(account, now)
    accounts.note_success(account.pk, now + 30 * SECOND)
    outages.watch(now + 10 * MINUTE)
    assert told() == []


def test_one_that_asked_to_wait_is_over_once_it_has_taken_messages_for_five_minutes(
    account: ProviderAccount, now: datetime
) -> None:
    accounts.note_success(account.pk, now - 60 * MINUTE)
    ask_to_wait(account, now, now + 30 * MINUTE)
    outages.watch(now + 15 * MINUTE)
    outages.watch(now + 29 * MINUTE)
    assert told() == ["outage"]
    accounts.note_success(account.pk, now + 30 * MINUTE)
    outages.watch(now + 35 * MINUTE - SECOND)
    assert told() == ["outage"]
    outages.watch(now + 35 * MINUTE)
    assert told() == ["outage", "answers"]
    assert Notice.objects.get(kind="answers").detail["silent_seconds"] == 30 * 60


def test_after_an_outage_to_ask_to_wait_is_not_its_end(outage: ProviderAccount, now: datetime) -> None:
    accounts.slow_down(outage.pk, now + 3 * MINUTE, now + 2 * MINUTE)
    outages.watch(now + 10 * MINUTE)
    assert told() == ["outage"]


@pytest.mark.parametrize("sign", ["success", "refusal", "some of them"])
def test_any_message_that_is_dealt_with_begins_the_end(outage: ProviderAccount, now: datetime, sign: str) -> None:
    at = now + 2 * MINUTE
    match sign:
        case "success":
            accounts.note_success(outage.pk, at)
        case "refusal":
            accounts.note_answer(outage.pk, at)
        case "some of them":
            accounts.slow_down(outage.pk, at + SECOND, at, took_some=True)
    outages.watch(at + outages.OVER_AFTER)
    assert told() == ["outage", "answers"]


def test_the_hand_of_a_person_is_no_answer(outage: ProviderAccount, owner: User, now: datetime) -> None:
    account_settings.release(outage, owner, now + 2 * MINUTE)
    outages.watch(now + 30 * MINUTE)
    assert told() == ["outage"]
    accounts.note_answer(outage.pk, now + 40 * MINUTE)
    outages.watch(now + 45 * MINUTE)
    assert told() == ["outage", "answers"]


def test_the_next_outage_is_told_again(outage: ProviderAccount, now: datetime) -> None:
    accounts.note_success(outage.pk, now + 2 * MINUTE)
    outages.watch(now + 7 * MINUTE)
    fail(outage, now + 8 * MINUTE)
    outages.watch(now + 9 * MINUTE)
    assert told() == ["outage", "answers", "outage"]


# -- who -------------------------------------------------------------------------------------------


def test_who_may_mend_it_is_told(account: ProviderAccount, person: Callable[..., User], now: datetime) -> None:
    for role in ("manager", "sender", "editor", "analyst"):
        person(role)
    fail(account, now)
    outages.watch(now + MINUTE)
    people = Notice.objects.values_list("user__email", flat=True)
    assert sorted(people) == ["manager@example.test", "owner@example.test"]


def test_another_workspace_hears_nothing(
    account: ProviderAccount, other_workspace: Workspace, person: Callable[..., User], now: datetime
) -> None:
    stranger = person("owner", other_workspace, "stranger@example.test")
    fail(account, now)
    outages.watch(now + MINUTE)
    assert not Notice.objects.filter(user=stranger).exists()
    assert set(Notice.objects.values_list("workspace__slug", flat=True)) == {"norte"}


@pytest.mark.parametrize(
    ("level", "kinds", "mails"), [("off", [], 0), ("console", ["outage"], 0), (None, ["outage"], 1)]
)
def test_a_member_chooses_how_to_hear_of_it(
    account: ProviderAccount, owner: User, now: datetime, level: str | None, kinds: list[str], mails: int
) -> None:
    if level:
        notices.choose(Membership.objects.get(user=owner), {"outage": level})
    fail(account, now)
    outages.watch(now + MINUTE)
    send(now + MINUTE)
    assert (told(), len(mail.outbox)) == (kinds, mails)


def test_a_sender_is_not_asked_about_accounts(as_role: Callable[[str], Client]) -> None:
    page = as_role("sender").get("/profile/").content.decode()
    assert "A provider account" not in page
    assert "A dispatch ends" in page


# -- words -----------------------------------------------------------------------------------------


def send(at: datetime) -> None:
    for letter in notice_mail.due(at):
        notice_mail.send(letter, at)


def test_the_email_says_since_when_what_waits_and_where_to_look(
    outage: ProviderAccount, owner: User, now: datetime, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://console.example"
    User.objects.filter(pk=owner.pk).update(time_zone="Asia/Kolkata")
    send(now + MINUTE)
    [letter] = mail.outbox
    there = (now + timedelta(hours=5, minutes=30)).strftime("%H:%M")
    assert letter.subject == f"[Tienda Norte] “{outage}” does not answer"
    assert f"It has not answered since {there}. 2 dispatches wait for it, and go on by themselves." in letter.body
    assert f"https://console.example/w/norte/settings/providers/{outage.pk}/" in letter.body
    assert "Open account" in str(letter.alternatives[0][0])  # type: ignore[attr-defined]


def test_the_end_says_how_long_it_was(outage: ProviderAccount, now: datetime) -> None:
    accounts.note_success(outage.pk, now + 29 * MINUTE)
    outages.watch(now + 34 * MINUTE)
    notice = Notice.objects.get(kind="answers")
    assert notices.title(notice) == f"“{outage}” answers again"
    assert notices.text(notice) == "It took no messages for 29 min. What waited for it goes on by itself."


@pytest.mark.parametrize("language", ["en", "es"])
def test_one_that_only_asks_to_wait_is_told_as_that(account: ProviderAccount, now: datetime, language: str) -> None:
    ask_to_wait(account, now, now + 16 * MINUTE)
    outages.watch(now + 15 * MINUTE)
    notice = Notice.objects.select_related("account").get()
    said = {"en": ("takes no messages", "it has only asked to wait"), "es": ("no acepta mensajes", "solo pide esperar")}
    with override(language):
        assert said[language][0] in notices.title(notice)
        assert said[language][1] in notices.text(notice)


def test_it_speaks_the_language_of_whoever_reads_it(outage: ProviderAccount) -> None:
    with override("es"):
        assert notices.title(Notice.objects.get()) == f"«{outage}» no responde"


def test_the_list_shows_it_and_leads_to_the_account(owner_client: Client, outage: ProviderAccount) -> None:
    assert "does not answer" in owner_client.get("/w/norte/notices/").content.decode()
    answer = owner_client.post(reverse("notice-open", args=["norte", Notice.objects.get().pk]))
    assert (answer.status_code, answer["Location"]) == (303, f"/w/norte/settings/providers/{outage.pk}/")


def test_the_audit_log_keeps_both(outage: ProviderAccount, now: datetime) -> None:
    accounts.note_success(outage.pk, now + 2 * MINUTE)
    outages.watch(now + 7 * MINUTE)
    found = AuditEvent.objects.filter(action__in=["account.outage", "account.answers"]).order_by("pk")
    assert list(found.values_list("action", "actor")) == [("account.outage", None), ("account.answers", None)]


# -- what it costs ---------------------------------------------------------------------------------


def test_a_minute_without_outages_costs_two_questions(
    account: ProviderAccount, now: datetime, django_assert_num_queries: Callable[..., Any]
) -> None:
    with django_assert_num_queries(2):
        outages.watch(now)


def test_a_batch_that_goes_well_costs_the_account_one_statement(
    account: ProviderAccount, now: datetime, django_assert_num_queries: Callable[..., Any]
) -> None:
    with django_assert_num_queries(1):
        accounts.note_success(account.pk, now)


def test_a_notice_is_about_a_dispatch_or_an_account(account: ProviderAccount, owner: User, now: datetime) -> None:
    of_nothing = Notice(workspace=account.workspace, user=owner, kind="outage", at=now)
    of_both = Notice(
        workspace=account.workspace, user=owner, kind="hold", at=now, account=account, dispatch=Dispatch.objects.first()
    )
    for notice in (of_nothing, of_both):
        with pytest.raises(IntegrityError), transaction.atomic():
            notice.save()
