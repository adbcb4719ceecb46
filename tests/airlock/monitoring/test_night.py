"""Judging a night: each limit, each way to fail closed, and what may ask for a training."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from airlock.digests import canonical_json
from airlock.monitoring.drift import ColumnDrift, Shift
from airlock.monitoring.finding import Finding, asking_for_retraining
from airlock.monitoring.measures import Measures
from airlock.monitoring.night import judge
from airlock.monitoring.performance import Performance
from tests.airlock.monitoring.specs import spec

WATCHED = spec(performance={"limits": [{"metric": "roc_auc", "at_least": 0.66}]})
INCOME = ColumnDrift(
    "feature",
    "income",
    "number",
    300,
    psi=0.02,
    missing=0.03,
    reference_missing=0.03,
    mean=3210.0,
    reference_mean=3200.0,
)
CHANNEL = ColumnDrift(
    "feature",
    "channel",
    "category",
    300,
    psi=0.0,
    missing=0.0,
    reference_missing=0.0,
    shift=Shift("web", 0.6, 0.62),
)
SCORE = ColumnDrift("answer", "score", "number", 300, psi=0.0, mean=0.12, reference_mean=0.12)
GOOD = Performance(
    900,
    800,
    datetime(2026, 7, 1, tzinfo=UTC),
    datetime(2026, 7, 28, tzinfo=UTC),
    {"roc_auc": 0.72, "brier": 0.1},
)


@dataclass(frozen=True)
class Check:
    """One expectation's result, as far as a night reads it."""

    success: bool
    severity: str = "critical"
    expectation: str = "expect_column_values_to_be_between"
    column: str | None = "income"
    sentence: str = "income: values must be between 0 and 50,000; 96 of 300 (32 %) are not, such as 312,000."


@dataclass(frozen=True)
class Validation:
    """A suite's result, as far as a night reads it."""

    checks: tuple[Check, ...] = (Check(True),)


def judged(**changes: Any) -> tuple[Finding, ...]:
    calm: dict[str, Any] = {
        "rows": 300,
        "validation": Validation(),
        "drifts": (INCOME, CHANNEL, SCORE),
        "performance": GOOD,
    }
    return judge(WATCHED, Measures(**calm | changes))


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [finding.sentence for finding in findings]
    canonical_json(findings[0].to_json())
    return findings[0]


def test_a_calm_night_has_no_finding() -> None:
    assert judged() == ()


def test_a_shifted_column_says_how_far_and_against_what() -> None:
    drifts = (replace(INCOME, psi=1.84, mean=4890.0, missing=0.2), CHANNEL, *(CHANNEL,) * 4, SCORE)
    finding = only(judged(drifts=drifts))
    assert (finding.kind, finding.column, finding.value, finding.limit) == (
        "column_drift",
        "income",
        1.84,
        0.25,
    )
    assert finding.key == "column_drift/income"
    assert finding.sentence == (
        "income has shifted: PSI 1.84, limit 0.25. Its mean was 3,200 in training and is 4,890 now. "
        "20 % of its values are missing, 3.0 % were in training."
    )


def test_a_shifted_category_names_the_value_that_moved_and_the_new_ones() -> None:
    moved = replace(CHANNEL, psi=0.5, shift=Shift("web", 0.6, 0.3), unseen=("kiosk",), unseen_share=0.25)
    finding = only(judged(drifts=(moved, *(INCOME,) * 5, SCORE)))
    assert finding.sentence == (
        "channel has shifted: PSI 0.5, limit 0.25. web was 60 % of the training rows and is 30 % now. "
        "25 % of the rows hold values that training never had (kiosk)."
    )


def test_too_many_shifted_columns_are_a_finding_of_their_own() -> None:
    kinds = [finding.kind for finding in judged(drifts=(replace(INCOME, psi=0.3), CHANNEL, SCORE))]
    assert kinds == ["column_drift", "share_drift"]


def test_the_limit_itself_is_kept() -> None:
    assert judged(drifts=(replace(INCOME, psi=0.25), CHANNEL, SCORE)) == ()


