"""A small spec to judge nights by."""

from typing import Any

from airlock.spec import ModelSpec

COLUMNS = {
    "key": {"role": "identifier", "classification": "business"},
    "at": {"role": "event_time", "classification": "business"},
    "income": {"role": "feature", "kind": "number", "classification": "personal"},
    "channel": {"role": "feature", "kind": "category", "classification": "business"},
    "bad": {"role": "target", "kind": "boolean", "classification": "business"},
}


def spec(*, task: str = "binary", metric: str = "roc_auc", **monitoring: Any) -> ModelSpec:
    """Return a spec whose monitoring is as given."""
    kind = {"binary": "boolean", "multiclass": "category", "regression": "number"}[task]
    return ModelSpec.model_validate(
        {
            "name": "credit_risk",
            "title": "Credit risk",
            "purpose": "To be watched.",
            "owner": {"name": "Dana", "email": "dana@airlock.example"},
            "risk_tier": "minimal",
            "task": task,
            "data": {
                "source": {"file": {"path": "rows.csv", "format": "csv"}},
                "entity_key": "key",
                "event_time": "at",
                "target": "bad",
                "positive": True if task == "binary" else None,
                "columns": {**COLUMNS, "bad": {**COLUMNS["bad"], "kind": kind}},
            },
            "training": {
                "select_by": metric,
                "split": {"by": "time"},
                "candidates": {"logistic": {"estimator": "sklearn.linear_model.LogisticRegression"}},
            },
            "gates": {"champion": {"metric": metric}},
            "approval": {"people": 0},
            "deployment": {"batch": {}},
            "monitoring": monitoring,
            "alerts": {"to": "oncall@airlock.example"},
        }
    )
