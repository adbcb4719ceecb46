"""Worlds to watch: tables drawn from known laws."""

import numpy as np
import pyarrow as pa

from airlock.package.answers import Answers
from airlock.spec.columns import Kind

FEATURES = {
    "amount": Kind.NUMBER,
    "income": Kind.NUMBER,
    "age": Kind.NUMBER,
    "term": Kind.NUMBER,
    "defaults": Kind.NUMBER,
    "channel": Kind.CATEGORY,
    "town": Kind.CATEGORY,
    "vip": Kind.BOOLEAN,
}


def table(seed: int, rows: int, *, shift: float = 0.0) -> pa.Table:
    """Draw rows with continuous, whole, mostly zero, rare and missing values."""
    random = np.random.default_rng(seed)
    income = random.lognormal(8 + shift, 0.5, rows)
    towns = np.array([f"town {number}" for number in range(40)])
    shares = 1 / np.arange(1, 41)
    return pa.table(
        {
            "amount": random.gamma(2, 4000, rows),
            "income": pa.array(income, mask=random.random(rows) < 0.03),
            "age": random.integers(18, 80, rows).astype(np.float64),
            "term": random.choice([12.0, 24.0, 36.0, 60.0], rows),
            "defaults": random.poisson(0.1, rows).astype(np.float64),
            "channel": random.choice(["web", "branch", "partner"], rows, p=[0.6, 0.37, 0.03]),
            "town": random.choice(towns, rows, p=shares / shares.sum()),
            "vip": random.random(rows) < 0.02,
        }
    )


def answers(seed: int, rows: int) -> Answers:
    """Draw a classifier's answers."""
    scores = np.random.default_rng(seed).beta(2, 10, rows)
    predictions = ["true" if score > 0.3 else "false" for score in scores]
    return Answers(scores, predictions, np.column_stack([1 - scores, scores]))


def scored(seed: int, rows: int, *, shift: float = 0.0) -> pa.Table:
    """Draw rows as the prediction log has them: with what was answered about each."""
    said = answers(seed, rows)
    columns = {"score": pa.array(said.scores), "prediction": pa.array(said.predictions)}
    drawn = table(seed, rows, shift=shift)
    return pa.table({name: drawn[name] for name in drawn.column_names} | columns)
