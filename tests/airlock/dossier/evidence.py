"""Evidence for tests: a credit model with every part filled as the chain fills it, and other variants."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from airlock.dossier.reading import CHANGE, PARTS

CREDIT_RISK = Path(__file__).with_name("credit_risk.json")
EVIL = (
    "</td><script>alert(1)</script> | [click](https://evil.example) `a` www.evil.example "
    "a@evil.example\n#x $y$"
)
#: Texts that the code writes itself, and that no data can change.
OURS = {
    "about", "as_of", "best", "champion_by", "digest", "end", "gate", "loss", "metric", "package", "positive",
    "select_by", "spec_digest", "start", "task",
}  # fmt: skip
PROVENANCE = {
    "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
    "parameters": {"learning_rate": 0.05, "max_leaf_nodes": 15},
    "seed": 7,
    "rows": 14210,
    "code_digest": "d" * 64,
    "libraries": {"python": "3.11.14", "scikit-learn": "1.9.0", "numpy": "2.3.1"},
}


def binary(**changes: Any) -> dict[str, Any]:
    """Return the evidence of a credit model that passes its gates, with things to worry about."""
    return json.loads(CREDIT_RISK.read_text(encoding="utf-8")) | changes


def refused() -> dict[str, Any]:
    """Return evidence with two gates that failed, one of them for want of a figure."""
    facts = binary(passed=False)
    for gate, value, sentence in (
        ("roc_auc", 0.684, "roc_auc is 0.684, and at least 0.700 is asked for by the tier's policy."),
        ("membership_auc", None, "membership_auc has no figure, and at most 0.600 is asked for."),
    ):
        one = next(verdict for verdict in facts["verdicts"] if verdict["gate"] == gate)
        one.update(passed=False, value=value, sentence=sentence)
    return facts


def unexamined() -> dict[str, Any]:
    """Return the evidence of a first training of which nothing but today's metrics is known."""
    facts = binary(findings=[], champion_version=None)
    for part in (*PARTS, CHANGE):
        del facts[part]
    evaluation = facts["evaluation"]
    evaluation["champion"] = None
    for part in ("comparison", "curves", "price_of_glass", "threshold"):
        del evaluation[part]
    for result in evaluation["results"]:
        del result["intervals"]
    return facts


def regression() -> dict[str, Any]:
    """Return the evidence of a model that answers with a number."""
    draw = np.random.default_rng(3)
    predicted = draw.gamma(4, 50, 400)
    truth = np.clip(predicted + draw.normal(0, 30, 400), 0, None)
    metrics = {"r2": 0.861, "rmse": 31.24, "mae": 22.71, "median_absolute_error": 17.03, "absolute_bias": 0.6}
    facts = binary(task="regression", decision=None, change=None, select_by="mae", champion_by="mae")
    facts["metrics"] = metrics
    evaluation = facts["evaluation"]
    for one in (*evaluation["results"], evaluation["champion"]):
        one["metrics"] = metrics
        one["intervals"] = {name: [value * 0.95, value * 1.05] for name, value in metrics.items()}
        one["cross_validation"] = {"mae": {"mean": 23.1, "std": 0.4}}
    evaluation["curves"] = {
        "residuals": np.column_stack([predicted, truth]).tolist(),
        "calibration": [[part.mean(), part.mean() * 1.02, len(part)] for part in np.split(np.sort(truth), 8)],
    }
    evaluation |= {"classes": {}, "threshold": None}
    evaluation["comparison"]["metric"] = "mae"
    gap = {"value": 1.21, "low": 1.04, "high": 1.38, "between": ["female", "male"]}
    for attribute in facts["fairness"]["attributes"]:
        attribute["disparities"] = {"mae_ratio": gap}
        for group in attribute["groups"]:
            group |= {"positives": None, "figures": {"mae": 22.0}, "intervals": {"mae": [20.0, 24.0]}}
    facts["explanation"]["unit"] = "bikes"
    return facts


def multiclass() -> dict[str, Any]:
    """Return the evidence of a model with three classes, which has no threshold and one curve."""
    facts = binary(task="multiclass", decision=None, change={"rows": 4736, "changed": 310})
    evaluation = facts["evaluation"]
    evaluation["curves"] = {
        "calibration": evaluation["curves"]["calibration"],
        "confusion": [[1700, 260, 40], [210, 2100, 90], [20, 96, 220]],
        "labels": ["pine", "spruce", "fir"],
    }
    evaluation |= {"classes": {"pine": 2000, "spruce": 2400, "fir": 336}, "threshold": None}
    return facts


def hostile() -> dict[str, Any]:
    """Return evidence in which every text that data or people could write tries to be markup."""
    facts = _texts(binary(), lambda key, text: text if key in OURS else EVIL)
    facts["evaluation"]["results"][0]["name"] = facts["best"]
    return facts


def _texts(value: Any, change: Callable[[str, str], str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _texts(inner, change, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_texts(inner, change, key) for inner in value]
    return change(key, value) if isinstance(value, str) else value
