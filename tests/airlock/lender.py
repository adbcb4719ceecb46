"""A small lender: its loans in a real database, its model's folder, and what a training of it leaves.

The loans of eight days are there when the model is trained. Then come nights of every kind.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from airlock.chain.admission import ADMISSIONS, admit
from airlock.chain.evaluation import evaluate_candidates
from airlock.chain.examination import examine
from airlock.chain.gate import Found
from airlock.chain.inspection import inspect_snapshot
from airlock.chain.lineage import Lineage
from airlock.chain.training import make_candidate
from airlock.chain.validation import validate_snapshot
from airlock.data.snapshot import take_snapshot
from airlock.governance.deployments import Deployment, deploy
from airlock.settings import ROOT
from airlock.spec import ModelSpec, load_model
from airlock.spec.people import PEOPLE_FILE
from airlock.store import Store
from tests.airlock.governance.records import MOMENT, approved_release, register
from tests.airlock.loans import LINEAR, START, TREES, loan_spec, loans

DAY = timedelta(days=1)
A_DAY_S_LOANS = 240
TRAINED_AS_OF = START + 8 * DAY
#: The ends of the nights after the training, by what happened in them.
CALM, ALSO_CALM, SHIFTED, IN_CENTS, NOTHING = (START + day * DAY for day in range(9, 14))
COLUMNS = {
    "loan": "text", "asked_at": "timestamptz", "income": "float8", "debt": "float8", "housing": "text",
    "insured": "boolean", "sex": "text", "defaulted": "boolean",
}  # fmt: skip
QUERY = """
SELECT loan, asked_at, income, debt, housing, insured, sex,
       CASE WHEN asked_at + interval '1 day' <= :as_of THEN defaulted END AS defaulted
FROM loans WHERE asked_at >= :start AND asked_at < :end
"""
SUITE = {
    "name": "loans",
    "expectations": [
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "loan"}, "severity": "critical"},
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "income", "min_value": 0, "max_value": 60000, "mostly": 0.99},
            "severity": "critical",
            "description": "Income is in EUR a month.",
        },
        {
            "type": "expect_column_values_to_be_in_set",
            "kwargs": {"column": "housing", "value_set": ["own", "rent", "free"]},
            "severity": "warning",
        },
    ],
}

IMPACT = {
    "affected": [{"who": "people who ask for a loan", "how": "they may be refused"}],
    "harms": [
        {
            "harm": "somebody is refused who would have paid",
            "who": "people who ask for a loan",
            "severity": "high",
            "mitigation": "a person decides",
        }
    ],
    "business_metric": {"name": "defaults in a hundred loans", "target": 4},
    "decides": {"who": "the lender's clerk", "override": "against the score, in writing"},
}


@dataclass(frozen=True)
class Trained:
    """What the tasks of a training returned."""

    lineage: Lineage
    found: Found
    made: Sequence[Mapping[str, Any]]
    evaluation: Mapping[str, Any]

    def package(self, name: str) -> str:
        """Return the digest of one candidate's package."""
        return next(one["package"] for one in self.made if one["candidate"] == name)


