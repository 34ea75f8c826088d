"""By which index the statements find their rows: a wrong one costs nothing on ten rows and minutes on ten million."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Dispatch, ProviderEvent, Recipient
from campaigns.querysets import callbacks, chunks, claims, in_flight, ledger_ids, outcomes, reading, sql
from campaigns.querysets.outcomes import Accepted
from campaigns.querysets.reading import Walk
from campaigns.services.sending import prepare
from tests.bench import ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispatch(make_account, make_campaign, make_contacts, engine):
    """One that the planner's statistics know nothing of yet, beside one that they are all about."""
    account = make_account()
    ledger.write(engine.start(make_campaign(account)), 20_000)
    make_contacts(300)
    sql.run("ANALYZE contacts_contact", [])
    return engine.prepare(engine.start(make_campaign(account)))


@pytest.fixture
def without_statistics(dispatch):
    """SQLite's planner as in a new installation."""
    if connection.vendor != "sqlite":
        yield
        return
    known = sql.rows("DELETE FROM sqlite_stat1 RETURNING tbl, idx, stat", [])
    sql.run("ANALYZE sqlite_master", [])  # reads them anew
    yield
    for row in known:
        sql.run("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", row)
    sql.run("ANALYZE sqlite_master", [])


def plans(work: Callable[[], object]) -> str:
    """How the engine would run the statements of `work` over the ledger."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        work()
    found = []
    with connection.cursor() as cursor:
        statements = [statement for query in captured.captured_queries for statement in query["sql"].split("; ")]
        for statement in statements:
            if "campaigns_recipient" in statement:
                explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
                cursor.execute(f"{explain} {statement}")
                found += [str(row[-1]) for row in cursor.fetchall()]
    return "\n".join(line for line in found if "campaigns_recipient" in line or "recipient_" in line or " r " in line)


def test_the_rows_of_a_batch_are_found_by_its_number(dispatch):
    now = timezone.now()
    rules = {"channel": "sms", "workspace_id": dispatch.workspace_id}
    for work in (
        lambda: claims.take_rows(dispatch.pk, [1], **rules, marketing=True, test=False),
        lambda: claims.leftovers(dispatch.pk, [1], [], **rules),
        lambda: claims.take_batches(dispatch.pk, 1, "token", now, now + timedelta(seconds=60)),
        lambda: in_flight.count(dispatch.pk, 1),
    ):
        assert "recipient_batch" in plans(work), plans(work)


def test_those_whom_callbacks_speak_of_are_looked_up_by_their_ids(dispatch, without_statistics):
    """Not among all who got something through the account, for every bite of callbacks; nor where SQLite has no
    statistics yet."""
    plan = plans(lambda: ledger_ids.of_account(dispatch.account_id, range(1, 501)))
    assert "PRIMARY KEY" in plan or "pkey" in plan, plan
    assert "recipient_" not in plan.replace("campaigns_recipient_pkey", ""), plan


def test_the_people_of_an_answer_are_looked_up_by_their_ids(dispatch):
    """Not compared each with everybody of the batch."""
    ids = Recipient.objects.filter(dispatch=dispatch, batch_no=1).values_list("pk", flat=True)
    accepted = Accepted.of([(pk, f"vendor-{pk}", 1) for pk in ids])
    plan = plans(lambda: outcomes.accept_flown(1, accepted, timezone.now()))
    assert "PRIMARY KEY" in plan or "pkey" in plan, plan
    assert "recipient_" not in plan.replace("campaigns_recipient_pkey", ""), plan


def test_a_bite_of_callbacks_is_read_from_the_front_of_those_that_wait(dispatch, now):
    """Not from all of them, which after an hour's outage are a million, for each bite."""
    ProviderEvent.objects.bulk_create(
        ProviderEvent(account_id=dispatch.account_id, kind="delivery", digest=f"{n}", headers={}, received_at=now)
        for n in range(3_000)
    )
    plan: list[str] = []

    def explain(execute, statement, params, many, context):
        if "LENGTH" in statement:
            execute(f"EXPLAIN {'' if sql.is_postgres() else 'QUERY PLAN '}{statement}", params, many, context)
            plan.extend(str(row[-1]) for row in context["cursor"].fetchall())
        return execute(statement, params, many, context)

    with connection.execute_wrapper(explain):
        assert len(callbacks.oldest(now, 500, 10**6)[0]) == 500
    assert "event_to_apply" in "".join(plan), plan
    assert not [step for step in plan if "Sort" in step or "TEMP B-TREE" in step], plan


def test_a_chunk_is_counted_from_indexes_and_never_by_reading_the_ledger(dispatch):
    """Also while the planner's statistics end long before it."""
    plan = plans(lambda: chunks.counts(dispatch.pk, (1, 2), 100))
    assert "recipient_batch" in plan and "recipient_by_reason" in plan, plan
    assert "Seq Scan" not in plan and "SCAN" not in plan and "PRIMARY KEY" not in plan, plan


def test_a_list_by_status_walks_its_index_and_one_by_reason_walks_that_of_the_few_that_have_one(dispatch, monkeypatch):
    monkeypatch.setattr(prepare, "CHUNK", 100)
    prepare.give_back(dispatch)
    assert "recipient_by_status" in plans(lambda: reading.ids(Walk(dispatch.pk, ("failed",)), beyond=None, limit=50))
    rare = Walk(dispatch.pk, ("failed",), reason="spam")
    assert "recipient_by_reason" in plans(lambda: reading.ids(rare, beyond=None, limit=50))


def test_both_ends_and_a_sample_of_a_status_are_found_in_its_index(dispatch):
    first = Dispatch.objects.order_by("pk")[0].pk
    plan = plans(lambda: reading.spread(first, "delivered", 10))
    assert "recipient_by_status" in plan, plan
    assert "pkey" not in plan and "PRIMARY KEY" not in plan, plan


@pytest.mark.parametrize("backwards", [False, True])
def test_a_list_by_the_status_that_nearly_all_rows_have_keeps_off_the_primary_key(dispatch, backwards):
    """Which would be walked past the rows of all dispatches before it."""
    delivered = Walk(Dispatch.objects.order_by("pk")[0].pk, ("delivered",))
    plan = plans(lambda: reading.ids(delivered, beyond=5_000, limit=50, backwards=backwards))
    assert "recipient_by_status" in plan, plan


@pytest.mark.sqlite
@pytest.mark.parametrize(("backwards", "seek"), [(False, "id>?"), (True, "id<?")])
def test_a_page_far_down_is_sought_not_walked_to(dispatch, backwards, seek):
    first = Dispatch.objects.order_by("pk")[0].pk
    page = plans(lambda: reading.ids(Walk(first, ("delivered",)), beyond=5_000, limit=50, backwards=backwards))
    assert f"status=? AND {seek}" in page, page
    sample = plans(lambda: reading.spread(first, "delivered", 10))
    assert "status=? AND id>?" in sample, sample


@pytest.mark.sqlite
def test_no_row_of_the_ledger_is_written_by_way_of_a_table_of_the_statuses(dispatch):
    """What SQLite makes of a constraint with IN, for each row."""
    program = sql.rows("EXPLAIN UPDATE campaigns_recipient SET status = %s WHERE id = %s", ["sent", 1])
    assert "OpenEphemeral" not in {step[1] for step in program}
