"""An attack: the least flattering of many small changes to the numbers of a row, seen from outside the model.

Whoever attacks knows only what the model answers. Every number may move by a tenth of its feature's standard
deviation. A row is moved along one feature after another, to whichever side most weakens its answer, and then
to some random corners of what is allowed; the search is a lower bound of what an attacker could do. Compare
HopSkipJump (Chen, Jordan, Wainwright, IEEE S&P 2020), which needs many thousand answers a row.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from airlock.examination.subject import Subject
from airlock.examination.weakness.perturbations import numbers, of_kind, spread, with_column
from airlock.package.answers import Answers
from airlock.package.predictor import Predictor
from airlock.spec import Task
from airlock.spec.columns import Kind

#: How far each number may move, in standard deviations of its feature.
REACH = 0.1
#: Random corners tried after the features have been tried one by one.
CORNERS = 10


def attack(subject: Subject, draw: np.random.Generator) -> pa.Table:
    """Return the rows, changed within reach so that a classifier's answers are weakest."""
    predictor, rows, before = subject.predictor, subject.rows, subject.answers
    names = of_kind(predictor.signature, Kind.NUMBER)
    start = np.column_stack([numbers(rows, name) for name in names])
    step = REACH * np.array([spread(values) for values in start.T])
    signs = np.zeros_like(start)
    weakest = confidence(predictor, before, before)

    def keep_if_weaker(trial: np.ndarray) -> None:
        asked = _moved(rows, names, start + trial * step)
        found = confidence(predictor, before, predictor.predict_table(asked))
        weaker = found < weakest
        signs[weaker], weakest[weaker] = trial[weaker], found[weaker]

    for place in range(len(names)):
        origin = signs.copy()
        for side in (-1.0, 1.0):
            trial = origin.copy()
            trial[:, place] = side
            keep_if_weaker(trial)
    for _ in range(CORNERS):
        keep_if_weaker(draw.choice([-1.0, 1.0], size=signs.shape))
    return _moved(rows, names, start + signs * step)


def confidence(predictor: Predictor, before: Answers, after: Answers) -> np.ndarray:
    """Return how firmly the model still gives the answers of `before`; below 0 it no longer does.

    For two classes the distance of the probability from the threshold, on the side of the first answer; for
    more the probability of that class less the highest of the others. float64, shape (rows,).
    """
    signature = predictor.signature
    assert after.probabilities is not None
    place = {label: index for index, label in enumerate(signature.classes)}
    said = np.array([place[label] for label in before.predictions])
    if signature.task is Task.BINARY:
        yes = said == place[str(signature.positive)]
        return np.where(yes, 1.0, -1.0) * (after.scores - signature.threshold)
    each = after.probabilities.copy()
    own = each[np.arange(len(each)), said]
    each[np.arange(len(each)), said] = -np.inf
    return own - each.max(axis=1)


def _moved(rows: pa.Table, names: Sequence[str], values: np.ndarray) -> pa.Table:
    for name, column in zip(names, values.T, strict=True):
        rows = with_column(rows, name, np.ascontiguousarray(column))
    return rows
