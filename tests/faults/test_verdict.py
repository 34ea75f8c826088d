"""The comparison finds every way in which a ledger can be untrue: a case that could not fail would prove nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, cast

import pytest
from django.utils import timezone

from campaigns.models import Dispatch, Recipient
from console.models import User, Workspace
from tests.campaigns.engine.conftest import Engine
from tests.faults import verdict
from tests.faults.scene import Scene
from tests.faults.stage import Stage
from tests.faults.test_worker_killed import KINDS, scheduled
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db

Log = list[dict[str, Any]]
PEOPLE = 3


@pytest.fixture(scope="module")
def provider() -> Iterator[SandboxProcess]:
    with SandboxProcess() as sandbox:
        yield sandbox


@pytest.fixture
def scene(
    workspace: Workspace, owner: User, make_contacts: Callable[[int], Any], provider: SandboxProcess, settings: Any
) -> Scene:
    """A dispatch of which everybody's message is with the provider."""
    provider.reset()
    settings.ALLOW_PRIVATE_PROVIDER_URLS = True
    make_contacts(PEOPLE)
    campaign = scheduled(workspace, KINDS[0], provider.url, timezone.now(), speed=100)
    dispatch = Engine().send(campaign)
    assert dispatch.status == "finished"
    return Scene(cast(Stage, None), campaign, dispatch.account, owner, PEOPLE)


def drop(log: Log, dispatch: Dispatch) -> None:
    log.pop()


def repeat(log: Log, dispatch: Dispatch) -> None:
    log.append(log[0])


def reword(log: Log, dispatch: Dispatch) -> None:
    log[0]["text"] += "!"


def readdress(log: Log, dispatch: Dispatch) -> None:
    log[0]["destination"] = "34999999999"


def invent(log: Log, dispatch: Dispatch) -> None:
    log.append({**log[0], "reference": f"c{dispatch.key}-r999-a1"})


def deny(log: Log, dispatch: Dispatch) -> None:
    _set(dispatch, status="cancelled", reason="stopped")


def leave(log: Log, dispatch: Dispatch) -> None:
    _set(dispatch, status="queued")


def blame(log: Log, dispatch: Dispatch) -> None:
    _set(dispatch, status="undelivered", reason="not_delivered")


def forget_the_reason(log: Log, dispatch: Dispatch) -> None:
    _set(dispatch, status="undelivered")


def doubt(log: Log, dispatch: Dispatch) -> None:
    _set(dispatch, status="unknown", reason="not_found")


def lose(log: Log, dispatch: Dispatch) -> None:
    Recipient.objects.filter(dispatch=dispatch).order_by("pk")[0].delete()


def _set(dispatch: Dispatch, **values: str) -> None:
    first = Recipient.objects.filter(dispatch=dispatch).order_by("pk")[0]
    Recipient.objects.filter(pk=first.pk).update(**values)


SPOILED = [
    (drop, (1, 0), "in the ledger, not at the provider"),
    (repeat, (0, 1), "2 times at the provider"),
    (reword, (0, 0), "text differs"),
    (readdress, (0, 0), "went to 34999999999"),
    (invent, (0, 0), "at the provider, not in the ledger"),
    (deny, (0, 0), "at the provider, though cancelled"),
    (leave, (1, 0), "people were left"),
    (blame, (0, 0), "the ledger says undelivered"),
    (forget_the_reason, (0, 0), "no reason says why"),
    (doubt, (0, 0), "no look-up has settled it"),
    (lose, (1, 0), "rows for 3 people"),
    (deny, (0, 0), "counters differ"),
]


def test_a_true_ledger_survives(scene: Scene, provider: SandboxProcess) -> None:
    found = verdict.of(scene, provider.log())
    assert found.survived
    assert (found.messages, found.unknown) == (PEOPLE, 0)


@pytest.mark.parametrize(("spoil", "figures", "words"), SPOILED)
def test_what_is_untrue_is_found(
    spoil: Callable[[Log, Dispatch], None],
    figures: tuple[int, int],
    words: str,
    scene: Scene,
    provider: SandboxProcess,
) -> None:
    log = deepcopy(provider.log())
    spoil(log, scene.dispatch)
    found = verdict.of(scene, log)
    assert (found.lost, found.doubled) == figures
    assert any(words in line for line in found.untrue), found.untrue
    assert not found.survived
