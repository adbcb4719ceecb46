"""A small model of one's own, whose source each test writes."""

from datetime import UTC, datetime
from typing import Any, NoReturn

from airlock.data.window import Window
from airlock.spec import ModelSpec

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANY_TIME = Window(None, None)
COLUMNS: dict[str, dict[str, str]] = {
    "loan_id": {"role": "identifier", "classification": "business"},
    "made_at": {"role": "event_time", "classification": "business"},
    "income": {"role": "feature", "kind": "number", "classification": "personal"},
    "channel": {"role": "feature", "kind": "category", "classification": "business"},
    "urban": {"role": "feature", "kind": "boolean", "classification": "business"},
    "note": {"role": "ignored", "classification": "business"},
    "defaulted": {"role": "target", "kind": "boolean", "classification": "business"},
}


def no_connection(name: str) -> NoReturn:
    """Stand where a source must open no connection."""
    raise AssertionError(f"the connection {name} was opened")


def loans(source: dict[str, Any], **data: Any) -> ModelSpec:
    """Return the spec of a model of loans that reads from `source`."""
    return ModelSpec.model_validate(
        {
            "name": "loans",
            "title": "Loans",
            "purpose": "Tests",
            "owner": {"name": "Dana", "email": "dana@airlock.example"},
            "risk_tier": "minimal",
            "task": "binary",
            "data": {
                "source": source,
                "entity_key": "loan_id",
                "event_time": "made_at",
                "target": "defaulted",
                "positive": True,
                "columns": COLUMNS,
            }
            | data,
            "training": {
                "select_by": "roc_auc",
                "split": {"by": "random"},
                "candidates": {"one": {"estimator": "sklearn.linear_model.LogisticRegression"}},
            },
            "gates": {"champion": {"metric": "roc_auc"}},
            "approval": {"people": 0},
            "alerts": {"to": "dana@airlock.example"},
        }
    )
