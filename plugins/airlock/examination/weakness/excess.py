"""Excess: how much more wrong an answer was than the model expects of itself.

Loss alone says which rows are hard: where a third of the people default, every honest model has a higher loss
than where none does. Excess is what is left of it: a model whose answers mean what they say has a mean excess
of 0 in any slice, however risky.
"""

import numpy as np
from scipy.special import entr

from airlock.examination.subject import Subject
from airlock.spec import Task

#: Answers of a regression are compared with at most so many groups of answers of about their size.
GROUPS = 20
ROWS_OF_A_GROUP = 50


def excess_of(subject: Subject) -> np.ndarray:
    """Return the excess of each answer, float64, shape (rows,).

    For a classifier it is the log loss minus the entropy of the probabilities given, which is the log loss
    that they themselves expect, in nats. For a regression, whose answers say nothing of their own error, it
    is the squared error as a multiple of the mean squared error of answers of about the same size, minus 1:
    0.5 is half as much again. Both are linear in how often (how far) things went otherwise, so both can be
    averaged over any rows.

    Notes
    -----
    For two classes the excess is (p - y) logit(p): it grows with how sure the answer was, and an answer of
    exactly 0.5, which claims nothing, can have none. That is the difference between the two parts of the
    statistic in Spiegelhalter: Probabilistic prediction in patient management and clinical trials, Statistics
    in Medicine 1986, with the log loss in place of the Brier score.
    """
    if subject.spec.task is Task.REGRESSION:
        return subject.losses / _usual(subject.answers.scores, subject.losses) - 1
    assert subject.answers.probabilities is not None
    return subject.losses - entr(subject.answers.probabilities).sum(axis=1)


def _usual(scores: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Return the mean loss of the answers of about the same size, for each answer; 1 where none was wrong."""
    groups = min(GROUPS, max(len(scores) // ROWS_OF_A_GROUP, 1))
    edges = np.unique(np.quantile(scores, np.arange(1, groups) / groups))
    place = np.searchsorted(edges, scores, side="right")
    rows = np.bincount(place, minlength=len(edges) + 1)
    means = np.bincount(place, weights=losses, minlength=len(edges) + 1) / np.maximum(rows, 1)
    return np.where(means > 0, means, 1.0)[place]
