"""Mixtures: how much of what came is of one kind, where the rest is of another."""

import numpy as np

ROUNDS = 200


def mixing_share(counts: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Return the most likely share of rows that come from `other` where the rest come from `one`.

    Expectation and maximisation over the places' counts.

    References
    ----------
    Saerens, Latinne, Decaestecker: Adjusting the outputs of a classifier to new a priori probabilities,
    Neural Computation 14, 2002.

    Examples
    --------
    >>> one, other = np.array([0.9, 0.1]), np.array([0.1, 0.9])
    >>> round(mixing_share(np.array([50, 50]), one, other), 2)
    0.5
    """
    share, rows = 0.5, counts.sum()
    for _ in range(ROUNDS):
        belongs = share * other / ((1 - share) * one + share * other)
        share = float(np.dot(counts, belongs) / rows)
    return share
