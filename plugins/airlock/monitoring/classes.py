"""Classes: what those of each outcome looked like, and how often each score came true."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.monitoring.bins import counts_of, cross_counts, places
from airlock.package.answers import Answers

MOST_CLASSES = 10


def classes(
    table: pa.Table, described: Mapping[str, Any], answers: Answers, truth: np.ndarray
) -> dict[str, Any]:
    """Count the features and the score of the reference rows for each outcome, in the reference's bins.

    Parameters
    ----------
    table, answers, truth
        The reference rows, what the model answers for them, and what came true, as labels.
    described
        The reference's profile.

    Returns
    -------
    dict
        By label: `rows`, `features` (each a list of counts) and `score` (the same). Empty where there are
        more than `MOST_CLASSES`.
    """
    labels, which = np.unique(truth, return_inverse=True)
    if len(labels) > MOST_CLASSES:
        return {}
    columns = {name: (table[name], one) for name, one in described["features"].items()}
    counted = {name: _by_class(which, len(labels), *each) for name, each in columns.items()}
    score = _by_class(which, len(labels), pa.chunked_array([answers.scores]), described["score"])
    return {
        str(label): {
            "rows": int((which == place).sum()),
            "features": {name: counts[place].tolist() for name, counts in counted.items()},
            "score": score[place].tolist(),
        }
        for place, label in enumerate(labels)
    }


def reliability(described: Mapping[str, Any], scores: np.ndarray, hits: np.ndarray) -> dict[str, list[int]]:
    """Count in each bin of the score the rows, and those of which it came true.

    Parameters
    ----------
    described
        The score as the profile describes it.
    scores
        float64, shape (rows,).
    hits
        bool, shape (rows,): the positive class came true (binary), or the predicted one (multiclass).
    """
    bins = (2, len(counts_of(described)))
    misses, came = cross_counts(
        hits.astype(np.int64), places(pa.chunked_array([scores]), described), shape=bins
    )
    return {"rows": (misses + came).tolist(), "hits": came.tolist()}


def _by_class(which: np.ndarray, labels: int, column: pa.ChunkedArray, described: Any) -> np.ndarray:
    return cross_counts(which, places(column, described), shape=(labels, len(counts_of(described))))
