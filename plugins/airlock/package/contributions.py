"""Contributions: what each feature adds to an answer, by asking any model at all about mixtures of rows."""

from collections.abc import Callable, Mapping

import numpy as np

#: By feature: float64 with NaN where missing, or texts with "" where missing; shape (rows,).
Columns = Mapping[str, np.ndarray]
#: From mixtures of rows to what the model answers: float64, shape (rows, outputs).
Ask = Callable[[Columns], np.ndarray]

#: Mixtures that the model is asked about at once: a few MB, however many rows are explained.
AT_ONCE = 20_000


def questions(features: int, background: int) -> int:
    """Return how many mixtures the model is asked about for one explained row.

    >>> questions(features=31, background=50)
    3200
    """
    return 2 * background * (features + 1)


def contributions(
    ask: Ask, rows: Columns, background: Columns, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return sampled Shapley values, and the average answer over the background.

    Each background row takes the features of an explained row one by one, in a random order of its own and
    then in the opposite one, and each feature is given what the answer moves when it is taken. So average
    answer and contributions add up to the answer. The orders depend on the seed alone: the same row always
    gets the same contributions, and two rows differ by what is in them.

    Parameters
    ----------
    ask
        The model.
    rows, background
        The rows to explain, one at least, and those that stand for the average, with the same features.
    seed
        For the orders.

    Returns
    -------
    tuple of numpy.ndarray
        Contributions, float64, shape (rows, features, outputs), and the average answer, shape (outputs,),
        both in the unit of the answers.

    References
    ----------
    Strumbelj and Kononenko: Explaining prediction models and individual predictions with feature
    contributions, Knowledge and Information Systems 41, 2014, algorithm 1; the opposite order is the
    antithetic permutation of Mitchell et al.: Sampling permutations for Shapley value estimation, JMLR 23,
    2022.

    Examples
    --------
    >>> from numpy import array
    >>> def price(table):
    ...     return (10 * table["rooms"] + 5 * (table["view"] == "sea"))[:, None]
    >>> flat = {"rooms": array([3.0]), "view": array(["sea"], dtype=object)}
    >>> others = {"rooms": array([1.0, 2.0]), "view": array(["", "sea"], dtype=object)}
    >>> values, average = contributions(price, flat, others, seed=1)
    >>> values[0, :, 0].tolist(), average.tolist()
    ([15.0, 2.5], [17.5])
    """
    names, others = list(rows), len(next(iter(background.values())))
    drawn = np.argsort(np.random.default_rng(seed).random((others, len(names))), axis=1)
    ranks = np.concatenate([drawn, len(names) - 1 - drawn])
    taken = ranks[:, None, :] < np.arange(len(names) + 1)[:, None]
    start = {name: np.tile(background[name], 2)[:, None] for name in names}
    at_once = max(1, AT_ONCE // taken[..., 0].size)
    found = []
    for first in range(0, len(rows[names[0]]), at_once):
        some = slice(first, first + at_once)
        answers = ask(
            {
                name: np.where(taken[..., place], rows[name][some, None, None], start[name]).reshape(-1)
                for place, name in enumerate(names)
            }
        )
        said = answers.reshape(-1, *taken.shape[:2], answers.shape[-1])
        moves = np.take_along_axis(np.diff(said, axis=2), ranks[None, :, :, None], axis=2)
        found.append(moves.mean(axis=1))
        average = said[0, :, 0].mean(axis=0)
    return np.concatenate(found), average
