"""The account of a test run: what is counted, what is told, and what strictness adds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from console.testing import report
from console.testing.parts import Result, _environment, run_pytest

WHOLE = Result("SQLite", passed=10, seconds=61)
BROKEN = Result("browser", passed=2, failed=1)
MISSING = Result("PostgreSQL and Redis", left_out="To run it: apt-get install postgresql redis-server")
HALF = Result("faults", passed=3, skipped=["tests.test_x::test_y: no luck"])


def test_totals_sum_over_the_parts() -> None:
    assert report.totals([WHOLE, BROKEN, MISSING, HALF], strict=False) == (15, 1)


def test_strictly_what_was_left_out_or_skipped_has_failed() -> None:
    assert report.totals([WHOLE, BROKEN, MISSING, HALF], strict=True) == (15, 3)


def test_the_table_has_a_row_for_each_part() -> None:
    assert report.table([WHOLE, MISSING]).splitlines() == [
        "part                  passed  failed  skipped    time",
        "SQLite                    10       0        0    1:01",
        "PostgreSQL and Redis  left out",
    ]


def test_notes_name_what_did_not_run_and_the_way_to_run_it() -> None:
    assert report.notes([WHOLE, MISSING, HALF]) == [
        "Left out: PostgreSQL and Redis. To run it: apt-get install postgresql redis-server",
        "Skipped in faults: tests.test_x::test_y: no luck",
    ]


def run(folder: Path, source: str, *options: str) -> Result:
    """A real pytest run of `source`, apart from this project's configuration."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(source)
    return run_pytest("it", ["-q", "-c", str(folder / "pytest.ini"), *options, str(folder / "test_it.py")])


def test_every_outcome_is_counted_from_the_run_itself(tmp_path: Path) -> None:
    source = (
        "import pytest\n"
        "def test_good(): pass\n"
        "def test_bad(): assert False\n"
        "def test_unlucky(): pytest.skip('no luck')\n"
        "@pytest.fixture\ndef broken(): raise OSError\n"
        "def test_erring(broken): pass\n"
    )
    result = run(tmp_path, source)
    assert (result.passed, result.failed, result.skipped) == (1, 2, ["test_it::test_unlucky: no luck"])


def test_a_run_that_does_not_get_to_a_test_has_failed(tmp_path: Path) -> None:
    assert run(tmp_path, "def test_good(): pass\n", "--no-such-option").failed == 1


def test_a_part_without_tests_is_left_out(tmp_path: Path) -> None:
    assert run(tmp_path, "def test_good(): pass\n", "-k", "nothing").left_out == "no test carries this mark yet"


def test_tests_never_see_the_operators_database_or_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "BROKER_URL", "SECRET_KEY", "FIELD_KEYS"):
        monkeypatch.setenv(name, "in service")
    assert "in service" not in _environment({}).values()
    assert _environment({"DATABASE_URL": "of the run"})["DATABASE_URL"] == "of the run"
    assert os.environ["DATABASE_URL"] == "in service"
