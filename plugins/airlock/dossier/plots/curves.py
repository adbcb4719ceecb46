"""Curves: how well a model ranks, keeps its promises and saves cost; for numbers, how close it comes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import PercentFormatter

from airlock.dossier.plots.drawing import ACCENT, MAIN, SOFT, WIDTH, Plot, canvas, finish
from airlock.dossier.words import number, percent

Points = Sequence[Sequence[float]]
#: In a confusion of more classes the shares are colours alone.
MOST_WRITTEN = 10


def roc(points: Points, area: float | None) -> Plot:
    """Draw the ROC curve from points (share falsely found, share found)."""
    with canvas() as (figure, axes):
        falsely, found = np.array(points, dtype=np.float64).T
        axes.plot([0, 1], [0, 1], color=SOFT, linestyle="--", linewidth=1)
        axes.annotate("guessing", (0.62, 0.56), color=SOFT)
        axes.plot(falsely, found, color=MAIN)
        axes.set(
            xlabel="Falsely found, of those without the outcome", ylabel="Found, of those with the outcome"
        )
        _shares(axes)
        return finish(
            figure,
            "roc",
            "What is found, and at what price (ROC)",
            f"Area under the curve {number(area)}; 0.5 is guessing.",
        )


def precision_recall(points: Points, base_rate: float | None) -> Plot:
    """Draw precision over recall; guessing is right as often as the outcome happens."""
    with canvas() as (figure, axes):
        found, right = np.array(points, dtype=np.float64).T
        if base_rate is not None:
            axes.axhline(base_rate, color=SOFT, linestyle="--", linewidth=1)
            axes.annotate("guessing", (0.02, base_rate + 0.02), color=SOFT)
        axes.plot(found, right, color=MAIN)
        axes.set(
            xlabel="Found, of those with the outcome (recall)", ylabel="Right, of those found (precision)"
        )
        _shares(axes)
        says = "The further up and to the right, the fewer are found falsely for each one found."
        return finish(figure, "precision_recall", "How pure the findings are (precision and recall)", says)


def calibration(points: Points, *, unit: str | None = None) -> Plot:
    """Draw what happened over what was foreseen, for groups of rows with similar scores.

    Parameters
    ----------
    points
        (mean foreseen, mean that happened, rows) of each group.
    unit
        What a number counts; None for probabilities.
    """
    with canvas() as (figure, axes):
        foreseen, happened, rows = np.array(points, dtype=np.float64).T
        low, high = min(foreseen.min(), happened.min(), 0.0), max(foreseen.max(), happened.max()) * 1.08
        axes.plot([low, high], [low, high], color=SOFT, linestyle="--", linewidth=1)
        axes.annotate(
            "as foreseen",
            (high, high),
            color=SOFT,
            ha="right",
            va="top",
            xytext=(-18, 0),
            textcoords="offset points",
        )
        axes.plot(foreseen, happened, color=MAIN, linewidth=1)
        axes.scatter(foreseen, happened, s=20 + 60 * rows / rows.max(), color=MAIN, zorder=3)
        if unit is None:
            axes.set(xlabel="Probability the model gave", ylabel="Share for whom it happened")
            axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        else:
            axes.set(xlabel=f"Foreseen ({unit})", ylabel=f"Happened ({unit})")
        says = (
            f"{len(rows)} groups of {int(rows.min()):,} to {int(rows.max()):,} rows. Above the line more "
            "happened than the model said, below it less."
        )
        return finish(figure, "calibration", "Does it happen as often as it says? (calibration)", says)


def cost(points: Points, threshold: float | None, unit: str) -> Plot:
    """Draw the mean cost of a decision over the threshold, and the chosen threshold."""
    with canvas() as (figure, axes):
        at, mean = np.array(points, dtype=np.float64).T
        axes.plot(at, mean, color=MAIN)
        says = "The lower, the better."
        if threshold is not None:
            chosen = float(np.interp(threshold, at, mean))
            axes.axvline(threshold, color=ACCENT, linewidth=1.2)
            axes.scatter([threshold], [chosen], color=ACCENT, zorder=3)
            left = threshold < (at.min() + at.max()) / 2
            axes.annotate(
                f"yes from {percent(threshold)} on", (threshold, mean.max()), color=ACCENT, va="top",
                xytext=(6 if left else -6, 0), textcoords="offset points", ha="left" if left else "right",
            )  # fmt: skip
            says = f"At the chosen threshold a decision costs {number(chosen)} {unit} on average."
        axes.set(
            xlabel="Yes from this probability on",
            ylabel=f"Mean cost of a decision ({unit or 'as in the spec'})",
        )
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        axes.set_ylim(bottom=min(0.0, mean.min()))
        return finish(figure, "cost", "What a decision costs, by threshold", says.replace("  ", " "))


def residuals(points: Points, unit: str) -> Plot:
    """Draw what happened over what was predicted, one dot a row."""
    with canvas() as (figure, axes):
        predicted, truth = np.array(points, dtype=np.float64).T
        low, high = min(predicted.min(), truth.min()), max(predicted.max(), truth.max())
        axes.plot([low, high], [low, high], color=SOFT, linestyle="--", linewidth=1)
        axes.scatter(predicted, truth, s=9, color=MAIN, alpha=0.45, linewidths=0)
        axes.set(xlabel=f"Predicted ({unit})", ylabel=f"Happened ({unit})")
        says = f"{len(points):,} rows of the hold-out; on the dashed line the answer is exactly right."
        return finish(figure, "residuals", "Predicted and happened", says)


def confusion(counts: Points, labels: Sequence[str]) -> Plot:
    """Draw how often each class was answered for each class that happened, as shares of what happened."""
    with canvas(height=WIDTH) as (figure, axes):
        rows = np.array(counts, dtype=np.float64)
        shares = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
        axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="white")
        axes.invert_yaxis()
        for (truth, said), share in np.ndenumerate(shares):
            if len(labels) <= MOST_WRITTEN:
                colour = "white" if share > 0.5 else "black"
                axes.annotate(
                    f"{share * 100:.0f} %", (said + 0.5, truth + 0.5), ha="center", va="center", color=colour
                )
        names = [label if len(label) <= 12 else f"{label[:11]}…" for label in labels]
        places = np.arange(len(labels)) + 0.5
        axes.set_xticks(places, names, rotation=90)
        axes.set_yticks(places, names)
        axes.set(xlabel="Answered", ylabel="Happened")
        axes.grid(visible=False)
        says = (
            "Each row is a class that happened, and adds up to 100 %; on the diagonal the answer was right."
        )
        return finish(figure, "confusion", "What it takes for what (confusion)", says)


def curves(evidence: Mapping[str, Any]) -> list[Plot]:
    """Draw whatever curves the evaluation holds."""
    evaluation, decision = evidence["evaluation"], evidence.get("decision") or {}
    found: Mapping[str, Any] = evaluation.get("curves") or {}
    numbers = evidence["task"] == "regression"
    unit = ((evidence.get("explanation") or {}).get("unit") or "target's unit") if numbers else None
    drawn = []
    if found.get("roc"):
        drawn.append(roc(found["roc"], evidence["metrics"].get("roc_auc")))
    if found.get("pr"):
        drawn.append(
            precision_recall(found["pr"], _base_rate(evaluation["classes"], decision.get("positive")))
        )
    if found.get("residuals"):
        drawn.append(residuals(found["residuals"], str(unit)))
    if found.get("confusion"):
        drawn.append(confusion(found["confusion"], found["labels"]))
    if found.get("calibration"):
        drawn.append(calibration(found["calibration"], unit=unit))
    if found.get("cost"):
        costs = decision.get("costs") or {}
        drawn.append(cost(found["cost"], evaluation.get("threshold"), costs.get("unit", "")))
    return drawn


def _base_rate(classes: Mapping[str, int], positive: Any) -> float | None:
    rows = sum(classes.values())
    return classes[positive] / rows if positive in classes and rows else None


def _shares(axes: Any) -> None:
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
