"""The list behind every number, one person's page, and the exact text that left."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from campaigns.models import Dispatch, ProviderAccount, Recipient, Reply, TemplateVersion
from campaigns.services.showing import recipients
from console.models import Workspace
from contacts.models import Contact

MIXED = [("delivered", "", 4), ("failed", "spam", 3), ("undelivered", "expired", 2), ("unknown", "no_answer", 2)]


def rows_of(page: str) -> int:
    return len(re.findall(r'<th scope="row"', page))


@pytest.mark.parametrize(("query", "people"), [("", 11), ("?state=failed", 5), ("?state=failed&reason=spam", 3),
                                               ("?state=handed", 11), ("?state=nonsense", 11)])  # fmt: skip
def test_clicking_a_number_lists_exactly_its_people(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], query: str, people: int
) -> None:
    page = owner_client.get(url("recipient-list", make_dispatch(MIXED).pk) + query).content.decode()
    assert rows_of(page) == people
    assert f"{people} people" in page


def test_a_row_says_why_in_our_words_and_in_the_providers(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("failed", "spam", 1)])
    Recipient.objects.update(detail="554 5.7.1 <script>message</script> rejected")
    page = owner_client.get(url("recipient-list", dispatch.pk)).content.decode()
    assert "Blocked as spam" in page
    assert "554 5.7.1 &lt;script&gt;message&lt;/script&gt; rejected" in page


def test_a_state_offers_the_reasons_in_it(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    page = owner_client.get(url("recipient-list", make_dispatch(MIXED).pk) + "?state=failed").content.decode()
    assert '<option value="spam">Blocked as spam (3)</option>' in page
    assert '<option value="expired">Could not be delivered in time (2)</option>' in page


def test_next_and_previous_lead_through_the_whole_list(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("delivered", "", recipients.ROWS + 7)])
    first = owner_client.get(url("recipient-list", dispatch.pk) + "?state=delivered").content.decode()
    following = re.search(r'href="([^"]*)" rel="next"', first)
    assert following and "state=delivered" in following[1]
    second = owner_client.get(following[1].replace("&amp;", "&")).content.decode()
    back = re.search(r'href="([^"]*)" rel="prev"', second)
    assert rows_of(second) == 7 and back
    assert rows_of(owner_client.get(back[1].replace("&amp;", "&")).content.decode()) == recipients.ROWS


def test_a_search_shows_who_fits(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
) -> None:
    dispatch = make_dispatch([("delivered", "", 5)], people=make_contacts(5))
    page = owner_client.get(url("recipient-list", dispatch.pk), {"q": "nombre3"}).content.decode()
    assert rows_of(page) == 1
    assert "Nombre3 Apellido" in page


def test_a_search_without_result_says_what_can_be_searched(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    page = owner_client.get(url("recipient-list", make_dispatch().pk), {"q": "zzz"}).content.decode()
    assert "Nobody fits" in page


def test_htmx_gets_only_the_list(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], hx: dict[str, str]
) -> None:
    page = owner_client.get(url("recipient-list", make_dispatch().pk), headers=hx).content.decode()
    assert page.strip().startswith('<section class="card" id="people"')


def test_the_list_takes_the_same_queries_for_few_and_many(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
    count_queries: Callable[..., int],
) -> None:
    people = make_contacts(60)
    found = []
    for n in (3, 30):
        dispatch = make_dispatch([("failed", "spam", n), ("queued", "", n)], people=people)
        found.append(count_queries(owner_client, url("recipient-list", dispatch.pk)))
    assert found[0] == found[1] <= 14


# -- one person --------------------------------------------------------------------------------------


def test_the_page_shows_the_exact_text_and_every_fact(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
) -> None:
    dispatch = make_dispatch([("delivered", "", 1)], people=make_contacts(1))
    row = Recipient.objects.get()
    Contact.objects.update(first_name="Changed since")
    page = owner_client.get(url("recipient", dispatch.pk, row.pk)).content.decode()
    assert "Hola Nombre0" in page
    for fact in (recipients.reference_of(row), "pm-0", "1 part", "Sinch ES"):
        assert fact in page


def test_a_value_with_markup_is_shown_and_not_run(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("delivered", "", 1)])
    Recipient.objects.update(values='{"first_name": "<script>alert(1)</script>"}')
    page = owner_client.get(url("recipient", dispatch.pk, Recipient.objects.get().pk)).content.decode()
    assert "Hola &lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_somebody_without_a_value_has_no_text(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([("skipped", "missing_value", 1)])
    Recipient.objects.update(values="{}")
    page = owner_client.get(url("recipient", dispatch.pk, Recipient.objects.get().pk)).content.decode()
    assert "a field that the message needs is empty" in page


def test_what_they_answered_is_on_the_page(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
    sms_account: ProviderAccount,
    workspace: Workspace,
    now: datetime,
) -> None:
    people = make_contacts(1)
    dispatch = make_dispatch([("delivered", "", 1)], people=people)
    row = Recipient.objects.get()
    Reply.objects.create(
        workspace=workspace, account=sms_account, contact=people[0], recipient=row, channel="sms", event_id="1",
        address=row.address, text="BAJA", opted_out=True, at=now,
    )  # fmt: skip
    page = owner_client.get(url("recipient", dispatch.pk, row.pk)).content.decode()
    assert "BAJA" in page
    assert "opted out" in page


@pytest.fixture
def email_row(
    make_dispatch: Callable[..., Dispatch],
    email_account: ProviderAccount,
    make_version: Callable[..., TemplateVersion],
) -> Recipient:
    version = make_version("email", subject="Hola {{ first_name }}", html="<p style='color:red'>{{ first_name }}</p>")
    make_dispatch([("delivered", "", 1)], channel="email", account=email_account, version=version)
    return Recipient.objects.get()


def test_an_email_is_framed_and_its_address_lets_no_script_run(
    owner_client: Client, url: Callable[..., str], email_row: Recipient
) -> None:
    args = (email_row.dispatch_id, email_row.pk)
    page = owner_client.get(url("recipient", *args)).content.decode()
    assert f'src="{url("recipient-html", *args)}" sandbox=' in page
    answer = owner_client.get(url("recipient-html", *args))
    policy = answer["Content-Security-Policy"]
    assert answer.content.decode() == "<p style='color:red'>Persona0</p>"
    assert "sandbox" in policy and "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_an_sms_has_no_html(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch()
    row = Recipient.objects.first()
    assert row and owner_client.get(url("recipient-html", dispatch.pk, row.pk)).status_code == 404


@pytest.mark.parametrize("name", ["recipient", "recipient-html", "recipient-decide"])
def test_a_row_is_found_only_below_its_own_dispatch_and_workspace(
    owner_client: Client,
    stranger: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    foreign_dispatch: Dispatch,
    name: str,
) -> None:
    mine = make_dispatch([("unknown", "no_answer", 1)])
    other = make_dispatch([("unknown", "no_answer", 1)], name="Otro")
    row = mine.recipients.get()
    theirs = foreign_dispatch.recipients.first()
    assert owner_client.get(url(name, other.pk, row.pk)).status_code == 404
    assert theirs and owner_client.get(url(name, foreign_dispatch.pk, theirs.pk)).status_code == 404
    assert owner_client.get(url(name, mine.pk, theirs.pk)).status_code == 404
    assert stranger.get(url(name, mine.pk, row.pk)).status_code == 404
