"""`manage.py doctor` as whoever runs it sees it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from campaigns.models import Alarm, Tally
from campaigns.services.settling import ledger_checks
from console.models import Heartbeat, User, Workspace
from tests.console.doctor.dispatches import one_dispatch

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> tuple[int, str]:
    """(exit code, what it printed)."""
    out = StringIO()
    try:
        call_command("doctor", *arguments, stdout=out, no_color=True)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def well(good: Any, owner: User, now: datetime) -> None:
    for name in ("beat", "worker"):
        Heartbeat.objects.create(name=name, at=now)


def test_a_console_that_is_well_gets_0(well: None) -> None:
    assert run("--production") == (0, "Nothing is wrong. Examined as in service.\n")


def test_what_is_wrong_gets_1_and_says_what_why_and_how(well: None) -> None:
    Heartbeat.objects.filter(name="worker").delete()
    code, said = run()
    assert code == 1
    assert "The worker never gave a sign of life.  [worker-silent]" in said
    assert "Nothing is sent" in said
    assert "→ manage.py start" in said
    assert "1 thing is wrong." in said


def test_a_note_is_no_failure(well: None, settings: Any) -> None:
    settings.ALLOW_PRIVATE_PROVIDER_URLS = True
    code, said = run("--production")
    assert (code, "private-provider-urls" in said) == (0, True)


def test_scripts_get_json(well: None) -> None:
    Heartbeat.objects.filter(name="beat").delete()
    code, said = run("--json")
    answer = json.loads(said)
    assert (code, answer["ok"]) == (1, False)
    assert answer["findings"][0] == {
        "code": "beat-silent",
        "level": "wrong",
        "what": "The beat never gave a sign of life.",
        "why": "Nothing scheduled starts, and what waits is not looked for.",
        "mend": "manage.py start" if django_settings.EMBEDDED else "manage.py start, or manage.py beat",
    }


def test_without_a_database_the_rest_is_still_examined(
    well: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise DatabaseError("no")

    settings.SECRET_KEY = "short"
    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", broken)
        code, said = run("--recount")
    assert code == 1
    assert [word for word in ("secret-key-weak", "database-unreachable") if word not in said] == []


def test_recount_mends_and_clears_the_alarm(well: None, workspace: Workspace, now: datetime) -> None:
    dispatch = one_dispatch(workspace, now)
    Tally.objects.update(n=5)
    ledger_checks.watch(now)
    code, said = run("--recount", "--production")
    assert (code, f"Dispatch {dispatch.pk}: counters written anew." in said) == (0, True)
    assert not Alarm.objects.filter(cleared_at=None).exists()


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Another process with nothing of ours in its environment but these variables."""
    ours = ("DATABASE_URL", "SECRET_KEY", "FIELD_KEYS", "SANDBOX_URL", "METRICS_ALLOWED", "DJANGO_SETTINGS_MODULE")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    environment = {**kept, "DESPACHO_NO_VENV": "1", **variables}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_missing_key_is_a_sentence_and_no_traceback() -> None:
    ended = python("manage.py", "doctor", DATABASE_URL="postgres://despacho@127.0.0.1:9/despacho")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Set SECRET_KEY in the environment")


@pytest.mark.parametrize(("sandbox", "networks"), [("http://127.0.0.1:8800", "127.0.0.0/8 ::1"), ("", "")])
def test_metrics_are_open_to_this_machine_in_the_demo_only(sandbox: str, networks: str) -> None:
    asked = "from console import settings; print(settings.METRICS_ALLOWED)"
    assert python("-c", asked, SANDBOX_URL=sandbox).stdout.strip() == networks
