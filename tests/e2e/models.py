"""Models of the tests' own: tumour_diagnosis with one quick candidate and what a test changes about it."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from airlock.spec.catalogue import FOLDER
from airlock.spec.people import PEOPLE_FILE
from stack.mailbox import Mail
from tests.e2e.running_stack import RunningStack

LIKE = "tumour_diagnosis"
WRONG_DATA, WRONG_FIGURES, UNANSWERED, BROKEN = "wrong_data", "wrong_figures", "unanswered", "broken"
UNADMITTED, LEAKING = "unadmitted", "leaking"
GUARDED, SLOW, FAULTY, SHARED = "guarded", "slow", "faulty", "shared"
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

#: Sources: the biopsies of tumour_diagnosis, and what was done to them.
LEAK = '''
from airlock_models.tumour_diagnosis.data import load as biopsies


def load(**asked):
    """The biopsies, with what the pathologist wrote afterwards."""
    frame = biopsies(**asked)
    frame["second_reading"] = (frame["diagnosis"] == "malignant").astype(float)
    return frame
'''
FAULTS = '''
from airlock_models.tumour_diagnosis.data import load as biopsies


def load(**asked):
    """The biopsies, of which three have an impossible radius."""
    frame = biopsies(**asked)
    frame.loc[:2, "mean_radius"] = -1.0
    return frame
'''
HELD = '''
import time
from pathlib import Path

import pandas as pd
from airlock_models.tumour_diagnosis.data import load as biopsies

SIGNS = Path("{signs}")


def load(*, start, end, as_of):
    """The biopsies, seen one after the other in one night; whoever reads them waits while a file is there."""
    if (SIGNS / "closed").exists():
        (SIGNS / f"{{start:%H}}.begun").touch()
    while (SIGNS / "closed").exists():
        time.sleep(0.1)
    frame = biopsies(start=None, end=None, as_of=as_of)
    frame["seen_at"] = pd.date_range("{night}", periods=len(frame), freq="150s", tz="UTC")
    return frame
'''
#: The biopsies that have it.
AT_FAULT = ("B-0001", "B-0002", "B-0003")

Change = Callable[[dict[str, Any]], None]


def add_refused_models(stack: RunningStack) -> tuple[str, ...]:
    """Add a model for each way in which nothing is deployed; return those that can be trained."""
    add_model(stack, WRONG_DATA, suite=_only_benign)
    add_model(stack, WRONG_FIGURES, _impossible_limit)
    add_model(stack, UNANSWERED, _one_minute)
    add_model(stack, BROKEN, _misspelt)
    _forbid(stack, "mean_radius")
    add_model(stack, UNADMITTED, _decides_about_people)
    add_model(stack, LEAKING, _with_second_reading, code=LEAK)
    return WRONG_DATA, WRONG_FIGURES, UNANSWERED, UNADMITTED, LEAKING


def add_guarded_model(stack: RunningStack) -> None:
    """Add a model about which dana, who trains it, may be asked as well."""
    people = stack.settings.include / PEOPLE_FILE
    known = yaml.safe_load(people.read_text())
    known["people"]["dana"]["roles"].append("approver")
    people.write_text(yaml.safe_dump(known))
    add_model(stack, GUARDED, lambda spec: spec["approval"]["approvers"].append("dana"))


def add_faulty_model(stack: RunningStack) -> None:
    """Add a model with a few rows at fault, of which the first of two candidates is the better one."""

    def spec(content: dict[str, Any]) -> None:
        _read_by(content, FAULTY)
        content["data"]["quarantine"] = {"share": 0.01}
        content["training"]["candidates"] = {
            "linear": {**QUICK, "search": {"space": {"C": [0.1, 1.0]}}},
            "stump": {"estimator": "sklearn.tree.DecisionTreeClassifier", "parameters": {"max_depth": 1}},
        }

    add_model(stack, FAULTY, spec, code=FAULTS)


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


def add_shared_model(stack: RunningStack, signs: Path, night: date, parts: int) -> None:
    """Add a model that deploys itself and scores nights in parts; reading waits while `signs` is closed."""

    def spec(content: dict[str, Any]) -> None:
        _read_by(content, SHARED)
        content["data"]["event_time"] = "seen_at"
        content["data"]["columns"]["seen_at"] = {"role": "event_time", "classification": "business"}
        content["deployment"] = {"batch": {"schedule": "0 1 * * *", "parts": parts}}
        content["risk_tier"], content["approval"] = "minimal", {"people": 0}

    add_model(stack, SHARED, spec, code=HELD.format(signs=signs, night=night))


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


def mails_about(stack: RunningStack, model: str) -> list[Mail]:
    """Return the mails about one of these models, oldest first."""
    return [mail for mail in stack.mails() if title_of(model) in mail.subject or model in mail.subject]


def _forbid(stack: RunningStack, forbidden: str) -> None:
    """Put the biopsies into the catalogue, with a column that no model may read."""
    spec = yaml.safe_load((stack.settings.include / "models" / LIKE / "model.yaml").read_text())
    columns = {
        name: {"classification": column["classification"]} for name, column in spec["data"]["columns"].items()
    }
    columns[forbidden]["forbidden"] = "the microscope that measured it was never gauged"
    entry = {
        "title": "Biopsies",
        "responsible": {"name": "Mira Sokolov", "email": "mira@airlock.example"},
        "purposes": {"second_look": "A second look beside the pathologist's own."},
        "columns": columns,
    }
    (stack.settings.include / FOLDER / "biopsies.yaml").write_text(yaml.safe_dump(entry))


def _decides_about_people(spec: dict[str, Any]) -> None:
    spec["risk_tier"] = "high"
    spec["gates"]["champion"]["confidence"] = 0.8
    spec["approval"]["people"] = 2
    spec["deployment"] = {"way": "canary"}
    spec["data"]["catalogue"] = {"source": "biopsies", "purpose": "second_look"}


def _with_second_reading(spec: dict[str, Any]) -> None:
    _read_by(spec, LEAKING)
    reading = {"role": "feature", "kind": "number", "classification": "sensitive", "changeable": False}
    spec["data"]["columns"]["second_reading"] = reading


def _read_by(spec: dict[str, Any], model: str) -> None:
    """Let a model read its data by its own function."""
    spec["data"]["source"] = {"callable": {"function": f"airlock_models.{model}.own.load"}}


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
