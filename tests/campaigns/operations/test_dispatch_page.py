"""The live page: what it says, when it asks again, what its buttons do and to whom they are shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from campaigns.models import Batch, Dispatch, ProviderAccount
from console.models import AuditEvent
from console.services import audit
from contacts.models import Contact

RUNNING = [("delivered", "", 5), ("queued", "", 12), ("failed", "rejected", 2), ("skipped", "opted_out", 3)]


def text_of(client: Client, address: str, **headers: str) -> str:
    """The page as read: no tags, single spaces."""
    page = client.get(address, headers=headers).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_numbers_sum_to_the_audience_on_screen(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    page = text_of(owner_client, url("dispatch", make_dispatch(RUNNING).pk))
    assert "5 + 12 + 2 + 3 = 22 equals the audience" in page
    assert "7 of 19 handed over" in page


def test_a_difference_is_said_and_not_hidden(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch(RUNNING)
    Dispatch.objects.filter(pk=dispatch.pk).update(people=25)
    assert "3 from the audience of 25" in text_of(owner_client, url("dispatch", dispatch.pk))


@pytest.mark.parametrize("state", ["delivered", "waiting", "failed", "excluded", "handed"])
def test_every_number_opens_its_people(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], state: str
) -> None:
    dispatch = make_dispatch(RUNNING)
    page = owner_client.get(url("dispatch", dispatch.pk)).content.decode()
    assert f'href="{url("recipient-list", dispatch.pk)}?state={state}"' in page


def test_why_people_failed_is_said_with_advice_and_opens_them(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("failed", "spam", 2)])
    page = owner_client.get(url("dispatch", dispatch.pk)).content.decode()
    assert "Blocked as spam" in page
    assert "domain records" in page
    assert f"{url('recipient-list', dispatch.pk)}?state=failed&amp;reason=spam" in page


# -- polling -----------------------------------------------------------------------------------------


def trigger(page: str) -> str:
    found = re.search(r'id="dispatch"[^>]*hx-trigger="([^"]*)"', page)
    return found[1] if found else ""


def test_a_moving_dispatch_is_asked_for_every_two_seconds(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    beat: Callable[..., None],
) -> None:
    dispatch = make_dispatch(RUNNING)
    beat(dispatch, (10, 5, 5))
    assert trigger(owner_client.get(url("dispatch", dispatch.pk)).content.decode()) == "every 2s"


@pytest.mark.parametrize(("status", "seconds"), [("sending", 5), ("paused", 15), ("held", 15), ("preparing", 2)])
def test_less_is_asked_when_less_moves(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    status: str,
    seconds: int,
) -> None:
    dispatch = make_dispatch(RUNNING, status=status)
    assert trigger(owner_client.get(url("dispatch", dispatch.pk)).content.decode()) == f"every {seconds}s"


@pytest.mark.parametrize("status", ["finished", "stopped"])
def test_polling_ends_with_the_dispatch(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    hx: dict[str, str],
    status: str,
) -> None:
    dispatch = make_dispatch([("delivered", "", 3)], status=status)
    answer = owner_client.get(url("dispatch-live", dispatch.pk), headers=hx)
    assert answer.status_code == 286
    assert trigger(answer.content.decode()) == ""


def test_a_stopped_dispatch_is_watched_until_its_last_message_has_landed(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], hx: dict[str, str]
) -> None:
    dispatch = make_dispatch([("claimed", "", 3)], status="stopped")
    answer = owner_client.get(url("dispatch-live", dispatch.pk), headers=hx)
    assert (answer.status_code, trigger(answer.content.decode())) == (200, "every 5s")


def test_the_polled_part_is_only_that_part(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], hx: dict[str, str]
) -> None:
    page = owner_client.get(url("dispatch-live", make_dispatch(RUNNING).pk), headers=hx).content.decode()
    assert page.strip().startswith('<div class="stack" id="dispatch"')
    assert "<html" not in page


def test_a_tick_without_change_announces_nothing(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], hx: dict[str, str]
) -> None:
    address = url("dispatch-live", make_dispatch(RUNNING).pk)
    assert 'id="live"' not in owner_client.get(f"{address}?seen=sending-30", headers=hx).content.decode()


@pytest.mark.parametrize("seen", ["sending-20", "paused-30"])
def test_a_tenth_of_the_way_or_a_new_state_is_announced_with_new_buttons(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], hx: dict[str, str], seen: str
) -> None:
    address = url("dispatch-live", make_dispatch(RUNNING).pk)
    page = owner_client.get(f"{address}?seen={seen}", headers=hx).content.decode()
    assert "Sending. 36.8% handed over, 7 of 19. 2 failed." in page
    assert re.search(r'id="dispatch-actions" hx-swap-oob="true"', page)
    assert re.search(r'id="dispatch-state" hx-swap-oob="true"', page)


# -- control -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "words"), [("dispatch-pause", "Pause 12 messages"), ("dispatch-stop", "Stop 12 messages for good")]
)
def test_a_dialog_says_how_many_messages_it_is_about(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    hx: dict[str, str],
    action: str,
    words: str,
) -> None:
    address = url(action, make_dispatch([*RUNNING, ("claimed", "", 4)]).pk)
    for headers in (hx, {}):
        page = text_of(owner_client, address, **headers)
        assert words in page
        assert "up to 4 may still leave" in page


def test_pausing_says_what_was_handed_over_and_what_waits(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch(RUNNING)
    page = owner_client.post(url("dispatch-pause", dispatch.pk), follow=True).content.decode()
    dispatch.refresh_from_db()
    assert dispatch.status == "paused"
    assert "7 handed over. 12 wait here until you resume." in page
    assert "Resume 12 messages" in page


def test_stopping_says_what_will_not_go(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch(RUNNING)
    page = owner_client.post(url("dispatch-stop", dispatch.pk), follow=True).content.decode()
    dispatch.refresh_from_db()
    assert dispatch.status == "stopped"
    assert "7 handed over. 12 will not go." in page


def test_resuming_goes_on(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch(RUNNING, status="paused")
    page = owner_client.post(url("dispatch-resume", dispatch.pk), follow=True).content.decode()
    dispatch.refresh_from_db()
    assert dispatch.status == "sending"
    assert "7 were handed over before, 12 go on now." in page


def test_what_was_done_is_audited_with_its_numbers(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    owner_client.post(url("dispatch-pause", make_dispatch(RUNNING).pk))
    event = AuditEvent.objects.get(action="dispatch.pause")
    assert (str(event.actor), event.detail) == ("Ane Owner", {"handed_over": 7, "will_not_go": 12})


@pytest.mark.parametrize("action", ["dispatch-pause", "dispatch-stop", "dispatch-resume"])
def test_a_move_that_is_not_allowed_any_more_is_refused_with_a_sentence(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    hx: dict[str, str],
    action: str,
) -> None:
    dispatch = make_dispatch([("delivered", "", 3)], status="finished")
    answer = owner_client.post(url(action, dispatch.pk), headers=hx)
    assert answer.status_code == 409
    assert "finished" in answer.content.decode()
    assert answer["HX-Reswap"] == "none"


def test_a_dialog_does_not_ask_about_what_cannot_be_done(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("delivered", "", 3)], status="finished")
    assert owner_client.get(url("dispatch-pause", dispatch.pk)).status_code == 409


@pytest.mark.parametrize("action", ["dispatch-pause", "dispatch-stop", "dispatch-resume", "dispatch-retry"])
def test_who_only_reads_may_not_control(
    as_role: Callable[[str], Client], url: Callable[..., str], make_dispatch: Callable[..., Dispatch], action: str
) -> None:
    dispatch = make_dispatch(RUNNING)
    assert as_role("editor").post(url(action, dispatch.pk)).status_code == 403


def test_who_only_reads_sees_no_buttons(
    as_role: Callable[[str], Client], url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    page = as_role("analyst").get(url("dispatch", make_dispatch(RUNNING).pk)).content.decode()
    assert "Stop for good" not in page


def test_a_get_changes_nothing(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch(RUNNING, status="paused")
    assert owner_client.get(url("dispatch-resume", dispatch.pk)).status_code == 405


def test_retrying_sends_again_to_those_whom_another_try_may_reach(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("undelivered", "soft_bounce", 4), ("failed", "invalid_recipient", 3)], status="finished")
    address = url("dispatch-retry", dispatch.pk)
    assert "Send 4 messages again" in text_of(owner_client, address)
    assert "4 messages go out again" in owner_client.post(address, follow=True).content.decode()
    dispatch.refresh_from_db()
    assert dispatch.status == "sending"


def test_with_nobody_to_retry_nothing_is_asked(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("failed", "invalid_recipient", 3)], status="finished")
    assert owner_client.get(url("dispatch-retry", dispatch.pk)).status_code == 409


# -- standing still ----------------------------------------------------------------------------------


def test_a_held_dispatch_says_why_since_when_and_what_to_do(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    dispatch = make_dispatch(RUNNING, status="held", reason="no_credit")
    audit.record(
        "dispatch.hold", workspace=dispatch.workspace, actor=None, target=dispatch, now=now, reason="no_credit"
    )
    page = text_of(owner_client, url("dispatch", dispatch.pk))
    assert "This dispatch paused itself, Today" in page
    assert "no credit. Top up, release the account, then resume." in page
    assert "12 people are waiting and nobody gets a message twice." in page
    assert "Resume 12 messages" in page


def test_while_the_account_is_held_the_button_leads_there(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    sms_account: ProviderAccount,
    now: datetime,
) -> None:
    dispatch = make_dispatch(RUNNING, status="held", reason="auth")
    ProviderAccount.objects.update(hold_reason="auth", hold_since=now, last_error="401 wrong token")
    page = owner_client.get(url("dispatch", dispatch.pk)).content.decode()
    assert "401 wrong token" in page
    assert f'href="{url("account", sms_account.pk)}"' in page
    assert "Resume 12 messages" not in page


def test_a_provider_that_asked_to_wait_is_named_with_the_time(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    dispatch = make_dispatch(RUNNING)
    ProviderAccount.objects.update(hold_until=now + timedelta(minutes=3))
    assert "Sinch ES asked to wait, or does not answer" in text_of(owner_client, url("dispatch", dispatch.pk))


# -- to verify ---------------------------------------------------------------------------------------


def test_people_to_verify_are_listed_with_the_time_of_the_next_question(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
    now: datetime,
) -> None:
    dispatch = make_dispatch([("unknown", "no_answer", 7)], people=make_contacts(7))
    Batch.objects.update(status="unknown", look_up_at=now + timedelta(seconds=30))
    page = text_of(owner_client, url("dispatch", dispatch.pk))
    assert "Nombre4" in page
    assert "Nombre5" not in page
    assert "See all 7" in page
    assert "Sinch ES is asked again at" in page


def test_when_the_provider_cannot_tell_any_more_a_person_decides(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("unknown", "not_found", 7)], status="finished")
    page = text_of(owner_client, url("dispatch", dispatch.pk))
    assert "Sinch ES cannot tell us any more, so a person decides." in page
    assert "Finished, needs attention" in page


# -- everything else ---------------------------------------------------------------------------------


def test_all_events_have_a_page(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    dispatch = make_dispatch(RUNNING)
    for _ in range(12):
        audit.record("dispatch.begin", workspace=dispatch.workspace, actor=None, target=dispatch, now=now)
    assert "All 12" in text_of(owner_client, url("dispatch", dispatch.pk))
    assert text_of(owner_client, url("dispatch-events", dispatch.pk)).count("Sending began") == 12


def test_an_empty_dispatch_that_is_being_prepared_has_a_page(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([], status="preparing", started_at=None, prepared_at=None)
    assert "The audience is being written." in text_of(owner_client, url("dispatch", dispatch.pk))


def test_the_page_takes_the_same_queries_for_few_and_many(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
    count_queries: Callable[..., int],
) -> None:
    people = make_contacts(90)
    found = []
    for n in (3, 30):
        rows = [("unknown", "no_answer", n), ("failed", "spam", n), ("delivered", "", n)]
        found.append(count_queries(owner_client, url("dispatch-live", make_dispatch(rows, people=people).pk)))
    assert found[0] == found[1] <= 17


PAGES = ["dispatch", "dispatch-live", "dispatch-events", "dispatch-pause", "dispatch-stop", "dispatch-retry",
         "recipient-list", "recipient-decide-all", "report", "report-figures", "report-export"]  # fmt: skip
POSTS = ["dispatch-pause", "dispatch-stop", "dispatch-resume", "dispatch-retry", "recipient-decide-all",
         "recipient-decide-some", "report-export"]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_dispatch_of_another_workspace_is_not_found(
    owner_client: Client, url: Callable[..., str], foreign_dispatch: Dispatch, name: str
) -> None:
    assert owner_client.get(url(name, foreign_dispatch.pk)).status_code == 404


@pytest.mark.parametrize("name", POSTS)
def test_nothing_is_done_to_a_dispatch_of_another_workspace(
    owner_client: Client, url: Callable[..., str], foreign_dispatch: Dispatch, name: str
) -> None:
    assert owner_client.post(url(name, foreign_dispatch.pk), {"action": "mark_sent"}).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_somebody_of_another_workspace_finds_nothing_here(
    stranger: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], name: str
) -> None:
    assert stranger.get(url(name, make_dispatch().pk)).status_code == 404


@pytest.mark.parametrize("name", ["dispatch", "home"])
def test_a_dispatch_whose_audience_is_not_written_says_that_nobody_was_looked_up(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], name: str
) -> None:
    dispatch = make_dispatch([], status="held", reason="stale_schedule", prepared_at=None)
    text = text_of(owner_client, url(name, *([dispatch.pk] if name == "dispatch" else [])))
    assert ("Nobody has been looked up yet" in text, "0 of 0" in text) == (True, False)
