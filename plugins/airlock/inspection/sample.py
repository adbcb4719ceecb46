"""A sample of rows, small enough to learn from many times, and how well its features tell the target."""

import warnings
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

from airlock.inspection.rows import Rows
from airlock.package.frame import frame
from airlock.package.labels import truth_of
from airlock.spec import ModelSpec, Task
from airlock.spec.columns import Kind

MOST_ROWS = 20_000
FOLDS = 3
LEARNER = {"max_iter": 60, "learning_rate": 0.15, "max_leaf_nodes": 15, "early_stopping": False}
#: A leaf has at least so many rows; of few rows, the share that leaves room for so many leaves.
LARGEST_LEAF, LEAVES = 20, 50
#: The last digits of a figure differ from machine to machine.
DIGITS = 4


@dataclass(frozen=True)
class Sample:
    """Rows to learn from.

    Attributes
    ----------
    table
        The rows, ordered by their key.
    names
        The features.
    values
        float64, shape (rows, features): numbers as they are, categories as their place in the alphabet; NaN
        is a missing value.
    truth
        What happened, shape (rows,).
    """

    spec: ModelSpec
    table: pa.Table
    names: tuple[str, ...]
    values: np.ndarray
    truth: np.ndarray

    @classmethod
    def of(cls, rows: Rows) -> "Sample":
        """Draw at most `MOST_ROWS` rows, the same ones in whatever order the rows come."""
        spec, table = rows.spec, rows.table.sort_by(rows.spec.data.entity_key)
        if len(table) > MOST_ROWS:
            drawn = np.random.default_rng(spec.training.seed).choice(len(table), MOST_ROWS, replace=False)
            table = table.take(np.sort(drawn))
        truth = truth_of(table, spec.data.target, spec.task)
        if spec.task is not Task.REGRESSION:  # A class of fewer rows than folds cannot be cross-validated.
            labels, places, counts = np.unique(truth, return_inverse=True, return_counts=True)
            enough = counts[places] >= FOLDS
            table, truth = table.filter(pa.array(enough)), truth[enough]
        kinds = {name: spec.data.kind_of(name) or Kind.CATEGORY for name in spec.data.features}
        features = frame(table, kinds)
        values = np.column_stack([_numbers(features[name].to_numpy()) for name in features])
        return cls(spec, table, spec.data.features, values, truth)

    @property
    def measure(self) -> str:
        """What `tells` gives, for people."""
        return "an R²" if self.spec.task is Task.REGRESSION else "a ROC AUC"

    @property
    def learnable(self) -> bool:
        """Whether there is anything to be told apart, with enough rows to see it."""
        return len(self.truth) >= 10 * FOLDS and len(np.unique(self.truth)) > 1

    def tells(self, names: Collection[str]) -> float:
        """Return how well the named features tell the target of rows not learned from.

        The cross-validated ROC AUC of small boosted trees (of many classes the mean over each against the
        rest), or R² for a regression.
        """
        values = self.values[:, [self.names.index(name) for name in names]]
        seed = self.spec.training.seed
        settings = LEARNER | {"min_samples_leaf": min(LARGEST_LEAF, max(1, len(values) // LEAVES))}
        with warnings.catch_warnings():
            # A column with nothing in it cannot be binned; the trees leave it alone, as they should.
            warnings.simplefilter("ignore", RuntimeWarning)
            if self.spec.task is Task.REGRESSION:
                learner = HistGradientBoostingRegressor(**settings, random_state=seed)
                folds = KFold(FOLDS, shuffle=True, random_state=seed)
                return _rounded(
                    r2_score(self.truth, cross_val_predict(learner, values, self.truth, cv=folds))
                )
            learner = HistGradientBoostingClassifier(**settings, random_state=seed)
            folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
            scores = cross_val_predict(learner, values, self.truth, cv=folds, method="predict_proba")
        if scores.shape[1] == 2:
            return _rounded(roc_auc_score(self.truth, scores[:, 1]))
        return _rounded(roc_auc_score(self.truth, scores, multi_class="ovr"))


def _numbers(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind in "fiu":
        return values.astype(np.float64)
    return np.unique(values.astype(str), return_inverse=True)[1].astype(np.float64)


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
