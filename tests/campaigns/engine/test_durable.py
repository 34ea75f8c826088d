"""What must outlive a power cut."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


def test_an_intent_is_on_the_disk_before_its_request_leaves(
    make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(1)
    account = make_account()
    engine.prepare(engine.start(make_campaign(account)))
    with CaptureQueriesContext(connection) as found:
        engine.slice(account)
    said = [query["sql"] for query in found]
    intent = next(n for n, sql in enumerate(said) if sql.startswith("UPDATE campaigns_batch SET started_at"))
    modes = [(n, sql) for n, sql in enumerate(said) if sql.startswith("PRAGMA synchronous=")]
    before = [sql for n, sql in modes if n < intent]
    after = [sql for n, sql in modes if n > intent]
    assert (before[-1], after[0]) == ("PRAGMA synchronous=FULL", "PRAGMA synchronous=NORMAL")
    assert said[said.index("PRAGMA synchronous=FULL") + 1].startswith("BEGIN")
