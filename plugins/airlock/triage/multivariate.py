"""Multivariate drift: can a classifier tell the night's rows from the reference's?"""

from dataclasses import dataclass

import numpy as np

from airlock.package.cores import one_core
from airlock.triage.facts import Facts

#: The rows of each side that the classifier learns from.
MOST_ROWS = 2_000
LEAST_ROWS = 50
#: An area below this is no movement worth a word.
WORTH = 0.6
#: How many standard errors above one half the area lies when the rows can be told apart.
ERRORS = 4.0
FOLDS = 3


@dataclass(frozen=True)
class Distinction:
    """The area under the curve of telling the night from the reference: 0.5 where it cannot be told."""

    area: float
    error: float

    @property
    def clear(self) -> bool:
        """Whether the night differs more than chance has it, and enough to matter."""
        return self.area >= WORTH and self.area - 0.5 >= ERRORS * self.error


def distinguish(facts: Facts) -> Distinction | None:
    """Learn to tell the night from the reference on a bounded sample; None where there are too few rows.

    Boosted trees on the bins of the features, judged on rows they did not learn from. The standard error is
    that of the area when both are the same.

    References
    ----------
    Lopez-Paz, Oquab: Revisiting classifier two-sample tests, ICLR 2017.
    Hanley, McNeil: The meaning and use of the area under a ROC curve, Radiology 143, 1982.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict

    before, now = (_sample(facts, placed) for placed in (facts.placed_before, facts.placed))
    if min(len(before), len(now)) < LEAST_ROWS:
        return None
    tonight: np.ndarray = np.repeat([0, 1], [len(before), len(now)])
    trees = HistGradientBoostingClassifier(
        max_iter=30, max_leaf_nodes=8, min_samples_leaf=10, early_stopping=False, random_state=0
    )
    with one_core():
        said = cross_val_predict(trees, np.vstack([before, now]), tonight, cv=FOLDS, method="predict_proba")
    error = np.sqrt((len(before) + len(now) + 1) / (12 * len(before) * len(now)))
    return Distinction(float(roc_auc_score(tonight, said[:, 1])), float(error))


def _sample(facts: Facts, placed: dict[str, np.ndarray]) -> np.ndarray:
    rows = np.column_stack([placed[name] for name in facts.features])
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(np.int64)]
