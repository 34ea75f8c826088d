"""Decisions about messages that nobody knows the outcome of: asked with the number, done once, audited."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from campaigns.models import Dispatch, Recipient
from campaigns.services.sending import dispatching
from console.models import AuditEvent

DOUBTFUL = [("delivered", "", 2), ("unknown", "no_answer", 3)]
OUTCOMES = [("mark_sent", "accepted"), ("mark_not_sent", "failed"), ("send_again", "queued")]


def unknown() -> Recipient:
    row = Recipient.objects.filter(status="unknown").order_by("pk").first()
    assert row
    return row


def test_the_question_offers_the_three_decisions(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], hx: dict[str, str]
) -> None:
    dispatch = make_dispatch(DOUBTFUL, status="finished")
    page = owner_client.get(url("recipient-decide", dispatch.pk, unknown().pk), headers=hx).content.decode()
    assert [word in page for word in ("Mark as sent", "Mark as not sent", "Send again", "Decide later")] == [True] * 4


@pytest.mark.parametrize(("action", "status"), OUTCOMES)
def test_one_person_is_decided(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    action: str,
    status: str,
) -> None:
    dispatch = make_dispatch(DOUBTFUL, status="finished")
    row = unknown()
    owner_client.post(url("recipient-decide", dispatch.pk, row.pk), {"action": action})
    row.refresh_from_db()
    assert row.status == status
    assert AuditEvent.objects.filter(action=f"recipient.{action}", detail__people=1).exists()


@pytest.mark.parametrize(("action", "status"), OUTCOMES)
def test_everybody_to_verify_is_decided_at_once(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    action: str,
    status: str,
) -> None:
    dispatch = make_dispatch(DOUBTFUL, status="finished")
    owner_client.post(url("recipient-decide-all", dispatch.pk), {"action": action})
    assert dispatching.figures_of(dispatch) == {"delivered": 2, status: 3}
    assert AuditEvent.objects.get(action=f"recipient.{action}").detail["people"] == 3


def test_the_buttons_say_how_many(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    page = owner_client.get(url("recipient-decide-all", make_dispatch(DOUBTFUL).pk)).content.decode()
    assert [word in page for word in ("Mark 3 as sent", "Mark 3 as not sent", "Send 3 again")] == [True] * 3


def test_ticked_people_are_asked_about_first(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch(DOUBTFUL, status="finished")
    row = unknown()
    address = url("recipient-decide-some", dispatch.pk)
    page = owner_client.post(address, {"action": "send_again", "id": [row.pk]}).content.decode()
    assert "Decide for 1 person?" in page
    row.refresh_from_db()
    assert row.status == "unknown"
    owner_client.post(address, {"action": "send_again", "id": [row.pk], "confirmed": "1"})
    row.refresh_from_db()
    assert (row.status, row.attempt) == ("queued", 2)


def test_all_means_everybody_to_verify_not_the_page(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch(DOUBTFUL)
    page = owner_client.post(
        url("recipient-decide-some", dispatch.pk), {"action": "mark_sent", "all": "1", "id": [unknown().pk]}
    ).content.decode()
    assert "Mark 3 as sent" in page
    assert f'action="{url("recipient-decide-all", dispatch.pk)}"' in page


def test_nobody_ticked_is_said(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    answer = owner_client.post(url("recipient-decide-some", make_dispatch(DOUBTFUL).pk), {"action": "mark_sent"})
    assert answer.status_code == 409
    assert "Tick the people" in answer.content.decode()


def test_what_was_settled_meanwhile_is_not_decided_again(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("delivered", "", 2)])
    row = Recipient.objects.first()
    assert row
    answer = owner_client.post(url("recipient-decide", dispatch.pk, row.pk), {"action": "mark_sent"})
    assert answer.status_code == 409
    row.refresh_from_db()
    assert row.status == "delivered"


@pytest.mark.parametrize("action", ["", "delete", "claim"])
def test_an_unknown_decision_is_refused(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], action: str
) -> None:
    dispatch = make_dispatch(DOUBTFUL)
    assert owner_client.post(url("recipient-decide-all", dispatch.pk), {"action": action}).status_code == 409


def test_a_failed_message_can_be_sent_again(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("failed", "spam", 1)], status="finished")
    row = Recipient.objects.get()
    owner_client.post(url("recipient-decide", dispatch.pk, row.pk), {"action": "send_again"})
    dispatch.refresh_from_db()
    assert dispatch.status == "sending"


def test_with_nobody_left_to_verify_nothing_is_asked(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    assert owner_client.get(url("recipient-decide-all", make_dispatch().pk)).status_code == 409


@pytest.mark.parametrize("name", ["recipient-decide-all", "recipient-decide-some"])
def test_who_only_reads_may_not_decide(
    as_role: Callable[[str], Client], url: Callable[..., str], make_dispatch: Callable[..., Dispatch], name: str
) -> None:
    answer = as_role("analyst").post(url(name, make_dispatch(DOUBTFUL).pk), {"action": "mark_sent"})
    assert answer.status_code == 403
