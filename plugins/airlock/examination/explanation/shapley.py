"""Shapley values: how far each feature moves each answer from the average one, in a stated unit.

Of an estimator with an explainer of its own they are exact, on the columns it is given, and added up for the
feature those were made of; an explainer is believed only where base and contributions add up to the answers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, softmax

from airlock.examination.explanation.asking import ask
from airlock.examination.explanation.prepared import MOST_ROWS, known_explainer
from airlock.examination.explanation.sampled import BACKGROUND_ROWS, METHOD, most_rows, sampled_contributions
from airlock.examination.weakness.sample import evenly
from airlock.package.answers import Answers
from airlock.package.predictor import Predictor
from airlock.spec.metrics import Task
from airlock.training.preprocess import origins

LOG_ODDS, PROBABILITY = "log-odds", "probability"
#: Several classes have no odds: the logarithm of each one's weight, before all are made to add up to 1.
LOG_WEIGHT = "log-weight of the class"
#: On so many rows an explainer must add up before it is believed.
PROOF_ROWS = 20
TOLERANCE = 1e-6

Raw = Callable[[pd.DataFrame], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Contributions:
    """What each feature added to each answer.

    Attributes
    ----------
    base
        float64, one a row: the average answer.
    values
        float64, rows by features; with the base they add up to the answer, in the unit.
    """

    features: tuple[str, ...]
    base: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Explainer:
    """A way to explain one model's answers.

    Attributes
    ----------
    unit
        What base and contributions are counted in.
    most_rows
        How many rows it explains in bearable time.
    raw
        From a frame to contributions (rows, features, outputs) and the average answer (outputs).
    """

    predictor: Predictor
    method: str
    unit: str
    most_rows: int
    raw: Raw

    def explain(self, rows: pd.DataFrame) -> Contributions:
        """Explain the score: of the positive class, of the predicted class, or the number."""
        values, base = self.raw(rows)
        output = _outputs(self.predictor, rows, values.shape[2])
        each = np.arange(len(rows))
        return Contributions(tuple(rows), base[output], values[each, :, output])


def explainer_for(predictor: Predictor, background: pd.DataFrame, *, unit: str, seed: int) -> Explainer:
    """Return the best explainer that adds up to what the model answers.

    Parameters
    ----------
    predictor
        The model.
    background
        Training rows: the average answer is the one over them (or over the trees' own training rows).
    unit
        What a regression's numbers are counted in.
    seed
        For the permutations of a model that no explainer knows.
    """
    prepare, estimator = predictor.pipeline[:-1], predictor.pipeline[-1]
    known = known_explainer(estimator, np.asarray(prepare.transform(background)))
    if known:
        raw = _of_features(predictor, known.contribute)
        proof = background.iloc[evenly(len(background), PROOF_ROWS)]
        if spoken := _unit(raw, proof, ask(predictor, proof), predictor.signature.task, unit):
            return Explainer(predictor, known.method, spoken, known.most_rows, raw)
    few = background.iloc[evenly(len(background), BACKGROUND_ROWS)]
    return Explainer(
        predictor,
        METHOD.format(rows=len(few)),
        unit if predictor.signature.task is Task.REGRESSION else PROBABILITY,
        min(MOST_ROWS, most_rows(few.shape[1], len(few))),
        lambda rows: sampled_contributions(predictor, rows, few, seed=seed),
    )


def _of_features(
    predictor: Predictor, contribute: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
) -> Raw:
    """Add the contributions of prepared columns up for the feature each was made of."""
    prepare = predictor.pipeline[:-1]
    names = list(predictor.signature.kinds)
    belongs = np.array(
        [[name == origin for name in names] for origin in origins(prepare[-1])], dtype=np.float64
    )

    def raw(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        values, base = contribute(np.asarray(prepare.transform(rows)))
        if predictor.signature.task is Task.BINARY and len(base) == 1:
            values, base = np.concatenate([-values, values], axis=2), np.concatenate([-base, base])
        return np.einsum("rco,cf->rfo", values, belongs), base

    return raw


def _unit(raw: Raw, rows: pd.DataFrame, answers: Answers, task: Task, unit: str) -> str | None:
    """Return the unit in which contributions add up to the answers; None where there is none."""
    values, base = raw(rows)
    totals = base + values.sum(axis=1)
    if answers.probabilities is None:
        near = TOLERANCE * max(1.0, float(np.abs(answers.scores).max()))
        return unit if np.allclose(totals[:, 0], answers.scores, rtol=0, atol=near) else None
    if totals.shape != answers.probabilities.shape:
        return None
    logarithmic = (LOG_ODDS, expit(totals)) if task is Task.BINARY else (LOG_WEIGHT, softmax(totals, axis=1))
    for spoken, probabilities in (logarithmic, (PROBABILITY, totals)):
        if np.allclose(probabilities, answers.probabilities, rtol=0, atol=TOLERANCE):
            return spoken
    return None


def _outputs(predictor: Predictor, rows: pd.DataFrame, outputs: int) -> np.ndarray:
    signature = predictor.signature
    if signature.task is Task.REGRESSION:
        return np.zeros(len(rows), dtype=np.int64)
    if signature.task is Task.BINARY:
        return np.full(len(rows), signature.classes.index(str(signature.positive)))
    place = {label: index for index, label in enumerate(signature.classes)}
    return np.array([place[label] for label in ask(predictor, rows).predictions])
