"""Evidence: complete, stable under its digest, and readable without ever being markup."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import JSONB

from airlock.data.snapshot import Snapshot
from airlock.data.validation import Check, ValidationResult
from airlock.digests import digest_of
from airlock.evaluation.comparison import Comparison
from airlock.evaluation.escape import escape
from airlock.evaluation.evaluation import Champion, Evaluation, Result
from airlock.evaluation.evidence import evidence
from airlock.evaluation.gates import judge
from tests.airlock.loans import loan_spec

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
EVIL = (
    "x</td><script>alert(1)</script> | [click](https://evil.example) `a` "
    "www.evil.example a@evil.example\n# big"
)


UNFAIR = {"about": "fairness", "subject": "sex=f", "sentence": "sex=f fares otherwise."}
PARTS: dict[str, Any] = {
    "impact": None,
    "fairness": {"measures": {"accuracy_difference": None}, "findings": [UNFAIR]},
    "data_drift": [{"column": "income", "psi": 0.1}],
}


def facts(cause: str = "a schedule", **changes) -> dict:
    spec = loan_spec(title=changes.pop("title", "Loans"), decision=changes.pop("decision", None))
    folds = {"roc_auc": {"mean": 0.75, "std": 0.02}}
    metrics = {"roc_auc": 0.741, "brier": float("nan")}
    results = (
        Result("linear", "p" * 64, "sklearn.linear_model.LogisticRegression", {"C": 1e-7}, folds, metrics),
        Result(
            "trees",
            "q" * 64,
            "some.Trees",
            {"max_iter": 10**20},
            folds,
            metrics,
            ("ConvergenceWarning: <b>",),
        ),
    )
    champion = Champion("c" * 64, {"roc_auc": 0.745, "brier": 0.2})
    comparison = Comparison("roc_auc", -0.004, -0.02, 0.012, within=0.9, tolerance=0.01, allowed=0.01)
    classes = {"false": 1000, "true": 240}
    evaluation = Evaluation("linear", 1240, classes, results, champion, comparison=comparison)
    window = {"start": "2025-08-03T00:00:00+00:00", "end": "2026-08-03T00:00:00+00:00"}
    manifest = {
        "rows": 5000,
        "rows_without_outcome": 12,
        "window": window,
        "as_of": AS_OF.isoformat(),
        "code_version": "c0de",
    }
    failed = Check(
        "expect_column_values_to_be_in_set",
        "channel",
        "warning",
        success=False,
        sentence=f"channel holds {EVIL}.",
        observed="17 of 5,000 unexpected",
    )
    validation = ValidationResult("loans", 5000, (failed, replace(failed, success=True)))
    return evidence(
        spec,
        snapshot=Snapshot("5" * 64, Path("unused"), manifest),
        validation=validation.to_json(),
        evaluation=evaluation,
        verdicts=judge(spec, evaluation),
        parts=PARTS,
        dag_run_id="manual__2026-11-01",
        mlflow_run_id="1" * 32,
        trained_by="dana",
        cause=cause,
        as_of=AS_OF,
        code_version="c0de",
        champion_version=3,
        **changes,
    )


def test_it_says_what_is_decided_by() -> None:
    found = facts()
    assert found["best"] == "linear"
    assert found["package"] == "p" * 64
    assert found["metrics"] == {"roc_auc": 0.741, "brier": None}
    assert found["passed"] is True
    assert found["snapshot"]["digest"] == "5" * 64
    assert [verdict["gate"] for verdict in found["verdicts"]] == [
        "rows",
        "rows_of_each_class",
        "roc_auc",
        "champion",
    ]


def test_what_other_steps_found_stands_in_it_and_their_findings_together() -> None:
    found = facts()
    assert {name: found[name] for name in PARTS} == PARTS
    assert found["findings"] == [UNFAIR]


def test_it_says_what_yes_means_and_costs() -> None:
    assert facts()["decision"] is None
    costs = {"false_positive": 1, "false_negative": 4, "unit": "EUR"}
    decided = facts(decision={"yes_means": "no loan", "costs": costs})["decision"]
    assert (decided["yes_means"], decided["positive"], decided["threshold"]) == ("no loan", "true", 0.2)
    assert decided["costs"]["unit"] == "EUR"


def test_what_the_suite_found_comes_with_its_figure() -> None:
    (failed,) = facts()["validation"]["failed"]
    assert failed["sentence"] == f"channel holds {EVIL}. Observed: 17 of 5,000 unexpected."


def test_the_same_facts_have_the_same_digest() -> None:
    assert digest_of(facts()) == digest_of(facts())
    assert digest_of(facts()) != digest_of(facts(cause="another"))


def test_its_digest_outlives_json_and_postgresql(fresh_database: str) -> None:
    found = facts()
    engine = sa.create_engine(fresh_database)
    with engine.connect() as connection:
        back = connection.execute(sa.select(sa.cast(sa.literal(found, JSONB), JSONB))).scalar_one()
    engine.dispose()
    assert digest_of(back) == digest_of(json.loads(json.dumps(found))) == digest_of(found)


@given(st.text())
def test_an_escaped_value_is_one_line_without_markup(value: str) -> None:
    text = escape(value)
    assert "\n" not in text
    assert "<" not in text
    assert ">" not in text
    bare = text.replace("\\\\", "")
    for mark in "|[]`*_":
        assert bare.count(mark) == bare.count(f"\\{mark}")


@pytest.mark.parametrize("value", ["0.5 % of 3 rows", "Café, naïve - 100 €", "2026-11-01T00:00:00+00:00"])
def test_plain_words_stay_plain(value: str) -> None:
    assert escape(value).replace("\\", "") == value
