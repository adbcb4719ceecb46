"""Models of the tests' own: tumour_diagnosis with one quick candidate and what a test changes about it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.running_stack import RunningStack

LIKE = "tumour_diagnosis"
WRONG_DATA, WRONG_FIGURES, UNANSWERED, BROKEN = "wrong_data", "wrong_figures", "unanswered", "broken"
GUARDED, SLOW = "guarded", "slow"
QUICK = {"estimator": "sklearn.linear_model.LogisticRegression", "parameters": {"max_iter": 1000}}
PATIENT = '''
import os
import time
from pathlib import Path

from sklearn.linear_model import LogisticRegression


class Patient(LogisticRegression):
    """Says that its fit has begun, and goes on when a file appears."""

    def __init__(self, waits_for="", max_iter=1000):
        super().__init__(max_iter=max_iter)
        self.waits_for = waits_for

    def fit(self, X, y, sample_weight=None):
        Path(self.waits_for + ".begun").write_text(str(os.getpid()))
        while not Path(self.waits_for).exists():
            time.sleep(0.1)
        return super().fit(X, y, sample_weight)
'''

Change = Callable[[dict[str, Any]], None]


def add_refused_models(stack: RunningStack) -> tuple[str, ...]:
    """Add a model for each way in which nothing is deployed; return those that can be trained."""
    add_model(stack, WRONG_DATA, suite=_only_benign)
    add_model(stack, WRONG_FIGURES, _impossible_limit)
    add_model(stack, UNANSWERED, _one_minute)
    add_model(stack, BROKEN, _misspelt)
    return WRONG_DATA, WRONG_FIGURES, UNANSWERED


def add_guarded_model(stack: RunningStack) -> None:
    """Add a model about which dana, who trains it, may be asked as well."""
    add_model(stack, GUARDED, lambda spec: spec["approval"]["approvers"].update(dana="dana@airlock.example"))


def add_slow_model(stack: RunningStack, signs: Path) -> None:
    """Add a model whose candidates `one` and `two` wait in their fits for a file of that name."""

    def spec(content: dict[str, Any]) -> None:
        content["training"]["candidates"] = {
            name: {
                "estimator": f"airlock_models.{SLOW}.own.Patient",
                "parameters": {"waits_for": str(signs / name)},
            }
            for name in ("one", "two")
        }

    add_model(stack, SLOW, spec, code=PATIENT)


def add_model(
    stack: RunningStack,
    name: str,
    spec: Change = lambda spec: None,
    *,
    suite: Change = lambda suite: None,
    code: str = "",
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
    shutil.copy(models / LIKE / "impact.yaml", folder)
    (folder / "own.py").write_text(code)
    folder.rename(models / name)


def title_of(name: str) -> str:
    """Return a model's title, by which its mails are known."""
    return name.replace("_", " ").capitalize()


def _only_benign(suite: dict[str, Any]) -> None:
    benign = {"column": "diagnosis", "value_set": ["benign"]}
    check = {"type": "expect_column_values_to_be_in_set", "kwargs": benign, "severity": "critical"}
    suite["expectations"].append(check)


def _impossible_limit(spec: dict[str, Any]) -> None:
    spec["gates"]["limits"].append({"metric": "brier", "at_most": 0.000001})


def _one_minute(spec: dict[str, Any]) -> None:
    spec["approval"]["timeout"] = "1m"


def _misspelt(spec: dict[str, Any]) -> None:
    spec["training"]["select_bye"] = spec["training"].pop("select_by")
