"""Reports: the list of what ended, and the funnel in which every number opens its people."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from campaigns.models import Dispatch
from campaigns.reports import funnel
from campaigns.services.showing import figures

ENDED = [("delivered", "", 80), ("sent", "", 4), ("undelivered", "soft_bounce", 6), ("failed", "spam", 3),
         ("unknown", "not_found", 2), ("skipped", "opted_out", 3), ("skipped", "no_address", 2)]  # fmt: skip


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_funnel_goes_from_the_audience_to_what_became_of_it(
    make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    dispatch = make_dispatch(ENDED, status="finished")
    found = [(str(step.label), step.n) for step in funnel.steps(figures.of(dispatch, now))]
    assert found == [
        ("Audience", 100), ("Excluded", 5), ("Opted out", 3), ("No address on this channel", 2), ("Handed over", 95),
        ("Delivered", 80), ("Sent", 4), ("Failed", 9), ("To verify", 2),
    ]  # fmt: skip


def test_every_number_of_the_funnel_lists_as_many_people(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    dispatch = make_dispatch([(status, reason, n % 9 + 1) for status, reason, n in ENDED], status="finished")
    page = owner_client.get(url("report", dispatch.pk)).content.decode()
    table = page[page.index('id="h-fun"') : page.index('id="h-why"')]
    links = re.findall(r'<a href="([^"]*)"[^>]*>([\d,]+)</a>', table)
    assert len(links) == 9
    for address, number in links:
        people = owner_client.get(address.replace("&amp;", "&")).content.decode()
        assert len(re.findall(r'<th scope="row"', people)) == int(number), address


def test_why_people_did_not_get_it_comes_with_advice(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    page = words(owner_client.get(url("report", make_dispatch(ENDED, status="finished").pk)).content.decode())
    assert "Why 11 did not get it" in page
    assert "6 + 3 + 2 = 11" in page
    assert "The mailbox was full or not reachable It can be retried later." in page


def test_shares_are_of_those_who_were_written_to(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    page = words(owner_client.get(url("report", make_dispatch(ENDED, status="finished").pk)).content.decode())
    assert "Delivered 84.2% 80 of 95" in page
    assert "Excluded 5 5.0% of the audience" in page


def test_a_running_dispatch_has_a_report_that_says_so(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    page = words(owner_client.get(url("report", make_dispatch([("queued", "", 3)]).pk)).content.decode())
    assert "This dispatch is not over" in page
    assert "Still to be handed over" in page


def test_the_figures_are_a_file_too(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], beat: Callable[..., None]
) -> None:
    dispatch = make_dispatch(ENDED, status="finished", name="=Promo finde")
    beat(dispatch, (20, 95, 190))
    answer = owner_client.get(url("report-figures", dispatch.pk))
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))}
    assert answer["Content-Disposition"] == 'attachment; filename="promo-finde-1.csv"'
    assert rows["Campaign"][0] == "'=Promo finde"
    assert rows["Excluded: Opted out"] == ["3", "3.0%"]
    assert rows["Failed: Blocked as spam"] == ["3", "3.0%"]
    assert rows["SMS parts"][0] == "190"
    assert rows["Cost"] == ["9.50000", "EUR"]


# -- the list ----------------------------------------------------------------------------------------


def test_only_what_ended_is_listed_newest_first(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    make_dispatch(status="finished", name="Primera")
    make_dispatch(status="stopped", name="Segunda")
    make_dispatch(status="sending", name="Tercera")
    make_dispatch(status="finished", name="Prueba", kind="test")
    page = owner_client.get(url("reports")).content.decode()
    assert page.index("Segunda") < page.index("Primera")
    assert "Tercera" not in page
    assert "Prueba" not in page


@pytest.mark.parametrize(("query", "shown"), [("q=pri", "Primera"), ("channel=email", "Correo")])
def test_the_list_is_filtered(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    hx: dict[str, str],
    query: str,
    shown: str,
) -> None:
    make_dispatch(status="finished", name="Primera")
    make_dispatch(status="finished", name="Correo", channel="email")
    page = owner_client.get(f"{url('reports')}?{query}", headers=hx).content.decode()
    assert [name for name in ("Primera", "Correo") if name in page] == [shown]


def test_reports_of_another_workspace_are_not_listed(
    owner_client: Client, url: Callable[..., str], foreign_dispatch: Dispatch
) -> None:
    Dispatch.objects.update(status="finished", finished_at=foreign_dispatch.changed_at + timedelta(1))
    assert "No reports yet" in owner_client.get(url("reports")).content.decode()


def test_the_list_takes_the_same_queries_for_few_and_many(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    count_queries: Callable[..., int],
) -> None:
    found = []
    for n in (3, 27):
        for place in range(n):
            make_dispatch(status="finished", name=f"Promo {n} {place}")
        found.append(count_queries(owner_client, url("reports")))
    assert found[0] == found[1] <= 8
