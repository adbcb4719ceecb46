"""Telling: how well a person's group can be told from what a model sees, as areas under the ROC curve.

Every area is cross-validated: the rows it is measured on are none that were learned from, nor of the same
persons where the spec says who they are. 0.5 is chance, and 1 tells every row.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from airlock.examination.fairness.figures import MINIMUM_ROWS
from airlock.examination.fairness.groups import Grouping, numbers, values
from airlock.monitoring.counts import quantile_edges
from airlock.package.cores import one_core
from airlock.spec.columns import Kind

FOLDS = 3
#: Trees learn from at most so many rows, and of each group from at most an equal part of them.
MOST_ROWS = 20_000
TREES = {"max_iter": 40, "max_leaf_nodes": 15, "min_samples_leaf": 40, "early_stopping": False}


@dataclass(frozen=True)
class Told:
    """The group that is told best from all other rows; `auc` is NaN where no two groups have rows enough.

    `error` is the standard error that a guess would have.
    """

    auc: float = float("nan")
    group: str = ""
    error: float = float("nan")


def folds_of(persons: pa.ChunkedArray | None, rows: int, seed: int) -> np.ndarray:
    """Return each row's fold, int64, shape (rows,); all rows of a person are in one."""
    draw = np.random.default_rng(seed)
    if persons is None:
        return draw.permutation(rows) % FOLDS
    distinct = persons.combine_chunks().dictionary_encode("encode")
    place = distinct.indices.to_numpy()
    return (draw.permutation(len(distinct.dictionary)) % FOLDS)[place]


def bins_of(name: str, column: pa.ChunkedArray, kind: Kind | None) -> np.ndarray:
    """Return each row's bin: of a number by quantiles, of anything else its value; missing is a bin too."""
    if kind is not Kind.NUMBER:
        return values(name, column).codes
    edges = quantile_edges(column.cast(pa.float64()).to_numpy())
    return numbers(name, column, edges.tolist()).codes


def told_by_bins(grouping: Grouping, bins: np.ndarray, folds: np.ndarray) -> Told:
    """Tell each group by its share in the bin a row is in.

    Parameters
    ----------
    grouping
        The groups.
    bins, folds
        Each row's bin and fold, int64, shape (rows,).

    Examples
    --------
    >>> sex = Grouping("sex", ("f", "m"), np.arange(600) % 2)
    >>> told_by_bins(sex, sex.codes, np.arange(600) // 200).auc
    1.0
    """
    shape = (FOLDS, int(bins.max(initial=0)) + 1, len(grouping.groups))
    cell = np.ravel_multi_index((folds, bins, grouping.codes), shape)
    counts = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)
    areas: dict[int, list[float]] = {group: [] for group in _large(grouping)}
    for held in counts:
        learned = counts.sum(axis=0) - held
        share = learned.sum(axis=0) / max(learned.sum(), 1)
        rates = (learned + share) / (learned.sum(axis=1, keepdims=True) + 1)
        for group, found in areas.items():
            found.append(_area(rates[:, group], held[:, group], held.sum(axis=1) - held[:, group]))
    return _best(grouping, areas)


def told_by_trees(
    grouping: Grouping, columns: Mapping[str, np.ndarray], folds: np.ndarray, seed: int
) -> Told:
    """Tell each group by boosted trees over several columns; text must be codes, what is missing NaN.

    References
    ----------
    Feldman, Friedler, Moeller, Scheidegger, Venkatasubramanian: Certifying and Removing Disparate Impact,
    KDD 2015 (a protected attribute that can be predicted can be acted upon).
    """
    large = _large(grouping)
    if len(large) < 2 or not columns:
        return Told()
    chosen = _some(grouping, seed)
    features = np.column_stack([column[chosen] for column in columns.values()])
    codes, folds = grouping.codes[chosen], folds[chosen]
    areas: dict[int, list[float]] = {group: [] for group in large}
    for fold in range(FOLDS):
        held = folds == fold
        # scikit-learn's trees fail on a column without a single value.
        some = np.isfinite(features[~held]).any(axis=0)
        if not held.any() or not some.any() or len(np.unique(codes[~held])) < 2:
            continue
        trees = HistGradientBoostingClassifier(**TREES, random_state=seed)
        with one_core():
            said = trees.fit(features[~held][:, some], codes[~held]).predict_proba(features[held][:, some])
        for place, group in enumerate(trees.classes_.tolist()):
            is_group = codes[held] == group
            if group in areas and 0 < is_group.sum() < len(is_group):
                areas[group].append(roc_auc_score(is_group, said[:, place]))
    return _best(grouping, areas)


def _some(grouping: Grouping, seed: int) -> np.ndarray:
    """Choose rows at random, at most an equal part of each group, so that no group is too rare to learn."""
    draw, most = np.random.default_rng(seed), MOST_ROWS // len(grouping.groups)
    each = [np.flatnonzero(grouping.codes == group) for group in range(len(grouping.groups))]
    return np.sort(np.concatenate([draw.permutation(rows)[:most] for rows in each]))


def _large(grouping: Grouping) -> list[int]:
    rows = np.bincount(grouping.codes, minlength=len(grouping.groups))
    return np.flatnonzero(rows >= MINIMUM_ROWS).tolist()


def _area(rates: np.ndarray, inside: np.ndarray, outside: np.ndarray) -> float:
    """Return the area under the curve of scores that are one a bin, with counts of both sides in the bins."""
    _, rank = np.unique(rates, return_inverse=True)
    ours, others = np.bincount(rank, weights=inside), np.bincount(rank, weights=outside)
    below = np.cumsum(others) - others / 2
    pairs = ours.sum() * others.sum()
    return float(ours @ below / pairs) if pairs else float("nan")


def _best(grouping: Grouping, areas: Mapping[int, list[float]]) -> Told:
    """Return the group with the largest mean area, and the error of a guess (Mann, Whitney 1947)."""
    defined = {group: [area for area in found if np.isfinite(area)] for group, found in areas.items()}
    means = {group: float(np.mean(found)) for group, found in defined.items() if found}
    if len(means) < 2:
        return Told()
    group = max(means, key=lambda each: means[each])
    inside = int(np.count_nonzero(grouping.codes == group))
    outside = len(grouping.codes) - inside
    error = float(np.sqrt((inside + outside + 1) / (12 * inside * outside)))
    return Told(means[group], grouping.groups[group], error)
