"""Geometry of state bars and plots (design guide §6)."""

from __future__ import annotations

import pytest

from console import charts
from console.charts import Part


def test_widths_fill_the_bar() -> None:
    assert sum(charts.stretch([16502, 211, 3204, 28])) == pytest.approx(100)


def test_a_single_person_among_a_million_is_visible() -> None:
    assert charts.stretch([1, 999_999])[0] == charts.SMALLEST_SHARE


def test_an_empty_state_takes_no_room() -> None:
    assert charts.stretch([0, 10]) == [0, 100]


def test_nobody_at_all_draws_nothing() -> None:
    assert charts.rects([Part("waiting", 0)]) == []


def test_parts_stand_in_the_order_of_every_bar() -> None:
    drawn = charts.rects([Part("failed", 1), Part("delivered", 1), Part("waiting", 1)])
    assert [rect.state for rect in drawn] == ["delivered", "waiting", "failed"]


def test_a_total_above_the_parts_leaves_the_track_empty() -> None:
    assert charts.rects([Part("delivered", 25)], total=100)[0].width == "25.00%"


def test_half_of_the_states_carry_a_pattern() -> None:
    patterns = {rect.state: rect.pattern for rect in charts.rects([Part(state, 5) for state in charts.ORDER])}
    assert patterns["verify"] == "url(#p-verify)"
    assert patterns["failed"] == ""


def test_svg_numbers_have_a_point_in_every_language() -> None:
    assert charts.rects([Part("delivered", 1), Part("failed", 2)])[1].x == "33.33%"


@pytest.mark.parametrize(("highest", "top"), [(0, 1), (19.6, 20), (20, 20), (21, 40), (480, 500), (4999, 5000)])
def test_an_axis_ends_at_a_round_number(highest: float, top: float) -> None:
    assert charts.nice_top(highest) == top


def test_a_line_starts_left_and_ends_right() -> None:
    plot = charts.line_plot([0, 10, 20], ["12:24", "12:42"], limit=20)
    assert plot.line.startswith("M28.0 104.0")
    assert plot.end_x == "749.0"


def test_the_highest_value_reaches_the_limit_line() -> None:
    plot = charts.line_plot([20], limit=20)
    assert (plot.end_y, plot.limit) == ("16.0", "M28 16.5H760")


def test_labels_are_spread_from_edge_to_edge() -> None:
    ticks = charts.line_plot([1, 2], ["a", "b", "c"]).x_ticks
    assert [(tick.x, tick.anchor) for tick in ticks] == [("28", "start"), ("388", "middle"), ("749", "end")]


def test_no_values_draw_no_line() -> None:
    assert charts.line_plot([]).line == ""
