"""A lender's seeded rows with 31 features (20 numbers, 10 categories, one boolean), their spec and suite."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.spec import ModelSpec

NUMBERS = tuple(f"number_{place:02}" for place in range(1, 21))
CATEGORIES = tuple(f"category_{place:02}" for place in range(1, 11))
WORDS = tuple(f"word_{place}" for place in range(1, 9))
DAY = datetime(2026, 3, 1, tzinfo=UTC)
QUERY = "SELECT * FROM loans WHERE asked_at >= :start AND asked_at < :end"


def rows(number: int, seed: int) -> pa.Table:
    """Draw rows of one day, in which one value in fifty is missing."""
    draw = np.random.default_rng(seed)

    def holes() -> np.ndarray:
        return draw.random(number) < 0.02

    numbers = {name: draw.lognormal(place % 5, 0.6, number) for place, name in enumerate(NUMBERS)}
    words = np.array(WORDS)
    categories = {
        name: words[draw.integers(2 + place % 6, size=number)] for place, name in enumerate(CATEGORIES)
    }
    insured = draw.random(number) < 0.3
    pull = (
        np.log(numbers["number_01"] + 1)
        - np.log(numbers["number_02"])
        + (categories["category_01"] == "word_1")
    )
    return pa.table(
        {
            "loan": [f"{seed}-{place:07}" for place in range(number)],
            "asked_at": pa.array(
                [DAY + timedelta(seconds=place * 86_400 / number) for place in range(number)],
                pa.timestamp("us", "UTC"),
            ),
            **{name: pa.array(values, mask=holes()) for name, values in numbers.items()},
            **{name: pa.array(values, pa.string(), mask=holes()) for name, values in categories.items()},
            "insured": pa.array(insured, mask=holes()),
            "defaulted": draw.random(number) < 1 / (1 + np.exp(1.5 - pull)),
        }
    )


def spec() -> ModelSpec:
    """Return the model's spec: boosted trees on ordinal codes, read from a database."""
    feature = {"role": "feature", "classification": "business"}
    columns: dict[str, Any] = {
        "loan": {"role": "identifier", "classification": "business"},
        "asked_at": {"role": "event_time", "classification": "business"},
        **{name: feature | {"kind": "number"} for name in NUMBERS},
        **{name: feature | {"kind": "category"} for name in CATEGORIES},
        "insured": feature | {"kind": "boolean"},
        "defaulted": {"role": "target", "kind": "boolean", "classification": "business"},
    }
    trees = {
        "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
        "preprocessing": "ordinal",
        "parameters": {"max_iter": 100, "early_stopping": False},
    }
    return ModelSpec.model_validate(
        {
            "name": "loans",
            "title": "Loans",
            "purpose": "Be measured.",
            "owner": {"name": "Dana Keller", "email": "dana@airlock.example"},
            "risk_tier": "minimal",
            "task": "binary",
            "data": {
                "source": {"sql": {"connection": "warehouse", "query": QUERY}},
                "entity_key": "loan",
                "event_time": "asked_at",
                "target": "defaulted",
                "positive": True,
                "columns": columns,
            },
            "training": {
                "select_by": "roc_auc",
                "split": {"by": "random", "holdout": 0.25},
                "cross_validation": {"folds": 2},
                "candidates": {"trees": trees},
            },
            "gates": {"champion": {"metric": "roc_auc"}},
            "approval": {"people": 1, "approvers": ["ria"]},
            "deployment": {"batch": {}},
            "alerts": {"to": "oncall@airlock.example"},
        }
    )


def suite() -> dict[str, Any]:
    """Return thirty ordinary expectations as a suite file has them."""
    numbers = [
        _expectation("expect_column_values_to_be_between", name, min_value=0, max_value=1e6)
        for name in NUMBERS[:8]
    ]
    present = [_expectation("expect_column_values_to_not_be_null", name, mostly=0.9) for name in NUMBERS[8:]]
    known = [
        _expectation("expect_column_values_to_be_in_set", name, value_set=list(WORDS))
        for name in CATEGORIES[:7]
    ]
    means = [_expectation("expect_column_mean_to_be_between", NUMBERS[0], min_value=0, max_value=100)]
    means += [
        _expectation("expect_column_values_to_be_unique", "loan"),
        {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 10}},
    ]
    return {"name": "loans", "expectations": [*numbers, *present, *known, *means]}


def _expectation(kind: str, column: str, **arguments: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": {"column": column, **arguments}}
