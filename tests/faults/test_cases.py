"""The quick half of the fault harness: `manage.py faults --quick` in a process of its own, a test for each case."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.faults import servers
from tests.faults.run import chosen

pytestmark = pytest.mark.faults

ENGINE = connection.vendor
PATIENCE = 15 * 60.0  # seconds for all of them
AT_ONCE = "2"  # cases mostly wait: for leases, answers and processes


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """Played once, on a database (and a broker) of the harness' own, which it may kill: name -> outcome."""
    if ENGINE == "postgresql" and servers.programs() is None:
        pytest.skip("The harness kills its servers, so it needs its own: apt-get install postgresql redis-server")
    report = tmp_path_factory.mktemp("faults") / "report.json"
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "faults", "--quick", "--engine", ENGINE]
    done = subprocess.run(
        [*command, "--at-once", AT_ONCE, "--report", str(report)],
        cwd=settings.BASE_DIR,
        timeout=PATIENCE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert report.is_file(), done.stdout[-3000:]
    return {found["name"]: found for found in json.loads(report.read_text())}


@pytest.mark.parametrize("name", [case.name for case in chosen(ENGINE, None, quick=True)])
def test_the_ledger_is_true_when(name: str, outcomes: Mapping[str, Mapping[str, Any]]) -> None:
    """Nobody lost, nobody doubled, every text and status as the provider has it, every counter as its rows."""
    assert outcomes[name]["problems"] == []
    assert outcomes[name]["survived"]
