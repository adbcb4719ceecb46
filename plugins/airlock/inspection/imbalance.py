"""Imbalance: whether every class has rows enough to be learned."""

import math

import numpy as np

from airlock.evaluation.figures import spell
from airlock.inspection.check import Check, CheckKind
from airlock.inspection.rows import Rows
from airlock.spec import Task


def classes(rows: Rows) -> dict[str, int]:
    """Return how many rows each class has; empty for a regression."""
    if rows.spec.task is Task.REGRESSION:
        return {}
    labels, counts = np.unique(rows.truth, return_counts=True)
    return dict(zip(labels.tolist(), counts.tolist(), strict=True))


def imbalance(rows: Rows) -> list[Check]:
    """Hold the rarest class's share of the rows against the spec's limit; fewer than two classes fail."""
    found = classes(rows)
    if rows.spec.task is Task.REGRESSION:
        return []
    limit = rows.spec.data.inspection.rarest_class
    rarest, count = min(found.items(), key=lambda item: item[1], default=("", 0))
    share = count / len(rows) if len(found) > 1 else math.nan
    sentence = (
        f"The rarest class, {rarest}, has {count:,} of {len(rows):,} rows, a share of {spell(share, limit)}, "
        f"and at least {spell(limit, share)} is asked for."
        if len(found) > 1
        else f"Every row is of the class {rarest}, so there is nothing to tell apart."
    )
    mend = "Collect more rows of that class, or lower data.inspection.rarest_class with its reason."
    return [Check(CheckKind.IMBALANCE, share >= limit, share, limit, sentence, mend)]
