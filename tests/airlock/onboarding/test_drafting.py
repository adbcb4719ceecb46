"""A draft of every kind of task is one that its tier's policy lets through."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from airlock.onboarding.columns import columns_of
from airlock.onboarding.draft import Draft
from airlock.onboarding.drafting import draft_of
from airlock.onboarding.given import read_given
from airlock.onboarding.proof import spec_of
from airlock.onboarding.staging import staging
from airlock.spec.people import PEOPLE_FILE
from airlock.spec.policy import Tier, problems_under
from tests.airlock.onboarding.shop import customers, no_connection, own_include, without, write_csv


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return own_include(tmp_path)


def draft(include: Path, rows: list[dict[str, Any]], target: str = "churned") -> Draft:
    given = read_given(str(write_csv(include / "customers.csv", rows)), None, no_connection)
    return draft_of("churn", given, columns_of(given, target), target, include)


@pytest.mark.parametrize(
    ("target", "metric"), [("churned", "roc_auc"), ("plan", "roc_auc"), ("Größe in m²", "rmse")]
)
@pytest.mark.parametrize("left_out", [(), ("signed_up",), ("age", "sex", "customer id")])
def test_the_policy_lets_it_through(
    include: Path, target: str, metric: str, left_out: tuple[str, ...]
) -> None:
    made = draft(include, without(customers(), *left_out), target)
    with staging(include, "churn") as stage:
        spec = spec_of("churn", stage.write(made))
    assert problems_under(made.policy, spec) == ()
    assert spec.training.select_by == metric
    assert (spec.monitoring.fairness is not None) == (left_out == ()), (
        "groups, and moments to compare them by"
    )


def test_a_rare_yes_is_measured_by_how_well_it_is_found(include: Path) -> None:
    rows = [row | {"churned": "yes" if number % 8 == 0 else "no"} for number, row in enumerate(customers())]
    rare = [row | {"churned": "no"} if number % 16 == 0 else row for number, row in enumerate(rows * 3)]
    made = draft(include, without(rare, "customer id"))
    assert (made.aim.positive, made.aim.metric) == ("yes", "average_precision")


def test_zero_and_one_are_no_and_yes(include: Path) -> None:
    made = draft(include, [row | {"churned": int(row["churned"] != "yes")} for row in customers()])
    assert (made.aim.positive, made.aim.kind) == (True, "boolean")


def test_codes_with_leading_zeros_stay_codes(include: Path) -> None:
    made = draft(include, [row | {"branch": f"0{row['calls']}"} for row in customers()])
    (branch,) = [guess for guess in made.guesses if guess.look.name == "branch"]
    assert branch.kind == "category" and branch.look.values[0][0].startswith("0")


def test_whom_a_key_names_is_the_subject(include: Path) -> None:
    rows = [
        row | {"customer id": f"C-{number // 2}", "order id": f"O-{number}"}
        for number, row in enumerate(customers())
    ]
    made = draft(include, rows)
    assert (made.key, made.subject) == ("order id", "customer id")


def test_more_approvers_than_there_are_is_a_question(include: Path) -> None:
    policy = include / "policies" / "high.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("people: 2", "people: 3"), encoding="utf-8")
    made = draft(include, customers())
    assert made.approvers[:2] == ("ria", "omar") and made.approvers[2].startswith("TODO: Who else approves?")


@pytest.mark.parametrize("role", ["auditor", "data_scientist"])
def test_none_or_two_data_scientists_leave_the_owner_open(include: Path, role: str) -> None:
    file = include / PEOPLE_FILE
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["people"]["dana" if role == "auditor" else "mika"]["roles"] = [role]
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    made = draft(include, customers())
    assert made.owner.email == "TODO: Where do mails to them go?"
    assert made.tier is Tier.HIGH
