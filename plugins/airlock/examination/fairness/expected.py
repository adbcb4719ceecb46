"""What is expected of an intersection from the attributes it crosses."""

from itertools import combinations

import numpy as np

from airlock.examination.fairness.tally import Attribute


def expected(attribute: Attribute, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return what the parts of an intersection explain: of two columns the sum of their two effects.

    The fitted values of a weighted least-squares model with an effect for every group of every part, that
    is of each column, and of three columns of each pair too. A group that lies off its fitted value is
    treated in a way that none of its parts tells.

    Parameters
    ----------
    attribute
        An intersection.
    values
        A figure of its groups, shape (groups,); NaN where not defined.
    weights
        The rows it is a share or mean of, shape (groups,).

    References
    ----------
    Kearns, Neel, Roth, Wu: Preventing Fairness Gerrymandering, ICML 2018 (why intersections are looked at).
    Searle: Linear Models, Wiley 1971, chapter 7 (the two-way model without interaction).

    Examples
    --------
    Effects that only add up are explained; here "both" costs 0.2 more than its parts.

    >>> from airlock.examination.fairness.tally import Tally
    >>> places = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> cross = Attribute(("a", "b"), ((),) * 4, places, Tally((), np.zeros((4, 0)), {}, {}))
    >>> expected(cross, np.array([0.1, 0.2, 0.3, 0.4]), np.full(4, 100)).round(6).tolist()
    [0.1, 0.2, 0.3, 0.4]
    >>> expected(cross, np.array([0.1, 0.2, 0.3, 0.6]), np.full(4, 100)).round(6).tolist()
    [0.05, 0.25, 0.35, 0.55]
    """
    design = _effects(attribute.places)
    root = np.sqrt(np.where(np.isfinite(values), weights, 0))
    effects = np.linalg.lstsq(design * root[:, None], np.nan_to_num(values) * root, rcond=None)[0]
    return design @ effects


def _effects(places: np.ndarray) -> np.ndarray:
    """Return a column for every group of every part, shape (groups, effects)."""
    columns = range(places.shape[1])
    parts = [part for size in columns if size for part in combinations(columns, size)]
    return np.column_stack([_indicators(places[:, list(part)]) for part in parts])


def _indicators(places: np.ndarray) -> np.ndarray:
    _, place = np.unique(places, axis=0, return_inverse=True)
    place = place.reshape(-1)
    return (place[:, None] == np.arange(place.max() + 1)).astype(np.float64)
