"""The inbox: searched, narrowed, read and answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, Dispatch, ProviderAccount, Recipient, Reply
from console.models import AuditEvent, Role, Workspace
from contacts.models import Contact
from contacts.services import consent


@pytest.fixture
def make_reply(workspace: Workspace, sms_account: ProviderAccount, now: datetime) -> Callable[..., Reply]:
    def make(text: str, **fields: Any) -> Reply:
        given = {"workspace": workspace, "account": sms_account, "channel": "sms", "address": "+34600112233", "at": now}
        return Reply.objects.create(**{**given, "event_id": f"e{Reply.objects.count()}", "text": text, **fields})

    return make


def texts(client: Client, address: str) -> set[str]:
    page = client.get(address).content.decode()
    return {word for word in ("Uno", "Dos", "Tres") if word in page}


@pytest.fixture
def three(make_reply: Callable[..., Reply], make_contacts: Callable[..., list[Contact]], now: datetime) -> None:
    ane, ibon = make_contacts(2)
    make_reply("Uno", contact=ane, address=ane.phone, read_at=now)
    make_reply("Dos", contact=ibon, address=ibon.phone)
    make_reply("Tres", opted_out=True)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Uno", "Dos", "Tres"}),
        ("?show=unread", {"Dos", "Tres"}),
        ("?show=opt-outs", {"Tres"}),
        ("?q=uno", {"Uno"}),
        ("?q=Nombre1", {"Dos"}),
        ("?q=600+11+22+33", {"Tres"}),
        ("?q=nobody", set()),
        ("?show=unread&q=nombre1", {"Dos"}),
        ("?show=odd&campaign=many", {"Uno", "Dos", "Tres"}),
    ],
)
def test_the_inbox_is_narrowed(owner_client: Client, url: Any, three: None, query: str, found: set[str]) -> None:
    assert texts(owner_client, url("replies") + query) == found


def test_the_inbox_of_one_campaign(
    owner_client: Client, url: Any, make_reply: Callable[..., Reply], make_dispatch: Callable[..., Dispatch]
) -> None:
    first, second = make_dispatch(name="Otoño"), make_dispatch(name="Invierno")
    make_reply("Uno", recipient=first.recipients.first())
    make_reply("Dos", recipient=second.recipients.first())
    assert texts(owner_client, url("replies") + f"?campaign={second.campaign_id}") == {"Dos"}


def test_ticked_replies_are_marked_as_read(owner_client: Client, url: Any, three: None) -> None:
    dos = Reply.objects.get(text="Dos")
    owner_client.post(url("replies-read"), {"id": [dos.pk, "odd"]})
    assert set(Reply.objects.filter(read_at=None).values_list("text", flat=True)) == {"Tres"}


def test_all_replies_are_marked_as_read_but_no_other_workspaces(
    owner_client: Client, url: Any, three: None, make_reply: Callable[..., Reply], other_workspace: Workspace
) -> None:
    make_reply("Ajena", workspace=other_workspace)
    owner_client.post(url("replies-read"), {"all": "1"})
    assert list(Reply.objects.filter(read_at=None).values_list("text", flat=True)) == ["Ajena"]


def test_an_analyst_reads_and_marks_nothing(as_role: Any, url: Any, three: None) -> None:
    analyst = as_role(Role.ANALYST)
    assert analyst.get(url("replies")).status_code == 200
    assert analyst.post(url("replies-read"), {"all": "1"}).status_code == 403


# -- answers --------------------------------------------------------------------------------------
def test_an_answer_goes_through_the_ledger_to_this_person_alone(
    owner_client: Client, url: Any, three: None, workspace: Workspace
) -> None:
    dos = Reply.objects.get(text="Dos")
    response = owner_client.post(url("reply-answer", dos.pk), {"text": "A las nueve."})
    assert response.status_code == 303
    row = Recipient.objects.select_related("dispatch__campaign", "dispatch__version").get()
    assert (row.address, row.contact, row.status) == (dos.address, dos.contact, "queued")
    assert (row.dispatch.kind, row.dispatch.status, row.dispatch.version.text) == ("answer", "sending", "A las nueve.")
    assert row.dispatch.campaign.status == "archived"
    assert AuditEvent.objects.filter(action="reply.answer").count() == 1
    dos.refresh_from_db()
    assert dos.read_at is not None


def test_answers_of_an_account_share_one_campaign(owner_client: Client, url: Any, three: None) -> None:
    for text in ("A las nueve.", "Y hasta las dos."):
        owner_client.post(url("reply-answer", Reply.objects.get(text="Dos").pk), {"text": text})
    assert Campaign.objects.count() == 1
    assert [d.version.text for d in Dispatch.objects.order_by("pk")] == ["A las nueve.", "Y hasta las dos."]


def test_who_has_opted_out_is_not_answered(owner_client: Client, url: Any, three: None, workspace: Workspace) -> None:
    dos = Reply.objects.get(text="Dos")
    consent.opt_out(workspace, "sms", dos.address, source="reply", now=timezone.now())
    assert owner_client.post(url("reply-answer", dos.pk), {"text": "¿Seguro?"}).status_code == 409
    assert not Dispatch.objects.exists()


def test_an_account_that_is_not_in_use_answers_nobody(owner_client: Client, url: Any, three: None) -> None:
    ProviderAccount.objects.update(is_active=False)
    dos = Reply.objects.get(text="Dos")
    assert owner_client.get(url("reply-answer", dos.pk)).status_code == 409


@pytest.mark.parametrize("text", ["", "Hola {{ first_name }}", "x" * 481])
def test_an_answer_that_cannot_go_comes_back(owner_client: Client, url: Any, three: None, text: str) -> None:
    dos = Reply.objects.get(text="Dos")
    assert owner_client.post(url("reply-answer", dos.pk), {"text": text}).status_code == 422


def test_only_who_may_send_answers(as_role: Any, url: Any, three: None) -> None:
    dos = Reply.objects.get(text="Dos")
    assert as_role(Role.EDITOR).post(url("reply-answer", dos.pk), {"text": "Hola"}).status_code == 403


def test_a_reply_of_another_workspace_is_not_there(
    owner_client: Client, url: Any, make_reply: Callable[..., Reply], other_workspace: Workspace
) -> None:
    foreign = make_reply("Ajena", workspace=other_workspace)
    assert owner_client.get(url("reply-answer", foreign.pk)).status_code == 404
