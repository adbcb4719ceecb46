"""Charts: each column of a course as a small picture; the course is the table it is drawn from."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from airlock.monitoring.sentences import figure
from airlock.ui.courses import Cell, Course, Head

#: Units of the picture, which grows and shrinks with the page; the figures lie within the four edges.
WIDTH, HEIGHT = 420, 156
LEFT, RIGHT, TOP, BOTTOM = 46, 406, 10, 130
LETTER, GAP = 6.5, 12
TICKS, STEPS = 3, (1, 2, 2.5, 5, 10)
#: So much room is left above and below, as a share of what the figures span.
MARGIN = 0.08

Scale = Callable[[float], float]


@dataclass(frozen=True)
class Point:
    """A figure of a column: the night's day or the version's number in the row, and its name."""

    place: float
    name: str
    value: float
    cell: Cell


@dataclass(frozen=True)
class Mark:
    """One figure in a chart, and what it says."""

    x: float
    y: float
    is_kept: bool
    says: str


@dataclass(frozen=True)
class Label:
    """Words at an edge of a chart, and where they stand."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A column in a picture of `WIDTH` by `HEIGHT`.

    `lines` and `bands` are points as SVG writes them: both end where a night is missing, and a band spans the
    ends of the intervals. `least` and `most` are the heights of the bounds, `says` is the picture in words.
    """

    head: Head
    newest: str
    is_kept: bool
    says: str
    lines: Sequence[str]
    bands: Sequence[str]
    marks: Sequence[Mark]
    least: float | None
    most: float | None
    heights: Sequence[Label]
    names: Sequence[Label]


def charts(course: Course) -> list[Chart]:
    """Return a chart of each column that has two figures or more."""
    rows = course.rows[::-1]
    columns = ([(key, cells[place]) for key, cells in rows] for place in range(len(course.heads)))
    drawn = (_chart(head, _points(column)) for head, column in zip(course.heads, columns, strict=True))
    return [chart for chart in drawn if chart]


def ticks(low: float, high: float) -> list[float]:
    """Return about three round numbers between two.

    >>> ticks(0.61, 0.78), ticks(0, 0.32), ticks(3900, 5200)
    ([0.65, 0.7, 0.75], [0.0, 0.1, 0.2, 0.3], [4000.0, 4500.0, 5000.0])
    """
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * min(STEPS, key=lambda advance: abs(advance * power - rough))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """Return what takes `low` to `start` and `high` to `end`; where both are one, the middle.

    >>> scale(0, 10, 100, 200)(2.5), scale(3, 3, 0, 10)(3)
    (125.0, 5.0)
    """
    if high == low:
        return lambda value: (start + end) / 2
    return lambda value: round(start + (value - low) / (high - low) * (end - start), 1)


def day_name(day: date) -> str:
    """Return a day as it stands at the edge of a picture.

    >>> day_name(date(2026, 11, 1))
    '1 Nov'
    """
    return f"{day.day} {day:%b}"


def spread(labels: Sequence[Label]) -> list[Label]:
    """Return as many labels as there is room for; the first and the last are always among them.

    >>> [one.text for one in spread([Label(float(at), "1 Nov") for at in (0, 30, 75, 160, 190)])]
    ['1 Nov', '1 Nov', '1 Nov']
    """
    if len(labels) < 3:
        return list(labels)
    kept, last = [labels[0]], labels[-1]
    for label in labels[1:-1]:
        if _apart(kept[-1], label) and _apart(label, last):
            kept.append(label)
    return [*kept, last]


def _apart(left: Label, right: Label) -> bool:
    """Say whether two labels leave room between them, even where one of them begins at its place."""
    letters = (len(left.text) + len(right.text)) / 2
    return right.at - left.at >= letters * LETTER * 1.5 + GAP


def _points(column: Iterable[tuple[date | str, Cell]]) -> list[Point]:
    return [
        Point(*_placed(number, key), cell.value, cell)
        for number, (key, cell) in enumerate(column)
        if cell.value is not None
    ]


def _placed(number: int, key: date | str) -> tuple[float, str]:
    return (number, key) if isinstance(key, str) else (key.toordinal(), day_name(key))


def _chart(head: Head, points: Sequence[Point]) -> Chart | None:
    if len(points) < 2:
        return None
    low, high = _reach(head, points)
    across = scale(points[0].place, points[-1].place, LEFT + 8, RIGHT - 8)
    up = scale(low, high, BOTTOM, TOP)
    stretches = list(_stretches(points))
    return Chart(
        head=head,
        newest=figure(points[-1].value),
        is_kept=points[-1].cell.is_kept,
        says=_says(head, points),
        lines=[_path((across(one.place), up(one.value)) for one in stretch) for stretch in stretches],
        bands=[band for stretch in stretches if (band := _band(stretch, across, up))],
        marks=[
            Mark(across(one.place), up(one.value), one.cell.is_kept, f"{one.name}: {one.cell.text}")
            for one in points
        ],
        least=None if head.at_least is None else up(head.at_least),
        most=None if head.at_most is None else up(head.at_most),
        heights=[Label(up(tick), figure(tick)) for tick in ticks(low, high)],
        names=spread([Label(across(one.place), one.name) for one in points]),
    )


def _reach(head: Head, points: Sequence[Point]) -> tuple[float, float]:
    """Return the lowest and the highest value that the picture must show, with some room."""
    ends = (end for one in points for end in (one.value, one.cell.low, one.cell.high))
    shown = [end for end in (*ends, head.at_least, head.at_most) if end is not None]
    low, high = min(shown), max(shown)
    room = (high - low) * MARGIN or abs(high) * MARGIN or 1.0
    return low - room, high + room


def _stretches(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Yield the points that follow one another without a night between them."""
    stretch = [points[0]]
    for before, one in pairwise(points):
        if one.place - before.place > 1:
            yield stretch
            stretch = []
        stretch.append(one)
    yield stretch


def _band(stretch: Sequence[Point], across: Scale, up: Scale) -> str:
    ranged = [
        (across(one.place), up(one.cell.low), up(one.cell.high))
        for one in stretch
        if one.cell.low is not None and one.cell.high is not None
    ]
    return _path([(x, low) for x, low, _ in ranged] + [(x, high) for x, _, high in reversed(ranged)])


def _path(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _says(head: Head, points: Sequence[Point]) -> str:
    """Say what the picture shows, for whoever cannot see it."""
    values = [one.value for one in points]
    broken = sum(not one.cell.is_kept for one in points)
    told = (
        f"{head.title}: {figure(values[0])} ({points[0].name}) to {figure(values[-1])} ({points[-1].name}), "
        f"lowest {figure(min(values))}, highest {figure(max(values))}"
    )
    return f"{told}; {broken} of {len(points)} at fault." if broken else f"{told}."
