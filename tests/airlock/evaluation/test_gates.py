"""Gates: one test for each way to fail, and for the words a person reads."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.evaluation.evaluation import Champion, Evaluation, Result
from airlock.evaluation.gates import Verdict, judge, passed
from tests.airlock.loans import loan_spec

GOOD = {"roc_auc": 0.741, "brier": 0.1}


def evaluation(
    metrics: dict[str, float] | None = None,
    *,
    rows: int = 1240,
    classes: dict[str, int] | None = None,
    champion: Champion | None = None,
) -> Evaluation:
    result = Result("linear", "p" * 64, "an.Estimator", {}, {}, GOOD if metrics is None else metrics)
    classes = {"false": 1000, "true": 240} if classes is None else classes
    return Evaluation("linear", rows, classes, (result,), champion)


def verdict(gate: str, found: Evaluation, **gates: Any) -> Verdict:
    (one,) = [verdict for verdict in judge(loan_spec(gates=gates), found) if verdict.gate == gate]
    return one


def champion(value: float, **about: str) -> Champion:
    return Champion("c" * 64, {"roc_auc": value}, **about)


def test_a_good_candidate_passes_every_gate() -> None:
    assert passed(judge(loan_spec(), evaluation()))


def test_a_limit_that_is_met_says_so() -> None:
    said = verdict("roc_auc", evaluation())
    assert said.passed
    assert said.sentence == "roc_auc is 0.741, and at least 0.700 is asked for by the model's spec."


def test_a_metric_below_its_limit_fails() -> None:
    said = verdict("roc_auc", evaluation({"roc_auc": 0.69996}))
    assert not said.passed
    assert said.sentence == "roc_auc is 0.69996, and at least 0.70000 is asked for by the model's spec."


def test_a_metric_above_its_limit_fails() -> None:
    said = verdict("brier", evaluation(), limits=[{"metric": "brier", "at_most": 0.05, "origin": "policy"}])
    assert not said.passed
    assert said.sentence == "brier is 0.100, and at most 0.050 is asked for by the tier's policy."
    assert said.origin == "policy"


def test_a_value_on_its_limit_passes() -> None:
    assert verdict("roc_auc", evaluation({"roc_auc": 0.7})).passed


def test_a_metric_that_is_nan_fails() -> None:
    said = verdict("roc_auc", evaluation({"roc_auc": math.nan}))
    assert not said.passed
    assert "roc_auc has no figure on the hold-out" in said.sentence


def test_a_metric_that_is_missing_fails() -> None:
    assert not verdict("roc_auc", evaluation({"brier": 0.1})).passed


def test_a_metric_that_is_infinite_fails() -> None:
    assert not verdict("roc_auc", evaluation({"roc_auc": math.inf})).passed


def test_too_few_rows_fail() -> None:
    said = verdict("rows", evaluation(rows=49))
    assert not said.passed
    assert said.sentence == "The hold-out has 49 rows, and at least 50 are needed to judge by."


def test_too_few_rows_of_a_class_fail() -> None:
    said = verdict("rows_of_each_class", evaluation(classes={"false": 1236, "true": 4}))
    assert not said.passed
    assert "The rarest class in the hold-out is 'true' with 4 rows" in said.sentence


def test_one_class_only_fails() -> None:
    assert not verdict("rows_of_each_class", evaluation(classes={"false": 1240})).passed


def test_no_class_at_all_fails() -> None:
    assert not verdict("rows_of_each_class", evaluation(classes={})).passed


def test_no_champion_says_so_and_passes() -> None:
    said = verdict("champion", evaluation())
    assert said.passed
    assert said.sentence == "There is no champion to compare with: this would be the first."


def test_a_candidate_worse_than_the_champion_within_the_tolerance_passes() -> None:
    said = verdict("champion", evaluation(champion=champion(0.751)))
    assert said.passed
    assert said.sentence == (
        "roc_auc is 0.741 and the champion's is 0.751 on the same 1,240 rows: "
        "0.010 worse, and at most 0.010 worse is allowed."
    )


def test_a_candidate_worse_than_the_champion_beyond_the_tolerance_fails() -> None:
    said = verdict("champion", evaluation(champion=champion(0.752)))
    assert not said.passed
    assert "0.011 worse" in said.sentence


def test_a_better_candidate_says_by_how_much() -> None:
    said = verdict(
        "champion", evaluation(champion=champion(0.7)), champion={"metric": "roc_auc", "tolerance": 0}
    )
    assert said.passed
    assert said.sentence.endswith("0.041 better, and nothing worse is allowed.")


def test_an_equal_candidate_passes_without_tolerance() -> None:
    said = verdict(
        "champion", evaluation(champion=champion(0.741)), champion={"metric": "roc_auc", "tolerance": 0}
    )
    assert said.passed
    assert "no difference" in said.sentence


def test_a_higher_loss_than_the_champions_fails() -> None:
    worse = Champion("c" * 64, {"brier": 0.05})
    assert not verdict(
        "champion", evaluation(champion=worse), champion={"metric": "brier", "tolerance": 0.01}
    ).passed


def test_a_champion_without_a_figure_fails() -> None:
    said = verdict("champion", evaluation(champion=champion(math.nan)))
    assert not said.passed
    assert (
        said.sentence
        == "roc_auc has no figure for the champion on the hold-out, so the two cannot be compared."
    )


def test_a_candidate_without_a_figure_fails_beside_the_champion() -> None:
    said = verdict("champion", evaluation({}, champion=champion(0.7)))
    assert not said.passed
    assert "no figure for the candidate" in said.sentence


def test_a_champion_that_cannot_be_compared_fails_and_says_why() -> None:
    lost = Champion("c" * 64, problem="it takes rooms, which the data no longer hold in that form.")
    said = verdict("champion", evaluation(champion=lost))
    assert not said.passed
    assert "it takes rooms" in said.sentence
    assert "withdraw it" in said.sentence


def test_no_verdict_is_not_passed() -> None:
    assert not passed(())


figure = st.floats(0, 1)


@given(figure, figure, figure)
def test_tightening_a_lower_limit_never_lets_more_through(value: float, one: float, other: float) -> None:
    loose, tight = sorted((one, other))
    found = evaluation({"roc_auc": value})
    verdicts = [
        verdict("roc_auc", found, limits=[{"metric": "roc_auc", "at_least": limit}])
        for limit in (loose, tight)
    ]
    assert verdicts[0].passed or not verdicts[1].passed


@given(figure, figure, figure)
def test_tightening_an_upper_limit_never_lets_more_through(value: float, one: float, other: float) -> None:
    tight, loose = sorted((one, other))
    found = evaluation({"brier": value})
    verdicts = [
        verdict("brier", found, limits=[{"metric": "brier", "at_most": limit}]) for limit in (loose, tight)
    ]
    assert verdicts[0].passed or not verdicts[1].passed


@given(figure, figure, figure, figure)
def test_tightening_the_tolerance_never_lets_more_through(
    value: float, theirs: float, one: float, other: float
) -> None:
    tight, loose = sorted((one, other))
    found = evaluation({"roc_auc": value}, champion=champion(theirs))
    verdicts = [
        verdict("champion", found, champion={"metric": "roc_auc", "tolerance": tolerance})
        for tolerance in (loose, tight)
    ]
    assert verdicts[0].passed or not verdicts[1].passed


@given(figure, figure, figure, figure)
def test_a_better_candidate_never_does_worse_at_a_gate(
    one: float, other: float, theirs: float, tolerance: float
) -> None:
    low, high = sorted((one, other))
    for gate in ("roc_auc", "champion"):
        verdicts = [
            verdict(
                gate,
                evaluation({"roc_auc": value}, champion=champion(theirs)),
                champion={"metric": "roc_auc", "tolerance": tolerance},
            )
            for value in (low, high)
        ]
        assert verdicts[1].passed or not verdicts[0].passed


@pytest.mark.parametrize("value", [0.7, math.nan])
def test_verdicts_are_json(value: float) -> None:
    said = verdict("roc_auc", evaluation({"roc_auc": value})).to_json()
    assert said["value"] == (None if math.isnan(value) else value)
