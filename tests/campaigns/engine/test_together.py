"""Several statements go to PostgreSQL in one message: each answer that a lane waits for costs it more than the
statement does. They are a transaction on both engines."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Pace
from campaigns.providers.sinch_messaging import adapter
from campaigns.querysets import sql
from campaigns.services.sending import lanes
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db

NEW = "INSERT INTO campaigns_pace (name, next_at, recent) VALUES (%s, 0, '')"


def test_each_statement_tells_what_it_gave_or_touched() -> None:
    told = sql.together(
        [
            (f"{NEW} RETURNING name", ["it's 100 %; really"]),
            (NEW, ["second"]),
            ("UPDATE campaigns_pace SET next_at = %s", [5]),
            ("SELECT COUNT(*) FROM campaigns_pace WHERE next_at = %s", [5]),
        ]
    )
    assert [list(map(tuple, one)) if isinstance(one, list) else one for one in told] == [
        [("it's 100 %; really",)],
        1,
        2,
        [(2,)],
    ]


def test_no_statements_ask_nothing(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert sql.together([]) == []


@pytest.mark.django_db(transaction=True)
def test_nothing_of_it_stays_when_a_later_statement_fails() -> None:
    with pytest.raises(DatabaseError):
        sql.together([(NEW, ["first"]), (NEW, ["first"])])
    assert not Pace.objects.exists()


@pytest.fixture
def asked(monkeypatch, sandbox, make_account, make_campaign, make_contacts, make_group, engine):
    """How often a lane asks the database for so many batches of two people, each message a request."""
    monkeypatch.setattr(adapter, "ONE_BY_ONE", 2)
    monkeypatch.setattr(lanes, "SINGLE_MESSAGES", 4)
    account = make_account(options={"send_mode": "single"}, requests_per_second=1_000_000)
    people = make_contacts(60)

    def run(batches: int) -> int:
        campaign = make_campaign(account, name=str(batches), everyone=False)
        campaign.include.add(make_group(str(batches), people[: 2 * batches]))
        dispatch = engine.prepare(engine.start(campaign))
        with CaptureQueriesContext(connection) as captured:
            engine.slice(account)
        assert statuses(dispatch) == {"accepted": 2 * batches}
        return len(captured)

    return run


def test_a_batch_costs_a_lane_few_answers_of_the_database(asked) -> None:
    """Eight on PostgreSQL: account, claim, rows, intent, and of the outcome its two ends, the rows and the rest."""
    most = 8 if sql.is_postgres() else 18
    few, many = asked(10), asked(30)
    assert (many - few) / 20 < most + 1
