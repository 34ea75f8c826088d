"""The parts of a full test run: what each runs, what it needs, and what became of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from console.offspring import end_with_parent

ROOT = Path(__file__).resolve().parent.parent.parent
PART_SECONDS = 25 * 60.0  # a part that takes longer hangs
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_NO_TESTS = 5  # pytest's exit code for "nothing collected"


@dataclass
class Result:
    """What became of a part. `left_out`: why it did not run and the one line that would make it."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0
    left_out: str = ""


def chromium() -> str | None:
    """The browser: `CHROMIUM`, else what PATH finds."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)


def run_checks() -> Result:
    """ruff, its formatter and mypy; each counts as one test. mypy starts from nothing: an old cache of it
    does not see modules that were added since."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="despacho-checks-") as cache:
        commands = (
            [sys.executable, "-m", "ruff", "check", "."],
            [sys.executable, "-m", "ruff", "format", "--check", "."],
            [sys.executable, "-m", "mypy", "--cache-dir", cache],
        )
        failed = sum(_run(command, _environment({})) != 0 for command in commands)
    return Result("static checks", len(commands) - failed, failed, seconds=time.monotonic() - started)


def run_pytest(name: str, arguments: Sequence[str], variables: Mapping[str, str] | None = None) -> Result:
    """One pytest run with only `variables` of ours in the environment; counts come from its own record."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="despacho-tests-") as folder:
        record = Path(folder) / "record.xml"
        data = Path(folder) / "data"
        command = [sys.executable, "-m", "pytest", f"--junitxml={record}", *arguments]
        code = _run(command, _environment({"DESPACHO_DATA": str(data), **(variables or {})}))
        result = _read_record(name, record)
    result.seconds = time.monotonic() - started
    if code == _NO_TESTS:
        result.left_out = "no test carries this mark yet"
    elif code and not result.failed:
        result.failed = 1  # it did not get as far as a test, or broke off
    return result


def _read_record(name: str, record: Path) -> Result:
    result = Result(name)
    if not record.is_file():
        return result
    for case in ElementTree.parse(record).iter("testcase"):  # noqa: S314  a file of our own making
        outcome = {child.tag: child for child in case}
        if "failure" in outcome or "error" in outcome:
            result.failed += 1
        elif "skipped" in outcome:
            reason = outcome["skipped"].get("message", "")
            result.skipped.append(f"{case.get('classname')}::{case.get('name')}: {reason}")
        else:
            result.passed += 1
    return result


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Ours, without what would point tests at somebody's database, broker or keys."""
    ours = ("DATABASE_URL", "BROKER_URL", "SECRET_KEY", "FIELD_KEYS", "SANDBOX_URL", "PUBLIC_URL", "ALLOWED_HOSTS")
    kept = {name: value for name, value in os.environ.items() if name not in (*ours, "DJANGO_SETTINGS_MODULE")}
    return {**kept, "DESPACHO_NO_VENV": "1", **variables}


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit code; a command that hangs is ended with everything it started."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, preexec_fn=end_with_parent()
    )
    try:
        return process.wait(PART_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"Not finished after {PART_SECONDS / 60:.0f} minutes: ended.", flush=True)
        return 1
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
