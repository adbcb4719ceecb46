"""Bars: which features matter, which have drifted, on which slices the model errs most."""

from collections.abc import Mapping, Sequence
from math import inf
from textwrap import wrap
from typing import Any

from airlock.dossier.plots.drawing import ACCENT, INK, MAIN, SOFT, WIDTH, Plot, canvas, finish
from airlock.dossier.reading import slices_to_see
from airlock.dossier.words import number

MOST = 12
BAR = 0.27
#: Conventional readings of the population stability index: below the first nothing, above the second a shift.
PSI_BOUNDS = (0.1, 0.25)
#: What the champion says of the rows, listed after its columns.
ANSWERS = ("score", "prediction")


def importance(explanation: Mapping[str, Any]) -> Plot:
    """Draw the features that move the answers most."""
    most = explanation["importance"][:MOST]
    names, values = [one["feature"] for one in most], [one["value"] or 0.0 for one in most]
    left_out = len(explanation["importance"]) - len(most)
    says = f"Mean size of a feature's share in an answer. By {explanation['method']}."
    return _bars(
        "importance", "What moves the answers", says + _left_out(left_out, "feature"),
        names, values, f"Mean contribution ({explanation['unit']})",
    )  # fmt: skip


def drift(columns: Sequence[Mapping[str, Any]]) -> Plot:
    """Draw how far each column has moved since the champion's training."""
    named = _with_whose(columns)
    most = sorted(named, key=lambda one: -(one["psi"] or 0.0))[:MOST]
    says = (
        f"Population stability index since the champion's training data. Up to {PSI_BOUNDS[0]} is nothing, "
    )
    says += f"above {PSI_BOUNDS[1]} a shift." + _left_out(len(columns) - len(most), "column")
    return _bars(
        "drift", "How far the data have moved (PSI)", says, [one["column"] for one in most],
        [one["psi"] or 0.0 for one in most], "PSI (no unit)", lines=PSI_BOUNDS, over=PSI_BOUNDS[-1],
    )  # fmt: skip


def _with_whose(columns: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the columns with the champion's answers called so; a column of the same name keeps its own."""
    last = {one["column"]: place for place, one in enumerate(columns)}
    answers = {last[name] for name in ANSWERS if name in last}
    return [
        {**one, "column": f"champion's {one['column']}"} if place in answers else one
        for place, one in enumerate(columns)
    ]


def slices(found: Mapping[str, Any]) -> Plot:
    """Draw the loss on the worst slices, beside the loss overall."""
    worst = slices_to_see(found)[:MOST]
    names = [f"{one['slice']} ({one['rows']:,})" for one in worst]
    says = f"The line is the {found['loss']} over all rows; in brackets, the rows of a slice."
    return _bars(
        "slices", "Where it errs most", says, names, [one["loss"] or 0.0 for one in worst],
        f"Mean {found['loss']}", lines=(found["overall"],) if found["overall"] is not None else (),
    )  # fmt: skip


def _left_out(count: int, noun: str) -> str:
    return (
        f" {count} {noun}{'s' if count > 1 else ''} with less {'are' if count > 1 else 'is'} not drawn."
        if count
        else ""
    )


def _bars(
    key: str,
    title: str,
    says: str,
    names: Sequence[str],
    values: Sequence[float],
    label: str,
    lines: Sequence[float] = (),
    over: float = inf,
) -> Plot:
    with canvas(WIDTH, 0.7 + BAR * max(len(names), 2) * (1.6 if max(map(len, names)) > 24 else 1)) as (
        figure,
        axes,
    ):
        places = list(range(len(names)))[::-1]
        axes.barh(places, values, color=[ACCENT if value > over else MAIN for value in values], height=0.62)
        for place, value in zip(places, values, strict=True):
            axes.annotate(
                number(float(value)),
                (value, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                color=INK,
            )
        for line in lines:
            axes.axvline(line, color=SOFT, linestyle="--", linewidth=1)
        axes.set_yticks(places, [_broken(name) for name in names], color=INK)
        axes.set(xlabel=label, xlim=(min(0.0, *values), max([*values, *lines, 1e-9]) * 1.18))
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        return finish(figure, key, title, says)


def _broken(name: str) -> str:
    """Return a name in lines that leave room for the bars.

    >>> _broken("channel=partner and housing=rent (388)")
    'channel=partner\\nand housing=rent\\n(388)'
    """
    return "\n".join(wrap(name, 18, max_lines=3, placeholder=" …"))
