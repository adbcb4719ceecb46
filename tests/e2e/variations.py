"""Models of the tests' own: tumour_diagnosis with one quick candidate and what a test changes about it."""

import json
from collections.abc import Callable
from typing import Any

import yaml

from tests.e2e.running_stack import RunningStack

LIKE = "tumour_diagnosis"
QUICK = {"estimator": "sklearn.linear_model.LogisticRegression", "parameters": {"max_iter": 1000}}
Change = Callable[[dict[str, Any]], None]


def unchanged(content: dict[str, Any]) -> None:
    """Leave a file as it is."""


def add_model(
    stack: RunningStack, name: str, spec: Change, *, suite: Change = unchanged, code: str | None = None
) -> None:
    """Put a model's folder into `include/models`, whole at once; Airflow finds it by itself."""
    models = stack.settings.include / "models"
    written = yaml.safe_load((models / LIKE / "model.yaml").read_text())
    written["title"] = title_of(name)
    written["training"] |= {"candidates": {"linear": QUICK}, "cross_validation": {"folds": 2}}
    spec(written)
    expected = json.loads((models / LIKE / "expectations.json").read_text())
    suite(expected)
    folder = stack.settings.include / name
    folder.mkdir()
    (folder / "model.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
    (folder / "expectations.json").write_text(json.dumps(expected))
    if code is not None:
        (folder / "own.py").write_text(code)
    folder.rename(models / name)


def title_of(name: str) -> str:
    """Return a model's title, by which its mails are known."""
    return name.replace("_", " ").capitalize()
