"""Contributions of the features of any model at all, by asking it about mixtures of rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from airlock.examination.explanation.asking import ask
from airlock.package.predictor import Predictor

METHOD = "sampled Shapley values (one permutation a row, there and back, over {rows} background rows)"
BACKGROUND_ROWS = 20
#: How many mixtures the model is asked about for all explained rows together.
QUESTIONS = 300_000


def most_rows(features: int, background: int) -> int:
    """Return how many rows can be explained with `QUESTIONS`."""
    return max(1, QUESTIONS // (2 * features * background))


def sampled_contributions(
    predictor: Predictor, rows: pd.DataFrame, background: pd.DataFrame, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return contributions (rows, features, outputs) and the average answer (outputs) over the background.

    Every row takes its features in a random order from the background's values to its own and back again, and
    each feature is given what the answer moves when it is taken. So the moves of a row add up exactly.

    References
    ----------
    Strumbelj and Kononenko: Explaining prediction models and individual predictions with feature
    contributions, Knowledge and Information Systems 41, 2014, algorithm 1; the way back is the antithetic
    permutation of Mitchell et al.: Sampling permutations for Shapley value estimation, JMLR 23, 2022.
    """
    draw, each = np.random.default_rng(seed), np.arange(len(rows))
    order = np.argsort(draw.random(rows.shape), axis=1)
    own: np.ndarray = np.zeros(rows.shape, dtype=bool)
    base = before = _mean_answers(predictor, rows, background, own)
    contributions = np.zeros((*rows.shape, base.shape[1]))
    for taken, place in _there_and_back(rows.shape[1]):
        feature = order[:, place]
        own[each, feature] = taken
        after = _mean_answers(predictor, rows, background, own)
        contributions[each, feature] += (after - before) / 2 if taken else (before - after) / 2
        before = after
    return contributions, base[0]


def _there_and_back(features: int) -> Iterator[tuple[bool, int]]:
    for taken in (True, False):
        for place in range(features):
            yield taken, place


def _mean_answers(
    predictor: Predictor, rows: pd.DataFrame, background: pd.DataFrame, own: np.ndarray
) -> np.ndarray:
    """Return the mean answers (rows, outputs) where each row keeps its own features, over the background."""
    times = len(background)
    mixed = {
        name: np.where(
            np.repeat(own[:, place], times),
            np.repeat(rows[name].to_numpy(), times),
            np.tile(background[name].to_numpy(), len(rows)),
        )
        for place, name in enumerate(rows)
    }
    answers = ask(predictor, pd.DataFrame(mixed))
    said = answers.scores[:, None] if answers.probabilities is None else answers.probabilities
    return said.reshape(len(rows), times, -1).mean(axis=1)
