"""A small world of loans for tests: rows with everything that real ones have, and a spec for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.spec import ModelSpec

START = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = {
    "loan": {"role": "identifier", "classification": "business"},
    "asked_at": {"role": "event_time", "classification": "business"},
    "income": {"role": "feature", "kind": "number", "classification": "personal"},
    "debt": {"role": "feature", "kind": "number", "classification": "personal"},
    "housing": {"role": "feature", "kind": "category", "classification": "personal"},
    "insured": {"role": "feature", "kind": "boolean", "classification": "business"},
    "sex": {"role": "protected", "kind": "category", "classification": "sensitive"},
    "defaulted": {"role": "target", "kind": "boolean", "classification": "business"},
}
LINEAR = {"estimator": "sklearn.linear_model.LogisticRegression", "parameters": {"max_iter": 500}}
TREES = {
    "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
    "preprocessing": "ordinal",
    "parameters": {"max_iter": 20, "early_stopping": False},
    "search": {"space": {"learning_rate": [0.05, 0.2], "max_leaf_nodes": [5, 9]}, "iterations": 2},
}


def loans(rows: int = 1000, seed: int = 1) -> pa.Table:
    """Draw loans; little income and much debt make a default likely."""
    draw = np.random.default_rng(seed)
    income, debt = draw.lognormal(8, 0.4, rows), draw.lognormal(8, 0.8, rows)
    housing = draw.choice(["own", "rent", "free"], rows)
    risk = 1 / (1 + np.exp(-(debt - income) / 2000 - (housing == "rent") + 1))
    return pa.table(
        {
            "loan": [f"L{number:06d}" for number in range(rows)],
            "asked_at": pa.array(
                [START + timedelta(hours=number) for number in range(rows)], pa.timestamp("us", "UTC")
            ),
            "income": pa.array(income, mask=draw.random(rows) < 0.05),
            "debt": pa.array(debt),
            "housing": pa.array(housing, pa.string(), mask=draw.random(rows) < 0.05),
            "insured": pa.array(draw.random(rows) < 0.3, mask=draw.random(rows) < 0.05),
            "sex": pa.array(draw.choice(["f", "m"], rows)),
            "defaulted": pa.array(draw.random(rows) < risk),
        }
    )


def loan_spec(
    *,
    candidates: dict[str, Any] | None = None,
    columns: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    gates: dict[str, Any] | None = None,
    **model: Any,
) -> ModelSpec:
    """Return a spec for the loans, with parts of it replaced."""
    return ModelSpec.model_validate(
        {
            "name": "loans",
            "title": "Loans",
            "purpose": "Say which loans will default.",
            "owner": {"name": "Dana Keller", "email": "dana@airlock.example"},
            "risk_tier": "limited",
            "task": "binary",
            "data": {
                "source": {"file": {"path": "loans.csv", "format": "csv"}},
                "entity_key": "loan",
                "event_time": "asked_at",
                "target": "defaulted",
                "positive": True,
                "columns": COLUMNS | (columns or {}),
            }
            | (data or {}),
            "training": {
                "select_by": "roc_auc",
                "split": {"by": "time", "holdout": 0.25},
                "cross_validation": {"folds": 3},
                "seed": 7,
                "candidates": candidates or {"linear": LINEAR},
            }
            | (training or {}),
            "gates": {
                "limits": [{"metric": "roc_auc", "at_least": 0.7}],
                "champion": {"metric": "roc_auc", "tolerance": 0.01},
            }
            | (gates or {}),
            "approval": {"people": 1, "approvers": ["ria"]},
            "alerts": {"to": ["oncall@airlock.example"]},
        }
        | model
    )
