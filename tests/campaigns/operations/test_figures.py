"""What the pages say became of people: from counters, summing to the audience at every moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Batch, Dispatch
from campaigns.services.showing import figures
from campaigns.services.showing.figures import Cell, Circumstances
from campaigns.states import Reason, RecipientStatus
from console.models import Workspace

HOUR = timedelta(hours=1)
STATES = [
    ("queued", "", "waiting"),
    ("claimed", "", "sending"),
    ("accepted", "", "sent"),
    ("accepted", "marked_sent", "sent"),
    ("sent", "", "sent"),
    ("sent", "no_receipt", "receipt"),
    ("accepted", "no_receipt", "receipt"),
    ("delivered", "", "delivered"),
    ("undelivered", "expired", "failed"),
    ("failed", "rejected", "failed"),
    ("skipped", "opted_out", "excluded"),
    ("cancelled", "stopped", "excluded"),
    ("unknown", "no_answer", "verify"),
]


@pytest.mark.parametrize(("status", "reason", "state"), STATES)
def test_every_status_has_its_screen_state(status: str, reason: str, state: str) -> None:
    assert figures.state_of(status, reason, Circumstances()) == state


def test_no_status_is_left_without_a_screen_state() -> None:
    assert {status for status, _, _ in STATES} == set(RecipientStatus)


@pytest.mark.parametrize("status", ["accepted", "sent"])
def test_where_no_receipts_come_sent_is_all_one_can_say(status: str) -> None:
    assert figures.state_of(status, "", Circumstances(receipts=False)) == "receipt"


@pytest.mark.parametrize(("receipts", "standing", "retrying"), list(product([True, False], [True, False], [0, 2, 50])))
def test_states_sum_to_the_counters_whatever_the_circumstances(receipts: bool, standing: bool, retrying: int) -> None:
    cells = [Cell(status, reason, n) for n, (status, reason, _) in enumerate(STATES, start=3)]
    states = figures.by_state(cells, Circumstances(receipts, standing, retrying))
    assert sum(states.values()) == sum(cell.n for cell in cells)
    assert min(states.values()) >= 0


def test_states_come_in_the_order_of_every_bar() -> None:
    assert tuple(figures.by_state([], Circumstances())) == figures.STATES


def test_the_queue_of_a_paused_dispatch_is_held(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    found = figures.of(make_dispatch([("queued", "", 4)], status="paused"), now)
    assert (found.states["held"], found.states["waiting"]) == (4, 0)


def test_quiet_hours_hold_marketing(
    workspace: Workspace, make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    make_quiet(workspace, now)
    assert figures.of(make_dispatch([("queued", "", 4)], purpose="marketing"), now).states["held"] == 4


@pytest.mark.parametrize("fields", [{"purpose": "service"}, {"purpose": "marketing", "kind": "test"}])
def test_quiet_hours_hold_neither_service_messages_nor_tests(
    workspace: Workspace, make_dispatch: Callable[..., Dispatch], now: datetime, fields: dict[str, str]
) -> None:
    make_quiet(workspace, now)
    assert figures.of(make_dispatch([("queued", "", 4)], **fields), now).states["waiting"] == 4


def make_quiet(workspace: Workspace, now: datetime) -> None:
    """Quiet hours around `now`, in the workspace's zone."""
    local = now.astimezone(ZoneInfo(workspace.time_zone))
    workspace.quiet_from, workspace.quiet_to = ((local + hour).time() for hour in (-HOUR, HOUR))
    workspace.save()


def test_rows_that_failed_for_the_moment_are_retrying(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 20)], batch=5)
    Batch.objects.filter(dispatch=dispatch, number=2).update(
        status="ready", tries=1, not_before=now + timedelta(seconds=30)
    )
    found = figures.of(dispatch, now)
    assert (found.states["retry"], found.states["waiting"]) == (5, 15)


def test_rows_that_a_pause_gave_back_are_not_retrying(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 20)], batch=5)
    Batch.objects.filter(dispatch=dispatch, number=2).update(status="ready", tries=1, not_before=now)
    assert figures.of(dispatch, now).states["retry"] == 0


def test_handed_over_is_what_the_provider_has_or_perhaps_has(
    make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    rows = [("delivered", "", 5), ("failed", "rejected", 2), ("unknown", "no_answer", 1), ("claimed", "", 3),
            ("queued", "", 4), ("skipped", "opted_out", 6)]  # fmt: skip
    found = figures.of(make_dispatch(rows), now)
    assert (found.handed_over, found.in_flight, found.not_sent, found.to_send, found.total) == (8, 3, 4, 15, 21)


def test_groups_of_states_are_counted_like_states(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    found = figures.of(make_dispatch([("delivered", "", 5), ("claimed", "", 3), ("queued", "", 4)]), now)
    assert [found.people(state) for state in ("", "handed", "left", "delivered")] == [12, 5, 7, 5]


def test_the_audience_is_what_prepare_counted_not_the_sum_of_the_counters(
    make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    dispatch = make_dispatch([("delivered", "", 5)])
    Dispatch.objects.filter(pk=dispatch.pk).update(people=7)
    dispatch.refresh_from_db()
    found = figures.of(dispatch, now)
    assert (found.total, found.audience) == (5, 7)


def test_reasons_are_added_up_over_statuses_most_first(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    rows = [("failed", "rejected", 2), ("undelivered", "expired", 4), ("failed", "expired", 1)]
    found = figures.of(make_dispatch(rows), now).reasons("failed")
    assert [(cell.reason, cell.n) for cell in found] == [(Reason.EXPIRED, 5), (Reason.REJECTED, 2)]


def test_a_page_opens_although_the_credentials_cannot_be_read(
    make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    dispatch = make_dispatch([("sent", "", 2)])
    dispatch.account.sealed = "made with a key that was thrown away"
    assert figures.of(dispatch, now).states["sent"] == 2


@pytest.mark.parametrize("people", [3, 30])
def test_figures_of_many_dispatches_take_two_queries(
    make_dispatch: Callable[..., Dispatch], now: datetime, people: int
) -> None:
    for place in range(people):
        make_dispatch([("queued", "", 1)], name=f"Aviso {place}")
    dispatches = list(Dispatch.objects.select_related("account", "workspace"))
    with CaptureQueriesContext(connection) as queries:
        figures.many(dispatches, now)
    assert len(queries) == 2


def test_counters_of_rows_are_never_counted(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 5), ("delivered", "", 5)])
    with CaptureQueriesContext(connection) as queries:
        figures.of(dispatch, now)
    assert not [query for query in queries if "campaigns_recipient" in query["sql"]]
