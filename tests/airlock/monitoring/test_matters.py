"""What findings are about: one matter each time a person has one thing to look at."""

from dataclasses import replace

import pytest

from airlock.monitoring.finding import Finding
from airlock.monitoring.matters import is_worse, matters

DEBT = Finding("column_drift", "debt", 0.4, 0.25, "debt has shifted.", "column_drift/debt")
AUC = Finding("performance", "roc_auc", 0.58, 0.6, "roc_auc is 0.58.", "performance/roc_auc")
RANGE = Finding("suite", "debt", None, None, "debt is in cents.", "suite/debt/range", fault=True)
SCORE = Finding("prediction_drift", "score", 0.5, 0.25, "The score.", "prediction_drift/score")
SHARE = Finding("share_drift", None, 0.5, 0.2, "Half.", "share_drift")
EARLY = Finding("estimate", "roc_auc", 0.6, 0.66, "By estimate 0.6.", "estimate/roc_auc")
APART = Finding("fairness", "mae_ratio/sex", 1.9, 1.5, "They lie apart.", "fairness/mae_ratio/sex")
ROWS = Finding("suite", None, None, None, "Too few columns.", "suite//columns", fault=True)


def keys(*findings: Finding) -> list[str]:
    return [matter.key for matter in matters("loans", findings)]


def test_drift_of_columns_their_share_and_the_score_are_one() -> None:
    assert keys(DEBT, SHARE, SCORE) == ["night/loans/drift"]


def test_the_drift_of_a_faulty_column_belongs_to_its_fault() -> None:
    assert keys(RANGE, DEBT) == ["night/loans/data/debt"]
    assert keys(replace(DEBT, value=None, fault=True)) == ["night/loans/data/debt"]
    assert keys(ROWS, DEBT) == ["night/loans/data", "night/loans/drift"]


def test_what_a_fault_moved_in_the_answers_belongs_to_it() -> None:
    assert keys(RANGE, DEBT, SHARE, SCORE) == ["night/loans/data/debt"]
    assert keys(ROWS, SHARE, SCORE) == ["night/loans/data"]
    other = replace(RANGE, column="income", key="suite/income/range")
    assert keys(SCORE, RANGE, other) == ["night/loans/data/debt", "night/loans/data/income"]


def test_another_column_that_drifts_beside_a_fault_is_a_matter_of_its_own() -> None:
    job = replace(DEBT, column="job", key="column_drift/job")
    assert keys(RANGE, job, SCORE) == ["night/loans/data/debt", "night/loans/drift"]


def test_a_fault_of_the_suite_keeps_its_name_where_triage_names_a_source() -> None:
    found = matters("loans", [RANGE, DEBT, replace(DEBT, column="job"), SCORE], source="channel=web")
    assert [(one.key, len(one.findings)) for one in found] == [("night/loans/data/debt", 4)]


def test_a_warning_takes_no_drift_to_itself() -> None:
    assert keys(replace(RANGE, fault=False), SCORE) == ["night/loans/data/debt", "night/loans/drift"]


def test_a_warning_about_a_column_is_no_fault() -> None:
    (matter,) = matters("loans", [replace(RANGE, fault=False)])
    assert (matter.key, matter.fault) == ("night/loans/data/debt", False)
    assert matters("loans", [RANGE])[0].fault


def test_all_performance_is_one_and_none_at_all_another() -> None:
    silent = Finding("no_predictions", None, 0.0, None, "None.", "no_predictions", fault=True)
    assert keys(AUC, replace(AUC, column="brier", key="performance/brier"), silent) == [
        "night/loans/performance",
        "night/loans/no_predictions",
    ]


def test_an_estimate_and_groups_are_matters_of_their_own() -> None:
    assert keys(AUC, EARLY, APART) == [
        "night/loans/performance",
        "night/loans/estimate",
        "night/loans/fairness",
    ]


def test_an_estimate_made_from_faulty_data_belongs_to_their_fault() -> None:
    assert keys(RANGE, EARLY, APART) == ["night/loans/data/debt", "night/loans/fairness"]


def test_groups_are_worse_by_a_tenth_of_their_limit() -> None:
    assert is_worse(APART, told=1.6)
    assert not is_worse(APART, told=1.8)
    assert is_worse(replace(APART, value=None), told=1.6)


def test_many_findings_are_told_by_the_first() -> None:
    found = [replace(DEBT, sentence=f"{number}.", key=str(number)) for number in range(5)]
    assert matters("loans", found)[0].sentence == "0. 1. 2. And 2 more."


@pytest.mark.parametrize(
    ("finding", "told", "worse"),
    [
        (replace(DEBT, value=0.9), 0.4, True),
        (replace(DEBT, value=0.6), 0.4, False),
        (replace(DEBT, value=0.3), 0.26, False),
        (replace(DEBT, value=0.1), 0.4, False),
        (replace(AUC, value=0.5), 0.58, True),
        (replace(AUC, value=0.56), 0.58, False),
        (replace(AUC, value=None), 0.58, True),
        (RANGE, None, False),
        (DEBT, None, False),
    ],
)
def test_much_worse_is_twice_as_far_by_a_step_that_counts(
    finding: Finding, told: float | None, worse: bool
) -> None:
    assert is_worse(finding, told) is worse