def test_a_shifted_score_is_a_finding() -> None:
    finding = only(judged(drifts=(INCOME, CHANNEL, replace(SCORE, psi=0.41, mean=0.189))))
    assert (finding.kind, finding.key) == ("prediction_drift", "prediction_drift/score")
    assert finding.sentence.startswith("The score has shifted: PSI 0.41, limit 0.25. Its mean was 0.12")


@pytest.mark.parametrize("drift", [INCOME, SCORE])
def test_a_column_that_cannot_be_measured_is_a_fault(drift: ColumnDrift) -> None:
    gone = ColumnDrift(drift.part, drift.column, "number", 0, fault="is missing from the night's rows")
    finding = only(judged(drifts=(gone, *(CHANNEL,) * 5)))
    assert finding.fault and finding.value is None
    assert finding.sentence.endswith("is missing from the night's rows, so its drift cannot be measured.")


def test_few_rows_cannot_show_drift_but_can_lack_a_column() -> None:
    gone = ColumnDrift("feature", "channel", "category", 0, fault="is missing from the night's rows")
    few = replace(INCOME, psi=3.0, rows=99)
    assert only(judged(rows=99, drifts=(few, *(few,) * 5, gone))).column == "channel"


def test_a_failed_expectation_is_a_fault_and_a_warning_is_not() -> None:
    checks = (Check(False), Check(False, "warning", "expect_column_mean_to_be_between"), Check(False, "info"))
    critical, warning = judged(validation=Validation(checks))
    assert critical.fault and not warning.fault
    assert critical.sentence == checks[0].sentence
    assert critical.key == "suite/income/expect_column_values_to_be_between"


def test_a_suite_that_was_not_run_is_a_fault() -> None:
    finding = only(judged(validation=None))
    assert finding.fault and finding.kind == "suite"


def test_performance_below_its_limit_says_over_which_outcomes() -> None:
    finding = only(judged(performance=replace(GOOD, metrics={"roc_auc": 0.612})))
    assert (finding.kind, finding.value, finding.limit) == ("performance", 0.612, 0.66)
    assert finding.sentence == (
        "roc_auc is 0.612 over 800 outcomes of 2026-07-01 to 2026-07-28; it must be at least 0.66."
    )


@pytest.mark.parametrize("metrics", [{"roc_auc": None}, {}])
def test_a_metric_that_is_not_defined_does_not_keep_its_limit(metrics: dict[str, None]) -> None:
    assert only(judged(performance=replace(GOOD, metrics=metrics))).sentence.startswith(
        "roc_auc cannot be computed"
    )


def test_outcomes_that_are_still_too_few_or_not_due_are_no_finding() -> None:
    assert judged(performance=None) == ()
    assert judged(performance=replace(GOOD, metrics=None, reason="3 of 900 …")) == ()


def test_a_night_without_predictions_is_a_finding_where_they_are_due() -> None:
    finding = only(judged(rows=0, validation=None, drifts=()))
    assert finding.kind == "no_predictions" and finding.fault
    unscheduled = WATCHED.model_copy(
        update={"deployment": WATCHED.deployment.model_copy(update={"batch": None})}
    )
    assert judge(unscheduled, Measures(0, performance=GOOD)) == ()
    assert judged(rows=0, validation=None, drifts=(), due=False) == ()


def test_drift_and_performance_may_ask_for_a_training() -> None:
    drifts = (replace(INCOME, psi=0.3), CHANNEL, replace(SCORE, psi=0.3))
    findings = judged(drifts=drifts, performance=replace(GOOD, metrics={"roc_auc": 0.5}))
    assert asking_for_retraining(findings) == findings and len(findings) == 4


def test_a_data_fault_never_asks_for_a_training_whatever_else_was_found() -> None:
    shifted = (replace(INCOME, psi=2.0), CHANNEL, SCORE)
    assert asking_for_retraining(judged(drifts=shifted, validation=Validation((Check(False),)))) == ()


def test_a_warning_of_the_suite_alone_does_not_ask_for_a_training() -> None:
    assert asking_for_retraining(judged(validation=Validation((Check(False, "warning"),)))) == ()
