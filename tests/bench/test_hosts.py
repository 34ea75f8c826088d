"""Two hosts with addresses of their own on one database, played small. `bench --only hosts` has the figures."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = [pytest.mark.faults, pytest.mark.services]


def test_when_one_of_two_hosts_is_killed_the_other_finishes_and_the_ledger_is_true() -> None:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "bench", "--only", "hosts"]
    played = subprocess.run(
        [*command, "--messages", "4000", "--single", "900"],
        env={**os.environ, "DESPACHO_NO_VENV": "1", "DJANGO_SETTINGS_MODULE": "console.settings"},
        capture_output=True,
        text=True,
    )
    assert played.returncode == 0, played.stderr[-2000:]
    assert "8,900 people compared with the oracle's log" in played.stdout
