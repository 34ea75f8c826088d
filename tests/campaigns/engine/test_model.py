"""Hypothesis plays beat, workers, provider and people in any order against one dispatch."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as play
from hypothesis.stateful import run_state_machine_as_test

from campaigns.services.sending import lanes, outcomes, prepare
from campaigns.services.settling import settle
from tests.campaigns.engine.model import DispatchModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def run_model(monkeypatch: pytest.MonkeyPatch, settings) -> Callable[..., None]:
    """What the model replaces is put back after it. Chunks are small, so that few people make many."""
    settings.LANES_PER_ACCOUNT = 4  # one that stands still does not keep the others from sending
    settings.LANE_SLICE_SECONDS = 20.0  # a lane ends when it has nothing to do, not by the time that a machine takes
    monkeypatch.setattr(lanes, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(lanes, "LOOK_SECONDS", math.inf)  # as late as can be, whatever time this machine takes
    monkeypatch.setattr(lanes, "Courier", lanes.Courier)
    monkeypatch.setattr(settle, "_ask", settle._ask)
    monkeypatch.setattr(outcomes, "backoff", lambda tries: 0.0)
    monkeypatch.setattr(prepare, "CHUNK", 4)

    def run(examples: int, steps: int) -> None:
        options = play(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(DispatchModel, settings=options)

    return run


def test_no_order_of_events_makes_the_ledger_untrue(run_model):
    run_model(examples=16, steps=30)


@pytest.mark.faults
def test_no_order_of_many_events_makes_the_ledger_untrue(run_model):
    run_model(examples=100, steps=50)
