"""Contributions of the features of any model at all, by asking its pipeline about mixtures of rows."""

import numpy as np
import pandas as pd

from airlock.examination.explanation.asking import ask
from airlock.package.contributions import Columns, contributions, questions
from airlock.package.predictor import Predictor

METHOD = "sampled Shapley values (for each of {rows} background rows one permutation, there and back)"
BACKGROUND_ROWS = 20
#: How many mixtures the model is asked about for all explained rows together.
QUESTIONS = 300_000


def most_rows(features: int, background: int) -> int:
    """Return how many rows can be explained with `QUESTIONS`."""
    return max(1, QUESTIONS // questions(features, background))


def sampled_contributions(
    predictor: Predictor, rows: pd.DataFrame, background: pd.DataFrame, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return contributions (rows, features, outputs) and the average answer (outputs) over the background."""

    def answers(mixtures: Columns) -> np.ndarray:
        said = ask(predictor, pd.DataFrame(mixtures))
        return said.scores[:, None] if said.probabilities is None else said.probabilities

    return contributions(answers, _columns(rows), _columns(background), seed=seed)


def _columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    return {name: rows[name].to_numpy() for name in rows}
