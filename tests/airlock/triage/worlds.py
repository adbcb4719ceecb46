"""A small lender whose law is known: the score is the true probability, so that no model need be trained."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.monitoring.background import background
from airlock.monitoring.profile import profile
from airlock.package.answers import Answers
from airlock.spec.columns import Kind
from airlock.triage.facts import Cohort, Facts
from tests.airlock.monitoring.specs import spec

FEATURES = {
    "income": Kind.NUMBER,
    "years": Kind.NUMBER,
    "amount": Kind.NUMBER,
    "channel": Kind.CATEGORY,
    "purpose": Kind.CATEGORY,
}
DAY = date(2026, 10, 7)
CHRISTMAS = date(2026, 12, 10)


def people(seed: int, rows: int, *, poorer: float = 0.0, travel: float = 0.1) -> dict[str, np.ndarray]:
    """Draw the features of people who apply."""
    random = np.random.default_rng(seed)
    return {
        "income": random.lognormal(8 - poorer, 0.5, rows),
        "years": random.exponential(6, rows) + 0.1,
        "amount": random.gamma(2, 4000, rows) * (0.5 if travel > 0.1 else 1.0),
        "channel": random.choice(["branch", "partner", "web"], rows, p=[0.3, 0.2, 0.5]),
        "purpose": random.choice(
            ["car", "home", "travel"], rows, p=[0.6 - travel / 2, 0.4 - travel / 2, travel]
        ),
    }


def law(drawn: dict[str, np.ndarray]) -> np.ndarray:
    """Return the true probability of a bad outcome."""
    odds = -1.5 - 1.5 * (np.log(drawn["income"]) - 8) - 0.15 * (drawn["years"] - 6)
    return 1 / (1 + np.exp(-odds))


def outcomes(seed: int, probability: np.ndarray) -> np.ndarray:
    """Draw what comes true."""
    return np.random.default_rng(seed + 1000).random(len(probability)) < probability


def answered(drawn: dict[str, Any], scores: np.ndarray | None = None) -> pa.Table:
    """Return a table of features with the score and the prediction."""
    scores = law(drawn) if scores is None else scores
    said = ["true" if score > 0.5 else "false" for score in scores]
    return pa.table({**drawn, "score": scores, "prediction": said})


def known(*, seasons: bool = True) -> Facts:
    """Return the facts of a calm night: the reference of 8,000 rows and 400 others."""
    before = people(1, 8000)
    scores = law(before)
    table = answered(before)
    answers = Answers(scores, table["prediction"].to_pylist(), np.column_stack([1 - scores, scores]))
    holdout = _timed(table.select(list(FEATURES)), outcomes(1, scores), datetime(2026, 3, 1, tzinfo=UTC))
    winter = people(2, 2000, travel=0.5)
    train = _timed(
        answered(winter).select(list(FEATURES)), outcomes(2, law(winter)), datetime(2025, 12, 3, tzinfo=UTC)
    )
    described = profile(holdout, FEATURES, answers)
    more = background(spec(), described, train if seasons else train.slice(0, 0), holdout, answers)
    return Facts(DAY, described | more, table, answered(people(7, 400)), cohort(9))


def cohort(seed: int, *, turned: bool = False, poorer: float = 0.0) -> Cohort:
    """Return 6,000 outcomes; `turned`, bad ones hit whom the score takes for safe."""
    drawn = people(seed, 6000, poorer=poorer)
    scores = law(drawn)
    return Cohort(scores, outcomes(seed, scores[::-1] * 0.5 + scores * 0.5 if turned else scores))


def night(facts: Facts, drawn: dict[str, Any], **others: Any) -> Facts:
    """Return the same facts with another night."""
    return replace(facts, now=answered(drawn), **others)


def _timed(table: pa.Table, bad: np.ndarray, start: datetime) -> pa.Table:
    moments = [start + timedelta(days=14) * row / table.num_rows for row in range(table.num_rows)]
    timed = table.append_column("at", pa.array(moments, pa.timestamp("us", "UTC")))
    return timed.append_column("bad", pa.array(bad))
