"""The end of a test run: a table, what was left out, and one line that machines read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.testing.parts import Result


def table(results: Sequence[Result]) -> str:
    """A row a part: passed, failed, skipped, time."""
    width = max(len(result.name) for result in results)
    rows = [f"{'part':<{width}}  passed  failed  skipped    time"]
    for result in results:
        counts = f"{result.passed:>6}  {result.failed:>6}  {len(result.skipped):>7}  {_time(result.seconds):>6}"
        rows.append(f"{result.name:<{width}}  {'left out' if result.left_out else counts}")
    return "\n".join(rows)


def notes(results: Iterable[Result]) -> list[str]:
    """One line for every part that was left out (with the way to enable it) and every skipped test."""
    return [
        *(f"Left out: {result.name}. {result.left_out}" for result in results if result.left_out),
        *(f"Skipped in {result.name}: {test}" for result in results for test in result.skipped),
    ]


def totals(results: Sequence[Result], strict: bool) -> tuple[int, int]:
    """Passed and failed over all parts. Strictly, what was left out or skipped counts as failed."""
    passed = sum(result.passed for result in results)
    failed = sum(result.failed for result in results)
    return passed, failed + (len(notes(results)) if strict else 0)


def _time(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
