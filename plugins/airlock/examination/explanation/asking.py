"""Asking a model about rows that nobody has: mixtures and changes of real ones."""

import pandas as pd

from airlock.package.answers import Answers, answers_of
from airlock.package.predictor import Predictor


def ask(predictor: Predictor, rows: pd.DataFrame) -> Answers:
    """Return the answers for a frame made by `airlock.package.frame`, or changed from such a one."""
    return answers_of(predictor.pipeline, rows, predictor.signature)
