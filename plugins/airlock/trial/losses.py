"""Losses: what each answer cost, once its outcome is known."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.package.answers import Answers
from airlock.package.labels import label_of, truth_of
from airlock.spec.metrics import Task
from airlock.spec.model import ModelSpec
from airlock.trial.answers import Moments


def cost(spec: ModelSpec, keys: Sequence[str], answers: Answers, outcomes: pa.Table) -> Moments:
    """Return what the answers to some entities cost, as far as their outcomes are known.

    Parameters
    ----------
    keys
        The entity of each answer, none of them twice.
    outcomes
        The entity key and the target, named as in the spec; a null has not arrived yet.
    """
    arrived = outcomes.filter(pc.is_valid(outcomes[spec.data.target]))
    known = arrived[spec.data.entity_key].cast(pa.string()).combine_chunks()
    place = pc.index_in(pa.array(keys, pa.string()), value_set=known)
    found = np.flatnonzero(place.is_valid().to_numpy(zero_copy_only=False))
    if not len(found):
        return Moments()
    truth = truth_of(arrived.take(place.drop_null()), spec.data.target, spec.task)
    return moments(losses(spec, truth, answers.take(found)))


def losses(spec: ModelSpec, truth: np.ndarray, answers: Answers) -> np.ndarray:
    """Return what each answer cost: by decision.costs where there are any, else 1 for a wrong one.

    Parameters
    ----------
    truth
        What happened, as `truth_of` gives it.
    answers
        What was answered to the same rows; a regression costs the square of its error.

    Returns
    -------
    numpy.ndarray
        float64, shape (rows,).
    """
    if spec.task is Task.REGRESSION:
        return (answers.scores - truth) ** 2
    said = np.asarray(answers.predictions, dtype=np.str_)
    costs = spec.decision.costs if spec.decision else None
    if costs is None or spec.data.positive is None:
        return (said != truth).astype(np.float64)
    yes = label_of(spec.data.positive)
    of_yes = np.where(truth == yes, costs.true_positive, costs.false_positive)
    of_no = np.where(truth == yes, costs.false_negative, costs.true_negative)
    return np.where(said == yes, of_yes, of_no)


def moments(values: np.ndarray) -> Moments:
    """Return how many values there are, their mean and their sample variance."""
    if len(values) < 2:
        return Moments(len(values))
    return Moments(len(values), float(values.mean()), float(values.var(ddof=1)))
