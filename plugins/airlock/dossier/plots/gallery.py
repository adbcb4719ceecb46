"""The gallery: every picture that the evidence has figures for."""

from collections.abc import Mapping
from typing import Any

from airlock.dossier.plots.bars import drift, importance, slices
from airlock.dossier.plots.curves import curves
from airlock.dossier.plots.drawing import Plot
from airlock.dossier.plots.groups import fairness
from airlock.dossier.reading import slices_to_see, unmoved

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
    if evidence.get("explanation") and evidence["explanation"]["importance"]:
        drawn.append(importance(evidence["explanation"]))
    if evidence.get("slices") and slices_to_see(evidence["slices"]):
        drawn.append(slices(evidence["slices"]))
    if evidence.get("data_drift") and not unmoved(evidence["data_drift"]):
        drawn.append(drift(evidence["data_drift"]))
    return {plot.key: plot for plot in drawn}
