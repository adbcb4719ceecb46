"""Small pictures of a finding, for the alert: a night beside the training, a metric from night to night.

Text in them may come from the data, so nothing of it is read as a formula.
"""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from airlock.monitoring.bars import THE_REST, Bar
from airlock.monitoring.sentences import figure, percent

#: Inches, of which an e-mail shows each as a hundred points; drawn twice as fine for sharp screens.
WIDTH, DOTS = 5.64, 200
BEFORE, NOW, LIMIT, INK = "#c3cbd4", "#b42318", "#64707d", "#1d2733"
STYLE = {
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": "#c3cbd4",
    "xtick.color": INK,
    "ytick.color": INK,
}
MOST_VALUES, LONGEST_NAME, EDGES_NAMED = 6, 24, 5


def bars_picture(bars: Sequence[Bar]) -> bytes:
    """Draw a column's shares in training and in the night as a PNG: wide bars behind, narrow ones before."""
    ranges = any(not isinstance(bar.name, str) for bar in bars)
    with matplotlib.rc_context(STYLE):
        return _png(_ranges(bars) if ranges else _values(_few(bars)))


def bars_text(column: str, bars: Sequence[Bar]) -> str:
    """Say what the picture shows, for whoever cannot see it.

    >>> bars_text("housing", [Bar("rent", 0.2, 0.7), Bar("own", 0.8, 0.2), Bar("free", 0.0, 0.1)])
    'housing in shares of the rows. Most changed: own, 80 % in training and 20 % this night.'
    """
    most = max(bars, key=lambda bar: abs(bar.now - bar.before))
    name = most.name if isinstance(most.name, str) else _range(bars, most)
    return (
        f"{column} in shares of the rows. Most changed: {name}, {percent(most.before)} in training and "
        f"{percent(most.now)} this night."
    )


def course_picture(course: Sequence[tuple[date, float]], limit: float | None) -> bytes:
    """Draw a metric from night to night, with its limit, as a PNG."""
    with matplotlib.rc_context(STYLE):
        drawing, axes = _axes(1.75)
        days, values = zip(*course, strict=True)
        axes.plot(days, values, color=NOW, marker="o", markersize=3.5, linewidth=1.6)
        if limit is not None:
            axes.axhline(limit, color=LIMIT, linestyle="--", linewidth=1.2)
            axes.annotate(
                "limit", (1, limit), xycoords=("axes fraction", "data"), xytext=(4, -4),
                textcoords="offset points", color=LIMIT,
            )  # fmt: skip
        shown = sorted({days[0], days[-1]})
        axes.set_xticks(shown, labels=[f"{day.day} {day:%b}" for day in shown])
        axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(3))
        axes.margins(x=0.03, y=0.2)
        return _png(drawing)


def course_text(metric: str, course: Sequence[tuple[date, float]], limit: float | None) -> str:
    """Say what the picture shows, for whoever cannot see it.

    >>> course_text("roc_auc", [(date(2026, 1, 1), 0.71), (date(2026, 1, 2), 0.62)], 0.66)
    'roc_auc from night to night: 0.71 on 2026-01-01, 0.62 on 2026-01-02; limit 0.66.'
    """
    (first, was), (last, is_now) = course[0], course[-1]
    kept = f"; limit {figure(limit)}" if limit is not None else ""
    return f"{metric} from night to night: {figure(was)} on {first}, {figure(is_now)} on {last}{kept}."


def _ranges(bars: Sequence[Bar]) -> Figure:
    drawing, axes = _axes(1.9)
    ranges = [bar for bar in bars if not isinstance(bar.name, str)]
    apart = [bar for bar in bars if isinstance(bar.name, str)]
    gap = max(len(ranges) * 0.16, 1.2)
    places = [
        *range(len(ranges)),
        *(len(ranges) - 0.5 + gap * (number + 0.7) for number in range(len(apart))),
    ]
    ordered = [*ranges, *apart]
    axes.bar(places, [100 * bar.before for bar in ordered], width=0.86, color=BEFORE, label="training")
    axes.bar(places, [100 * bar.now for bar in ordered], width=0.44, color=NOW, label="this night")
    named = range(0, len(ranges) - 1, max(-(-(len(ranges) - 1) // EDGES_NAMED), 1))
    ticks = [
        *(
            (place + 0.5, figure(float(bar.name)))
            for place in named
            if (bar := ranges[place]).name is not None
        ),
        *((place, str(bar.name)) for place, bar in zip(places[len(ranges) :], apart, strict=True)),
    ]
    axes.set_xticks([place for place, _ in ticks], labels=[name for _, name in ticks])
    axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(3))
    axes.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(decimals=0, symbol=" %"))
    _legend(drawing)
    return drawing


def _values(bars: Sequence[Bar]) -> Figure:
    drawing, axes = _axes(0.65 + 0.32 * len(bars))
    places = range(len(bars))
    axes.barh(places, [100 * bar.before for bar in bars], height=0.76, color=BEFORE, label="training")
    axes.barh(places, [100 * bar.now for bar in bars], height=0.36, color=NOW, label="this night")
    axes.set_yticks(places, labels=[_short(str(bar.name)) for bar in bars])
    for place, bar in enumerate(bars):
        text = f" {percent(bar.before)} → {percent(bar.now)}"
        axes.text(100 * max(bar.before, bar.now), place, text, va="center")
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.margins(x=0.36)
    _legend(drawing)
    return drawing


def _few(bars: Sequence[Bar]) -> list[Bar]:
    """Return the values that moved most, in their order, and the rest as one bar."""
    if len(bars) <= MOST_VALUES + 1:
        return list(bars)
    moved = sorted(bars, key=lambda bar: abs(bar.now - bar.before), reverse=True)[:MOST_VALUES]
    kept = [bar for bar in bars if bar in moved and bar.name != THE_REST]
    rest = [bar for bar in bars if bar not in kept]
    return [*kept, Bar(THE_REST, sum(bar.before for bar in rest), sum(bar.now for bar in rest))]


def _range(bars: Sequence[Bar], bar: Bar) -> str:
    """Say which range a bar stands for.

    >>> bars = [Bar(1.0, 0, 0), Bar(2.5, 0, 0), Bar(None, 0, 0)]
    >>> [_range(bars, bar) for bar in bars]
    ['up to 1', 'above 1 up to 2.5', 'above 2.5']
    """
    place = bars.index(bar)
    above = [] if place == 0 else [f"above {figure(_edge(bars[place - 1]))}"]
    return " ".join([*above, *([] if bar.name is None else [f"up to {figure(_edge(bar))}"])]) or "any number"


def _edge(bar: Bar) -> float | None:
    return bar.name if isinstance(bar.name, float | int) else None


def _short(name: str) -> str:
    shown = " ".join(name.split())
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"


def _axes(height: float) -> tuple[Figure, Axes]:
    drawing = Figure(figsize=(WIDTH, height), dpi=DOTS, layout="constrained")
    axes = drawing.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
    return drawing, axes


def _legend(drawing: Figure) -> None:
    drawing.legend(
        loc="outside upper left", ncols=2, frameon=False, handlelength=0.9, handleheight=0.9, borderpad=0
    )


def _png(drawing: Figure) -> bytes:
    content: Any = BytesIO()
    drawing.savefig(content, format="png", metadata={"Software": None})
    return bytes(content.getvalue())
