"""Pages of the ledger: every state in ledger order, found by index, whatever its size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Batch, Dispatch, Recipient
from campaigns.querysets import reading
from campaigns.services.showing import deliveries, figures, recipients
from campaigns.services.showing.recipients import Wanted
from contacts.models import Contact

MIXED = [
    ("delivered", "", 4),
    ("queued", "", 6),
    ("failed", "rejected", 3),
    ("undelivered", "expired", 2),
    ("unknown", "no_answer", 2),
    ("skipped", "opted_out", 3),
    ("sent", "no_receipt", 2),
    ("sent", "", 1),
]


def statuses(listing: recipients.Listing) -> list[str]:
    return [line.recipient.status for line in listing.lines]


@pytest.mark.parametrize("state", ["", *figures.STATES, *figures.GROUPS])
def test_a_list_holds_as_many_people_as_its_number_says(
    make_dispatch: Callable[..., Dispatch], now: datetime, state: str
) -> None:
    dispatch = make_dispatch(MIXED)
    listing = recipients.page(dispatch, Wanted(state), now)
    assert len(listing.lines) == figures.of(dispatch, now).people(state)


@pytest.mark.parametrize("status", ["sending", "paused"])
@pytest.mark.parametrize("state", figures.STATES)
def test_the_badge_of_a_row_is_the_state_of_its_list(
    make_dispatch: Callable[..., Dispatch], now: datetime, state: str, status: str
) -> None:
    dispatch = make_dispatch(MIXED, status=status)
    assert {line.state for line in recipients.page(dispatch, Wanted(state), now).lines} <= {state}


def test_several_statuses_come_in_one_ledger_order(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch([("failed", "", 2), ("undelivered", "", 2), ("failed", "", 2)])
    ids = [line.recipient.pk for line in recipients.page(dispatch, Wanted("failed"), now).lines]
    assert ids == sorted(ids)
    assert len(ids) == 6


def test_pages_follow_each_other_without_gap_or_double(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch(MIXED)
    seen: list[int] = []
    after = None
    while True:
        listing = recipients.page(dispatch, Wanted(), now, after=after, rows=5)
        seen += [line.recipient.pk for line in listing.lines]
        if not listing.has_next:
            break
        after = seen[-1]
    assert seen == sorted(Recipient.objects.values_list("pk", flat=True))


def test_the_page_before_ends_where_this_one_begins(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch([("delivered", "", 9)])
    ids = list(Recipient.objects.order_by("pk").values_list("pk", flat=True))
    listing = recipients.page(dispatch, Wanted(), now, before=ids[6], rows=3)
    assert [line.recipient.pk for line in listing.lines] == ids[3:6]
    assert (listing.has_previous, listing.has_next) == (True, True)


def test_a_reason_narrows_a_state(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    listing = recipients.page(make_dispatch(MIXED), Wanted("failed", "expired"), now)
    assert statuses(listing) == ["undelivered", "undelivered"]


def test_retrying_and_waiting_share_the_queue(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 12)], batch=4)
    later = now + timedelta(seconds=30)
    Batch.objects.filter(dispatch=dispatch, number=3).update(status="ready", tries=2, not_before=later)
    retrying = recipients.page(dispatch, Wanted("retry"), now).lines
    waiting = recipients.page(dispatch, Wanted("waiting"), now).lines
    assert {line.recipient.batch_no for line in retrying} == {3}
    assert {line.state for line in retrying} == {"retry"}
    assert {line.recipient.batch_no for line in waiting} == {1, 2}


def test_people_of_another_dispatch_are_not_in_the_list(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    mine, other = make_dispatch(), make_dispatch(name="Otro")
    shown = {line.recipient.dispatch_id for line in recipients.page(mine, Wanted(), now).lines}
    assert shown == {mine.pk}
    assert other.pk not in shown


@pytest.mark.parametrize(
    "query",
    [
        lambda person: person.phone,
        lambda person: f"{person.phone[3:6]} {person.phone[6:9]} {person.phone[9:]}",
        lambda person: person.email,
        lambda person: person.first_name,
        lambda person: f"{person.first_name.lower()} {person.last_name[:3]}",
    ],
    ids=["E.164", "as people type it", "email", "first name", "words"],
)
def test_a_person_is_found(
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
    now: datetime,
    query: Callable[[Contact], str],
) -> None:
    people = make_contacts(5)
    dispatch = make_dispatch([("delivered", "", 5)], people=people)
    found = recipients.search(dispatch, query(people[2]), now).lines
    assert [line.recipient.contact for line in found] == [people[2]]


def test_a_typed_address_without_a_contact_is_found(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    found = recipients.search(make_dispatch([("delivered", "", 5)]), "+34611000003", now).lines
    assert [line.recipient.address for line in found] == ["+34611000003"]


def test_a_reference_finds_its_row(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch([("delivered", "", 5)])
    row = recipients.page(dispatch, Wanted(), now).lines[3].recipient
    found = recipients.search(dispatch, f" {recipients.reference_of(row).upper()} ", now).lines
    assert [line.recipient for line in found] == [row]


def test_a_reference_of_another_dispatch_finds_nobody(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    mine, other = make_dispatch(), make_dispatch(name="Otro")
    row = recipients.page(other, Wanted(), now).lines[0].recipient
    assert recipients.search(mine, recipients.reference_of(row), now).lines == []


def test_a_contact_that_was_deleted_leaves_its_address(
    make_dispatch: Callable[..., Dispatch], make_contacts: Callable[..., list[Contact]], now: datetime
) -> None:
    people = make_contacts(1)
    dispatch = make_dispatch([("delivered", "", 1)], people=people)
    Contact.objects.all().delete()
    assert [line.name for line in recipients.page(dispatch, Wanted(), now).lines] == [people[0].phone]


@pytest.mark.parametrize("people", [3, 30])
def test_a_page_takes_the_same_queries_for_few_and_many(
    make_dispatch: Callable[..., Dispatch], make_contacts: Callable[..., list[Contact]], now: datetime, people: int
) -> None:
    dispatch = make_dispatch([("queued", "", people)], people=make_contacts(people))
    dispatch = Dispatch.objects.select_related("account", "workspace").get(pk=dispatch.pk)
    with CaptureQueriesContext(connection) as queries:
        names = [line.name for line in recipients.page(dispatch, Wanted(), now).lines]
    # On PostgreSQL one more, for the place up to which lanes have come.
    assert (len(names), len(queries)) == (people, 5 if connection.vendor == "postgresql" else 4)


# -- the index ---------------------------------------------------------------------------------------


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The tables of a test are so small that reading them whole is cheaper; what counts is what can be used.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"EXPLAIN {sql}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return "\n".join(str(row) for row in cursor.fetchall())


@pytest.mark.parametrize("state", ["", "failed", "sent", "receipt", "waiting", "excluded"])
def test_a_page_walks_the_index_and_sorts_nothing_but_itself(
    make_dispatch: Callable[..., Dispatch], now: datetime, state: str
) -> None:
    make_dispatch([("delivered", "", 3000)], name="Otro")  # so that walking the primary key does not look cheap
    dispatch = make_dispatch(MIXED)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE campaigns_recipient")
    walk = recipients.walk_of(dispatch, Wanted(state), figures.circumstances(dispatch, now), now)
    with CaptureQueriesContext(connection) as queries:
        reading.ids(walk, beyond=5, limit=51)
    found = plan(queries[-1]["sql"])
    index = "recipient_by_reason" if walk.reason else "recipient_by_status"
    assert found.count(index) == len(walk.statuses), found
    assert "SCAN r" not in found and "Seq Scan" not in found


def test_people_who_retry_are_found_from_their_batches(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 9)])
    walk = recipients.walk_of(dispatch, Wanted("retry"), figures.circumstances(dispatch, now), now)
    with CaptureQueriesContext(connection) as queries:
        reading.ids(walk, beyond=None, limit=51)
    if connection.vendor == "sqlite":
        assert "recipient_batch" in plan(queries[0]["sql"])


def test_the_ends_of_a_ledger_are_its_first_and_last_row(make_dispatch: Callable[..., Dispatch]) -> None:
    make_dispatch(name="Antes")
    dispatch = make_dispatch(MIXED)
    make_dispatch(name="Después")
    ids = Recipient.objects.filter(dispatch=dispatch).order_by("pk").values_list("pk", flat=True)
    assert reading.bounds(dispatch.pk) == (ids[0], ids[len(ids) - 1])


def test_a_dispatch_without_rows_has_no_ends(make_dispatch: Callable[..., Dispatch]) -> None:
    assert reading.bounds(make_dispatch([]).pk) is None


def test_a_sample_is_spread_over_the_whole_ledger(make_dispatch: Callable[..., Dispatch]) -> None:
    dispatch = make_dispatch([("delivered", "", 100)])
    ids = list(Recipient.objects.order_by("pk").values_list("pk", flat=True))
    assert reading.spread(dispatch.pk, "delivered", 10) == ids[::10]


def test_a_small_dispatch_is_sampled_whole(make_dispatch: Callable[..., Dispatch]) -> None:
    dispatch = make_dispatch([("delivered", "", 7), ("failed", "", 3)])
    assert len(reading.spread(dispatch.pk, "delivered", 400)) == 7


# -- deliveries --------------------------------------------------------------------------------------


def test_half_of_the_receipts_came_within_the_typical_time(now: datetime) -> None:
    found = [deliveries.Delivery(now, now + timedelta(seconds=seconds)) for seconds in (1, 2, 3, 50, 900)]
    assert deliveries.typical_seconds(found) == 3


def test_the_curve_ends_at_everybody_who_got_it(now: datetime) -> None:
    found = [deliveries.Delivery(now, now + timedelta(minutes=minutes)) for minutes in range(1, 11)]
    curve = deliveries.curve(found, delivered=5000, points=10)
    assert curve is not None
    assert curve.values[0] == 0
    assert curve.values[5] == pytest.approx(2500)
    assert curve.values[-1] == 5000
    assert list(curve.values) == sorted(curve.values)


def test_one_receipt_draws_no_curve(now: datetime) -> None:
    assert deliveries.curve([deliveries.Delivery(now, now + timedelta(seconds=1))], 1) is None
