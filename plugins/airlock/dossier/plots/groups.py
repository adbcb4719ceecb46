"""Groups: one picture for each protected attribute, a dot with its interval for each group."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from matplotlib.ticker import MaxNLocator, PercentFormatter

from airlock.dossier.plots.drawing import ACCENT, INK, MAIN, SOFT, WIDTH, Plot, canvas, finish
from airlock.dossier.words import meaning, number, percent, plain

#: What is drawn of a group: the first of these that it has.
DRAWN = ("selection_rate", "accuracy", "mae")
SHARES = ("selection_rate", "accuracy")
ROW = 0.34


def fairness(found: Mapping[str, Any]) -> list[Plot]:
    """Draw every attribute and every intersection that has a figure."""
    drawn = (_attribute(index, attribute) for index, attribute in enumerate(found["attributes"], start=1))
    return [plot for plot in drawn if plot is not None]


def figure_of(groups: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the name of the figure that is drawn of these groups."""
    known = {name for group in groups for name, value in group["figures"].items() if value is not None}
    return next((name for name in (*DRAWN, *sorted(known)) if name in known), None)


def _attribute(index: int, attribute: Mapping[str, Any]) -> Plot | None:
    groups, name = attribute["groups"], figure_of(attribute["groups"])
    if name is None:
        return None
    spelled = percent if name in SHARES else number
    with canvas(WIDTH, 0.9 + ROW * len(groups)) as (figure, axes):
        places = list(range(len(groups)))[::-1]
        ends = [0.0]
        for place, group in zip(places, groups, strict=True):
            ends.append(_group(axes, place, group, name, spelled))
        axes.set_yticks(places, [_label(group) for group in groups], color=INK)
        axes.set(xlabel=f"{plain(name)}, {meaning(name)}".rstrip(", "), ylim=(-0.6, len(groups) - 0.4))
        axes.set_xlim(left=min(0.0, *ends), right=max(ends) * 1.18 or 1.0)
        if name in SHARES:
            axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
            axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        says = "A dot is a group's figure, the line its 95 % interval; hollow: too few rows to judge."
        return finish(figure, f"fairness_{index}", f"{plain(name)}, by {attribute['attribute']}", says)


def _group(axes: Any, place: int, group: Mapping[str, Any], name: str, spelled: Any) -> float:
    """Draw one group and return where it ends."""
    value, small = group["figures"].get(name), group["small"]
    if value is None:
        axes.annotate(
            "not defined", (0, place), xytext=(4, 0), textcoords="offset points", va="center", color=SOFT
        )
        return 0.0
    low, high = (group["intervals"].get(name) or [None, None]) if group.get("intervals") else [None, None]
    colour = ACCENT if small else MAIN
    if low is not None and high is not None:
        axes.plot([low, high], [place, place], color=colour, linewidth=2, linestyle=":" if small else "-")
    axes.plot([value], [place], marker="o", markersize=6, color=colour, fillstyle="none" if small else "full")
    end = value if high is None else high
    axes.annotate(
        spelled(float(value)), (end, place), xytext=(5, 0), textcoords="offset points", va="center", color=INK
    )
    return float(end)


def _label(group: Mapping[str, Any]) -> str:
    rows = f"({group['rows']:,})"
    return "\n".join(wrap(f"{group['group']} {rows}", 26, max_lines=2, placeholder=f" … {rows}"))
