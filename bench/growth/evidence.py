"""What a training and a night leave in the records, in the form and about the size of real ones."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from airlock.examination.fairness.disparities import Disparity
from airlock.monitoring.drift import ColumnDrift, Shift
from airlock.monitoring.estimate import Estimate, Estimates, Range
from airlock.monitoring.fairness import Comparison, Fairness, Group, Groups
from airlock.monitoring.indicators import IndicatorFigure
from airlock.monitoring.measures import Measures
from airlock.monitoring.performance import Performance
from airlock.monitoring.service import ServiceFigures

NUMBERS = ("amount", "term_months", "income", "employment_years", "existing_debt", "open_loans")
CATEGORIES = ("purpose", "housing", "channel")
#: What an examination adds to the evidence, in characters.
EXAMINED = 80_000


def evidence(model: str, version: int) -> dict[str, Any]:
    """Return a training's evidence; the examination's text stands for its figures."""
    metrics = {"roc_auc": 0.74 + version / 1000, "average_precision": 0.39, "brier": 0.11, "accuracy": 0.87}
    fairness = {"sex": {"demographic_parity_ratio": 0.91}, "region": {"demographic_parity_ratio": 0.88}}
    lines = [f"{place}: {place * version % 9973}" for place in range(EXAMINED // 12)]
    return {"model": model, "metrics": metrics, "fairness": fairness, "examination": lines}


def measures(night: date, draw: np.random.Generator) -> dict[str, Any]:
    """Return what a night came to, as the night shift records it."""
    start = datetime(night.year, night.month, night.day, tzinfo=UTC)
    rows = 20_000
    auc = float(draw.normal(0.74, 0.01))
    pending = Estimate(rows, {"roc_auc": Range(auc, auc - 0.02, auc + 0.02), "brier": Range(0.11, 0.1, 0.12)})
    compared = Comparison(rows, rows, start, start, tuple(map(_groups, ("sex", "region", "age"))))
    known: dict[str, float | None] = {"roc_auc": auc, "brier": 0.11, "average_precision": 0.39}
    found = Measures(
        rows,
        drifts=tuple(_drifts(rows, draw)),
        performance=Performance(rows, rows - 500, start, start, known),
        estimates=Estimates(pending, pending, start),
        fairness=Fairness(compared, compared, judged=True),
        indicators=(
            IndicatorFigure(
                "booked", "Loans booked", "loans", 100, None, start, start, float(draw.poisson(900))
            ),
        ),
        service=ServiceFigures(rows, 12, 1, 2.0, 5.0, float(draw.choice([10.0, 20.0]))),
    )
    return found.to_json(drawn=())


def _drifts(rows: int, draw: np.random.Generator) -> list[ColumnDrift]:
    common: Any = {
        "missing": 0.01,
        "reference_missing": 0.01,
        "p_value": 0.4,
        "adjusted": 0.7,
        "chi_square": 12.3,
    }
    numbers = [
        ColumnDrift(
            "answer" if name == "score" else "feature",
            name,
            "number",
            rows,
            psi=float(draw.exponential(0.05)),
            jensen_shannon=0.08,
            kolmogorov_smirnov=0.04,
            wasserstein=0.06,
            mean=3214.0,
            reference_mean=3199.0,
            quantiles={"0.05": 812.0, "0.25": 1844.0, "0.5": 2977.0, "0.75": 4122.0, "0.95": 7013.0},
            **common,
        )
        for name in (*NUMBERS, "score")
    ]
    categories = [
        ColumnDrift(
            "feature",
            name,
            "category",
            rows,
            psi=float(draw.exponential(0.05)),
            jensen_shannon=0.07,
            shift=Shift("web", 0.61, 0.63),
            **common,
        )
        for name in CATEGORIES
    ]
    return [*numbers, *categories]


def _groups(attribute: str) -> Groups:
    rates = ("selection_rate", "true_positive_rate", "false_positive_rate")
    figures = dict.fromkeys(rates, (0.31, 0.29, 0.33))
    names = [f"{attribute} {number}" for number in range(1, 5)]
    groups = tuple(Group(name, 5_000, figures) for name in names)
    apart = Disparity(0.91, 0.88, 0.94, "selection_rate", (names[0], names[1]), (0.33, 0.30))
    return Groups(attribute, groups, {"demographic_parity_ratio": apart, "equalized_odds_difference": apart})
