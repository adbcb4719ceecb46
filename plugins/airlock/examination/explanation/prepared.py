"""Contributions of the columns an estimator is given, by explainers that know the estimator from inside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from airlock.examination.explanation.quiet_shap import shap

#: About how many steps TreeSHAP may take: 2 to 4 s on one core.
WORK = 1e10
FEWEST_ROWS, MOST_ROWS = 50, 1000


@dataclass(frozen=True)
class Known:
    """An explainer for an estimator it knows.

    Attributes
    ----------
    contribute
        From a prepared matrix (rows, columns) to contributions (rows, columns, outputs) and the average
        answer (outputs); a binary margin is one output.
    most_rows
        How many rows it explains in bearable time.
    """

    method: str
    contribute: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    most_rows: int = MOST_ROWS


def known_explainer(estimator: Any, background: np.ndarray) -> Known | None:
    """Return the explainer made for this kind of estimator; None where there is none."""
    if hasattr(estimator, "eval_terms"):
        return Known("the model's own terms, one a feature", _terms(estimator))
    try:
        return _linear(estimator, background) if hasattr(estimator, "coef_") else _trees(estimator)
    except ValueError:  # shap's word for a kind it does not know
        return None


def _linear(estimator: Any, background: np.ndarray) -> Known:
    rows = shap.maskers.Independent(background, max_samples=len(background))
    explainer = shap.LinearExplainer(estimator, rows)
    return Known("exact Shapley values of the linear model", _asking(explainer))


def _trees(estimator: Any) -> Known:
    """Path-dependent TreeSHAP.

    References
    ----------
    Lundberg et al.: From local explanations to global understanding with explainable AI for trees, Nature
    Machine Intelligence 2, 2020, algorithm 2: its steps are leaves times depth squared, for every row.
    """
    explainer = shap.TreeExplainer(estimator)
    leaves = explainer.model.num_nodes.sum() / 2
    bearable = int(WORK / (leaves * max(explainer.model.max_depth, 1) ** 2))
    most = min(MOST_ROWS, max(FEWEST_ROWS, bearable))
    return Known("exact Shapley values of the trees (TreeSHAP)", _asking(explainer), most)


def _asking(explainer: Any) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    options = {"check_additivity": False} if isinstance(explainer, shap.TreeExplainer) else {}

    def contribute(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = np.asarray(explainer.shap_values(matrix, **options), dtype=np.float64)
        return values.reshape(*matrix.shape, -1), np.atleast_1d(explainer.expected_value).astype(np.float64)

    return contribute


def _terms(estimator: Any) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Read the terms of explainable boosting; one of several columns counts for each of them alike."""

    def contribute(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        terms = np.asarray(estimator.eval_terms(matrix), dtype=np.float64)
        terms = terms.reshape(*terms.shape[:2], -1)
        values = np.zeros((*matrix.shape, terms.shape[2]))
        for place, columns in enumerate(estimator.term_features_):
            for column in columns:
                values[:, column] += terms[:, place] / len(columns)
        return values, np.atleast_1d(estimator.intercept_).astype(np.float64)

    return contribute
