"""Replies: the inbox, and the story of one contact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Dispatch, ProviderAccount, Reply
from console.models import Workspace
from contacts.models import Contact


@pytest.fixture
def make_reply(workspace: Workspace, sms_account: ProviderAccount, now: datetime) -> Callable[..., Reply]:
    def make(text: str, **fields: Any) -> Reply:
        given = {"workspace": workspace, "account": sms_account, "channel": "sms", "address": "+34600112233", "at": now}
        return Reply.objects.create(**{**given, "event_id": f"e{Reply.objects.count()}", "text": text, **fields})

    return make


def test_a_reply_says_who_what_and_to_which_campaign(
    owner_client: Client,
    url: Callable[..., str],
    make_reply: Callable[..., Reply],
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
) -> None:
    people = make_contacts(1)
    dispatch = make_dispatch([("delivered", "", 1)], people=people, name="Apertura")
    make_reply("¿A qué <b>hora</b>?", contact=people[0], recipient=dispatch.recipients.get())
    page = owner_client.get(url("replies")).content.decode()
    for fact in ("Nombre0 Apellido", "¿A qué &lt;b&gt;hora&lt;/b&gt;?", "Apertura"):
        assert fact in page


def test_opt_outs_can_be_seen_alone(
    owner_client: Client, url: Callable[..., str], make_reply: Callable[..., Reply], hx: dict[str, str]
) -> None:
    make_reply("Gracias")
    make_reply("BAJA", opted_out=True)
    page = owner_client.get(url("replies") + "?show=opt-outs", headers=hx).content.decode()
    assert ("BAJA" in page, "Gracias" in page) == (True, False)


def test_a_reply_to_nothing_of_ours_is_kept(
    owner_client: Client, url: Callable[..., str], make_reply: Callable[..., Reply]
) -> None:
    make_reply("Hola")
    assert "No message of ours" in owner_client.get(url("replies")).content.decode()


def test_an_empty_inbox_says_how_replies_arrive(owner_client: Client, url: Callable[..., str]) -> None:
    assert "callback address" in owner_client.get(url("replies")).content.decode()


def test_the_inbox_of_another_workspace_is_apart(
    owner_client: Client,
    stranger: Client,
    url: Callable[..., str],
    make_reply: Callable[..., Reply],
    other_workspace: Workspace,
) -> None:
    make_reply("Ajena", workspace=other_workspace)
    assert "Ajena" not in owner_client.get(url("replies")).content.decode()
    assert stranger.get(url("replies")).status_code == 404


def test_the_inbox_takes_the_same_queries_for_few_and_many(
    owner_client: Client,
    url: Callable[..., str],
    make_reply: Callable[..., Reply],
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
    count_queries: Callable[..., int],
) -> None:
    people = make_contacts(30)
    rows = list(make_dispatch([("delivered", "", 30)], people=people).recipients.order_by("pk"))
    found = []
    for part in (rows[:3], rows[3:]):
        for row in part:
            make_reply("Hola", contact=row.contact, recipient=row)
        found.append(count_queries(owner_client, url("replies")))
    assert found[0] == found[1] <= 9


# -- one contact -------------------------------------------------------------------------------------


def test_the_story_of_a_contact_is_newest_first(
    owner_client: Client,
    url: Callable[..., str],
    make_reply: Callable[..., Reply],
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
    hx: dict[str, str],
    now: datetime,
) -> None:
    people = make_contacts(1)
    make_dispatch([("delivered", "", 1)], people=people, name="Primera")
    make_reply("BAJA", contact=people[0], opted_out=True)
    make_dispatch([("skipped", "opted_out", 1)], people=people, name="Segunda", planned_at=now + timedelta(hours=1))
    page = owner_client.get(url("contact-messages", people[0].pk), headers=hx).content.decode()
    assert page.strip().startswith('<div id="contact-messages">')
    assert page.index("Segunda: Excluded") < page.index("Replied and opted out") < page.index("Primera: Delivered")


def test_somebody_nobody_wrote_to_has_no_story(
    owner_client: Client, url: Callable[..., str], make_contacts: Callable[..., list[Contact]]
) -> None:
    page = owner_client.get(url("contact-messages", make_contacts(1)[0].pk)).content.decode()
    assert "No message has been written to this person yet." in page


def test_the_story_of_a_contact_elsewhere_is_not_told(
    owner_client: Client,
    stranger: Client,
    url: Callable[..., str],
    make_contacts: Callable[..., list[Contact]],
    other_workspace: Workspace,
) -> None:
    theirs = make_contacts(1, where=other_workspace)[0]
    mine = make_contacts(1, start=5)[0]
    assert owner_client.get(url("contact-messages", theirs.pk)).status_code == 404
    assert stranger.get(url("contact-messages", mine.pk)).status_code == 404


def test_the_story_takes_the_same_queries_for_few_and_many(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
    count_queries: Callable[..., int],
) -> None:
    people, found = make_contacts(1), []
    for n in (3, 27):
        for place in range(n):
            make_dispatch([("delivered", "", 1)], people=people, name=f"{n}.{place}")
        found.append(count_queries(owner_client, url("contact-messages", people[0].pk)))
    assert found[0] == found[1] <= 9


@pytest.mark.parametrize(("row", "word"), [(("skipped", "opted_out", 1), "See why"),
                                           (("delivered", "", 1), "See the message")])  # fmt: skip
def test_the_message_is_only_offered_where_one_left(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]], row: tuple[str, str, int], word: str,
) -> None:  # fmt: skip
    people = make_contacts(1)
    make_dispatch([row], people=people)
    page = owner_client.get(url("contact-messages", people[0].pk)).content.decode()
    assert [said for said in ("See why", "See the message") if said in page] == [word]
