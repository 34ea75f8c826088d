"""The text formats of metrics."""

from __future__ import annotations

import pytest

from console.exposition import OPEN, PLAIN, Gauge, gauge, render, wanted


def test_a_gauge_is_three_lines() -> None:
    assert render([gauge("x_seconds", "How long.", 1.5)]) == (
        "# HELP x_seconds How long.\n# TYPE x_seconds gauge\nx_seconds 1.5\n"
    )


def test_labels_stand_in_braces() -> None:
    family = Gauge("rows", "Rows.", [({"status": "sent", "by": "us"}, 3)])
    assert 'rows{status="sent",by="us"} 3\n' in render([family])


@pytest.mark.parametrize(
    ("value", "escaped"), [('say "x"', 'say \\"x\\"'), ("a\\b", "a\\\\b"), ("two\nlines", "two\\nlines")]
)
def test_labels_are_escaped(value: str, escaped: str) -> None:
    assert f'rows{{name="{escaped}"}} 1\n' in render([Gauge("rows", "Rows.", [({"name": value}, 1)])])


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (2.0, "2"), (0.1234, "0.123"), (10_000_000_000, "10000000000")])
def test_numbers_are_short(value: float, text: str) -> None:
    assert render([gauge("x", "X.", value)]).endswith(f"\nx {text}\n")


def test_a_family_without_samples_is_still_named() -> None:
    assert render([Gauge("x", "X.")]) == "# HELP x X.\n# TYPE x gauge\n"


def test_openmetrics_ends_with_a_mark() -> None:
    assert render([gauge("x", "X.", 1)], OPEN).endswith("\nx 1\n# EOF\n")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", PLAIN),
        ("*/*", PLAIN),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OPEN),
    ],
)
def test_a_scraper_gets_what_it_asks_for(accept: str, content_type: str) -> None:
    assert wanted(accept) == content_type
