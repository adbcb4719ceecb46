"""The reference profile: what the training data looked like, kept with the model to hold nights against."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.monitoring.counts import count_numbers, count_values, quantile_edges
from airlock.package.answers import Answers
from airlock.spec.columns import Kind

MOST_VALUES = 50
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def profile(table: pa.Table, features: Mapping[str, Kind], answers: Answers) -> dict[str, Any]:
    """Describe the rows a model was fitted on, and what it answers for them.

    Parameters
    ----------
    table
        The training rows, with at least the features.
    features
        What each feature holds.
    answers
        The fitted model's answers for the same rows, in the same order.

    Returns
    -------
    dict
        JSON: `rows`; `features`, one description a feature; `score`, described as a number; `prediction`, the
        counts of the predicted classes, or None for a regression, whose prediction is its score.
    """
    return {
        "rows": table.num_rows,
        "features": {name: describe(table[name], kind) for name, kind in features.items()},
        "score": describe(pa.chunked_array([answers.scores]), Kind.NUMBER),
        "prediction": (
            None
            if answers.probabilities is None
            else describe(pa.chunked_array([answers.predictions]), Kind.CATEGORY)
        ),
    }


def describe(column: pa.ChunkedArray, kind: Kind) -> dict[str, Any]:
    """Describe one column: histogram and moments of numbers, counts of anything else."""
    return _numbers(column) if kind is Kind.NUMBER else _values(column, kind)


def _numbers(column: pa.ChunkedArray) -> dict[str, Any]:
    values = column.cast(pa.float64()).to_numpy()
    edges = quantile_edges(values)
    counted = count_numbers(column.chunks, edges)
    finite = values[np.isfinite(values)]
    quantiles = np.quantile(finite, QUANTILES).tolist() if finite.size else [None] * len(QUANTILES)
    return {
        "kind": Kind.NUMBER.value,
        "rows": len(column),
        "missing": counted.missing,
        "edges": edges.tolist(),
        "counts": counted.bins.tolist(),
        "sums": counted.sums.tolist(),
        "mean": counted.mean,
        "std": counted.std,
        "min": counted.minimum if counted.present else None,
        "max": counted.maximum if counted.present else None,
        "quantiles": {str(share): value for share, value in zip(QUANTILES, quantiles, strict=True)},
    }


def _values(column: pa.ChunkedArray, kind: Kind) -> dict[str, Any]:
    counted, missing = count_values(column.chunks)
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return {
        "kind": kind.value,
        "rows": len(column),
        "missing": missing,
        "values": dict(ordered[:MOST_VALUES]),
        "other": sum(count for _, count in ordered[MOST_VALUES:]),
        "distinct": len(ordered),
    }
