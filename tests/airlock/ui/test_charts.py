"""Charts: what is drawn of a course, and what is not."""

from datetime import date, timedelta

from airlock.ui.charts import BOTTOM, LEFT, RIGHT, TOP, charts
from airlock.ui.courses import Cell, Course, Head

FIRST = date(2026, 10, 1)
LIMITED = Head("roc_auc", "at least 0.66", at_least=0.66)


def course(*values: float | None, head: Head = LIMITED, days: tuple[int, ...] = ()) -> Course:
    """Return a course of nights in a row, or of these days, oldest first."""
    nights = [FIRST + timedelta(days=day) for day in days or range(len(values))]
    cells = [
        Cell("unknown" if value is None else f"{value:g}", value is None or value >= 0.66, value=value)
        for value in values
    ]
    return Course([head], [(night, [cell]) for night, cell in zip(nights, cells, strict=True)][::-1])


def test_every_figure_is_a_mark_within_the_picture_oldest_at_the_left() -> None:
    (chart,) = charts(course(0.7, 0.75, 0.72))
    assert [mark.says for mark in chart.marks] == ["1 Oct: 0.7", "2 Oct: 0.75", "3 Oct: 0.72"]
    places = [mark.x for mark in chart.marks]
    assert places == sorted(places) and places[0] > LEFT and places[-1] < RIGHT
    assert all(TOP <= mark.y <= BOTTOM for mark in chart.marks)
    assert chart.marks[1].y < chart.marks[2].y < chart.marks[0].y
    assert (chart.newest, chart.is_kept) == ("0.72", True)


def test_a_line_ends_where_a_night_is_missing_or_has_no_figure() -> None:
    (gap,) = charts(course(0.7, 0.7, 0.7, 0.7, days=(0, 1, 4, 5)))
    assert [len(line.split()) for line in gap.lines] == [2, 2]
    (unknown,) = charts(course(0.7, 0.7, None, 0.7))
    assert [len(line.split()) for line in unknown.lines] == [2, 1]


def test_a_broken_bound_is_seen_and_said() -> None:
    (chart,) = charts(course(0.7, 0.6))
    assert [mark.is_kept for mark in chart.marks] == [True, False] and not chart.is_kept
    assert chart.least is not None and chart.marks[0].y < chart.least < chart.marks[1].y
    assert chart.most is None
    assert chart.says == "roc_auc: 0.7 (1 Oct) to 0.6 (2 Oct), lowest 0.6, highest 0.7; 1 of 2 at fault."


def test_a_bound_far_from_every_figure_is_still_in_the_picture() -> None:
    (chart,) = charts(course(0.1, 0.2, head=Head("cost", "at most 9", at_most=9.0)))
    assert chart.most is not None and TOP <= chart.most <= BOTTOM


def test_figures_that_never_change_can_be_drawn() -> None:
    (chart,) = charts(course(0.0, 0.0, head=Head("failures", "none")))
    assert chart.marks[0].y == chart.marks[1].y == (TOP + BOTTOM) / 2
    assert chart.heights


def test_one_figure_or_none_is_no_chart() -> None:
    assert charts(course(0.7)) == charts(course(None, None)) == charts(course()) == []


def test_intervals_are_a_band_and_within_the_picture() -> None:
    cells = [[Cell("0.7", value=0.7, low=0.5, high=0.9)], [Cell("0.7", value=0.7, low=0.6, high=0.8)]]
    (chart,) = charts(Course([LIMITED], [("v2", cells[1]), ("v1", cells[0])]))
    (band,) = chart.bands
    heights = [float(point.split(",")[1]) for point in band.split()]
    assert len(heights) == 4 and all(TOP <= height <= BOTTOM for height in heights)
    assert [name.text for name in chart.names] == ["v1", "v2"]