@dataclass(frozen=True)
class Lender:
    """A folder with include/ and store/, and a warehouse."""

    folder: Path
    warehouse: Engine

    @property
    def include(self) -> Path:
        return self.folder / "include"

    @property
    def models(self) -> Path:
        return self.include / "models"

    @property
    def store(self) -> Store:
        return Store(self.folder / "store")

    @cached_property
    def spec(self) -> ModelSpec:
        return load_model(self.include, "loans")

    def connect(self, name: str) -> Engine:
        """Stand for Airflow's connections."""
        return {"warehouse": self.warehouse}[name]

    def snapshot(self) -> str:
        """Return the digest of what the training may see."""
        taken = take_snapshot(
            self.spec,
            as_of=TRAINED_AS_OF,
            store=self.store,
            models=self.models,
            connect=self.connect,
            code_version="c0de",
        )
        return taken.digest

    def lineage(self, dag_run_id: str) -> Lineage:
        """Return where the candidates of a run come from."""
        return Lineage(dag_run_id, "dana", "a test", TRAINED_AS_OF, self.snapshot(), "c0de")

    def train(self, engine: Engine, dag_run_id: str = "manual__1") -> Trained:
        """Do what the tasks of a training do up to the gate."""
        spec, store, lineage = self.spec, self.store, self.lineage(dag_run_id)
        made = [
            make_candidate(spec, name, lineage, store=store, models=self.models)
            for name in spec.training.candidates
        ]
        validated = validate_snapshot(
            spec,
            lineage.snapshot,
            store=store,
            models=self.models,
            engine=engine,
            dag_run_id=dag_run_id,
            at=TRAINED_AS_OF,
        )
        evaluation = evaluate_candidates(spec, lineage.snapshot, made, champion_package=None, store=store)
        best = next(one["package"] for one in made if one["candidate"] == evaluation["best"])
        found = Found(
            admission=store.keep_json(ADMISSIONS, admit(spec, include=self.include).to_json()),
            validation=validated.digest,
            quarantine=validated.quarantine_digest,
            inspection=inspect_snapshot(spec, validated.snapshot, store=store).digest,
            evaluation=evaluation["evaluation"],
            examination=examine(spec, validated.snapshot, best, champion_package=None, store=store),
        )
        return Trained(lineage, found, made, evaluation)


def open_lender(folder: Path, warehouse: str) -> Lender:
    """Write the model's folder and fill the warehouse."""
    shutil.copytree(ROOT / "include" / "policies", folder / "include" / "policies")
    shutil.copytree(ROOT / "include" / "templates", folder / "include" / "templates")
    shutil.copy(ROOT / "include" / PEOPLE_FILE, folder / "include")
    model = folder / "include" / "models" / "loans"
    model.mkdir(parents=True)
    # JSON is YAML.
    (model / "model.yaml").write_text(json.dumps(_spec().model_dump(mode="json", exclude_none=True)))
    (model / "expectations.json").write_text(json.dumps(SUITE))
    (model / "impact.yaml").write_text(json.dumps(IMPACT))
    engine = sa.create_engine(warehouse)
    _fill(engine)
    return Lender(folder, engine)


def deployed(engine: Engine, package: str, version: int = 1, model: str = "loans") -> Deployment:
    """Bring a package through the airlock."""
    with engine.begin() as conn:
        candidate = register(conn, model=model, version=version, package_digest=package)
        return deploy(conn, approved_release(conn, candidate), candidate, MOMENT)


def _spec() -> ModelSpec:
    return loan_spec(
        candidates={"linear": LINEAR, "trees": TREES},
        data={
            "source": {"sql": {"connection": "warehouse", "query": QUERY}},
            "outcome_delay": "1d",
            "history": "30d",
        },
        approval={"people": 2, "approvers": ["ria", "omar"]},
        deployment={"batch": {}},
        monitoring={
            "performance": {
                "limits": [{"metric": "roc_auc", "at_least": 0.6}],
                "window": "3d",
                "minimum_rows": 100,
            },
            "retraining": {"automatic": True, "cooldown": "7d", "history": "20d", "fresh": 0},
        },
    )


def _loans() -> list[dict[str, Any]]:
    days = (NOTHING - START) // DAY - 1
    rows: list[dict[str, Any]] = loans(days * A_DAY_S_LOANS).to_pylist()
    for number, row in enumerate(rows):
        row["asked_at"] = START + number * DAY / A_DAY_S_LOANS
        if SHIFTED - DAY <= row["asked_at"] < SHIFTED:
            row["debt"] *= 3
        if row["asked_at"] >= IN_CENTS - DAY and row["income"] is not None:
            row["income"] *= 100
    return rows


def _fill(engine: Engine) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    values = ", ".join(f":{name}" for name in COLUMNS)
    with engine.begin() as conn:
        conn.execute(sa.text(f"CREATE TABLE loans ({columns})"))
        conn.execute(sa.text(f"INSERT INTO loans VALUES ({values})"), _loans())
