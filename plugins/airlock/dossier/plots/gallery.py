"""The gallery: every picture that the evidence has figures for."""

from collections.abc import Mapping
from typing import Any

from airlock.dossier.plots.bars import drift, importance, slices
from airlock.dossier.plots.curves import curves
from airlock.dossier.plots.drawing import Plot
from airlock.dossier.plots.groups import fairness

Gallery = Mapping[str, Plot]


def gallery(evidence: Mapping[str, Any]) -> Gallery:
    """Draw the evidence; what was not examined has no picture.

    Returns
    -------
    Mapping
        By the pictures' keys: roc, precision_recall, residuals, calibration, cost, fairness_1 and so on (in
        the order of the attributes), importance, slices, drift.
    """
    drawn = curves(evidence)
    if evidence.get("fairness"):
        drawn += fairness(evidence["fairness"])
    for part, list_of, draw in (("explanation", "importance", importance), ("slices", "worst", slices)):
        if evidence.get(part) and evidence[part][list_of]:
            drawn.append(draw(evidence[part]))
    if evidence.get("data_drift"):
        drawn.append(drift(evidence["data_drift"]))
    return {plot.key: plot for plot in drawn}
