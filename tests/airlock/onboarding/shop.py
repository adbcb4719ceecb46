"""A small shop's customers as a CSV, and the answers a person would write into the drafted files."""

import csv
import random
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from airlock.onboarding.new_model import Made, new_model
from airlock.settings import ROOT
from airlock.spec.people import PEOPLE_FILE

ROWS = 240
#: Enough for the groups of a protected column to be compared.
MANY = 840
#: The columns that no estimator learns from.
BESIDES = ("signed_up", "age", "sex", "country", "note", "closed_on", "paperless", "Größe in m²")
ANSWERS: dict[str, Any] = {
    "purpose": "Say which customers are about to leave, so that somebody calls them. For nothing else.",
    "outcome_delay": "30d",
    "severity": "low",
    "role": "ignored",
    "target": 0.2,
    "email": "greta@airlock.example",
    "assessed_on": "2026-11-22",
}
AN_ANSWER = "It is what the shop's owner has said."


def customers(rows: int = ROWS) -> list[dict[str, Any]]:
    """Return customers of whom those with few months and many calls leave, as a CSV would give them."""
    chance = random.Random(7)
    made = []
    for number in range(rows):
        months, calls = chance.randint(1, 60), chance.randint(0, 9)
        left = chance.random() < (0.75 if months < 15 else 0.35 if calls > 6 else 0.08)
        made.append(
            {
                "customer id": f"C-{number:05d}",
                "signed_up": f"2025-{1 + number % 12:02d}-{1 + number % 28:02d}",
                "months": months,
                "calls": calls,
                "Größe in m²": f"{chance.uniform(20, 200):.1f}",
                "plan": chance.choice(["basic", "plus", "pro"]),
                "age": chance.randint(30, 50),
                "sex": chance.choice(["female", "male"]),
                "paperless": chance.choice(["true", "false"]),
                "country": "AT",
                "note": f"call {number} again",
                "closed_on": "2026-01-31" if left else "",
                "churned": "yes" if left else "no",
            }
        )
    return made


def write_csv(
    path: Path, rows: Sequence[dict[str, Any]], *, separator: str = ",", header: bool = True
) -> Path:
    """Write rows as a text file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=separator)
        if header:
            writer.writeheader()
        writer.writerows(rows)
    return path


def without(rows: Iterable[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """Return rows without some columns."""
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def few() -> list[dict[str, Any]]:
    """Return customers with a key, three features and the target alone: quick to look at."""
    return without(customers(), *BESIDES)


def own_include(folder: Path) -> Path:
    """Return an include folder with the project's policies and people, and no model."""
    include = folder / "include"
    include.mkdir()
    for name in ("policies", "templates"):
        shutil.copytree(ROOT / "include" / name, include / name)
    shutil.copy(ROOT / "include" / PEOPLE_FILE, include)
    (include / "models").mkdir()
    return include


def no_connection(name: str) -> Any:
    """Stand for an Airflow that knows no connection."""
    raise LookupError(f"The conn_id {name} is not defined")


def drafted(
    include: Path, source: Path | str, *, name: str = "churn", target: str = "churned", **more: Any
) -> Made:
    """Draft a model as `make new-model` does."""
    return new_model(name, str(source), target, include=include, **{"connect": no_connection, **more})


def answer(include: Path, name: str = "churn") -> None:
    """Write an answer in the place of each question of a drafted model."""
    for file in (*(include / "models" / name).glob("*.yaml"), include / "catalogue" / f"{name}.yaml"):
        if file.exists():
            content = _answered(yaml.safe_load(file.read_text(encoding="utf-8")), "")
            file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def spec_in(include: Path, name: str = "churn") -> dict[str, Any]:
    """Return what model.yaml says, questions and all."""
    return yaml.safe_load((include / "models" / name / "model.yaml").read_text(encoding="utf-8"))


def role_of(include: Path, column: str, name: str = "churn") -> str:
    """Return the role of one column of a drafted model."""
    return spec_in(include, name)["data"]["columns"][column]["role"]


def _answered(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _answered(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_answered(inner, key) for inner in value]
    return ANSWERS.get(key, AN_ANSWER) if isinstance(value, str) and value.startswith("TODO:") else value
