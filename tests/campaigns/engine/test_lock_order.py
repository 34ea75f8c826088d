"""Whoever writes a dispatch and its counters, or claims its batches, writes the dispatch first: two lanes, or a lane
and who stops it, would otherwise wait for each other in a circle, PostgreSQL would end one of them, and what that one
had in flight would be in doubt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db

DISPATCH = re.compile(r'^UPDATE "?campaigns_dispatch\b')
COUNTERS = re.compile(r"^INSERT INTO campaigns_tally\b")
CLAIM = re.compile(r"^WITH next AS\b")


def writes(work: Callable[[], object]) -> Iterator[str]:
    """What each of the outermost transactions of `work` writes, in order: "d" a dispatch, "b" batches that it claims,
    "c" its counters. Several statements in one message (`sql.together`) are a transaction, too."""
    with CaptureQueriesContext(connection) as captured:
        work()
    written, depth = "", 0
    for message in (query["sql"] for query in captured.captured_queries):
        statements = message.split("; ")
        if message.startswith("SAVEPOINT"):
            depth += 1
        elif message.startswith("RELEASE SAVEPOINT"):
            depth -= 1
        for statement in statements:
            if DISPATCH.match(statement) and (depth or len(statements) > 1):
                written += "d"
            elif COUNTERS.match(statement):
                written += "c"
            elif CLAIM.match(statement):  # on PostgreSQL with its counters
                written += "bc" if "INSERT INTO campaigns_tally" in statement else "b"
        if not depth:
            yield written
            written = ""


@pytest.mark.parametrize("fault", ["", "http_503"])
def test_the_dispatch_is_written_before_its_counters(
    fault, sandbox, make_account, make_campaign, make_contacts, engine
):
    make_contacts(6)
    account = make_account(options={"send_mode": "single"})
    campaign = make_campaign(account, cost_cap="100", options={"unit_price": "0.01"})
    dispatch = engine.prepare(engine.start(campaign))
    if fault:  # some of the batch go back, into a batch of their own
        sandbox.arm("/v1/send-sms", fault, times=2)
    found = [written for written in writes(lambda: engine.slice(dispatch.account)) if "c" in written]
    assert "dbc" in found
    assert [written for written in found if "cd" in written] == []


def test_the_dispatch_is_written_before_its_batches_are_claimed(
    sandbox, make_account, make_campaign, make_contacts, engine
):
    make_contacts(6)
    account = make_account()
    engine.prepare(engine.start(make_campaign(account)))
    found = [written for written in writes(lambda: engine.slice(account)) if "b" in written]
    assert "dbc" in found
    assert [written for written in found if written.index("b") < written.find("d")] == []
