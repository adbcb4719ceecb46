"""Gates: one test for each way to fail, and for the words a person reads."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.evaluation.comparison import Comparison
from airlock.evaluation.evaluation import Champion, Evaluation, Result
from airlock.evaluation.gates import judge
from airlock.evaluation.verdict import Verdict, passed
from tests.airlock.loans import loan_spec

GOOD = {"roc_auc": 0.741, "brier": 0.1}
SURE = Comparison("roc_auc", 0.01, low=-0.004, high=0.021, within=0.96, tolerance=0.01, allowed=0.01)
HOW_SURE = (
    "Were such rows drawn again, the candidate would be within that in 96 % of the draws "
    "(95 % interval: 0.004 worse to 0.021 better), and at least 50 % is asked for."
)


def evaluation(
    metrics: dict[str, float] | None = None,
    *,
    rows: int = 1240,
    classes: dict[str, int] | None = None,
    champion: Champion | None = None,
    intervals: dict[str, tuple[float, float]] | None = None,
    comparison: Comparison | None = SURE,
) -> Evaluation:
    result = Result(
        "linear",
        "p" * 64,
        "an.Estimator",
        {},
        {},
        GOOD if metrics is None else metrics,
        intervals=intervals or {},
    )
    classes = {"false": 1000, "true": 240} if classes is None else classes
    return Evaluation("linear", rows, classes, (result,), champion, comparison=champion and comparison)


def verdict(gate: str, found: Evaluation, given: tuple[Mapping[str, Any], ...] = (), **gates: Any) -> Verdict:
    """Return what one gate says; `given` is what `judge` takes after the evaluation."""
    (one,) = [verdict for verdict in judge(loan_spec(gates=gates), found, *given) if verdict.gate == gate]
    return one


def champion(value: float, **about: str) -> Champion:
    return Champion("c" * 64, {"roc_auc": value}, **about)


def test_a_good_candidate_passes_every_gate() -> None:
    assert passed(judge(loan_spec(), evaluation()))


def test_a_limit_that_is_met_says_so() -> None:
    said = verdict("roc_auc", evaluation())
    assert said.passed
    assert said.sentence == "roc_auc is 0.741, and at least 0.700 is asked for by the model's spec."


def test_every_rule_of_the_spec_is_a_gate() -> None:
    rule = {"feature": "income", "sentence": "It rises for 9 of 100 rows.", "at_most": 0.05}
    tried = {"kept": (0.05, True), "broken": (0.09, False), "not tried": (None, False)}
    for name, (share, passes) in tried.items():
        (said,) = [
            one
            for one in judge(loan_spec(), evaluation(), rules=[rule | {"share": share, "passed": passes}])
            if one.gate == "rule_violations by income"
        ]
        assert said.passed is passes, name
        assert (said.limit, said.source) == (0.05, "rules of model.yaml")
        assert said.sentence == rule["sentence"]


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
    assert said.sentence.startswith("roc_auc was not measured, and at least 0.700 is asked for")


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
        f"0.010 worse, and at most 0.010 worse is allowed. {HOW_SURE}"
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
    assert said.sentence.endswith(f"0.041 better, and nothing worse is allowed. {HOW_SURE}")


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


def test_a_limit_shows_the_interval_and_where_it_comes_from() -> None:
    said = verdict("roc_auc", evaluation(intervals={"roc_auc": (0.72, 0.76)}))
    assert said.sentence == (
        "roc_auc is 0.741 (95 % interval 0.720 to 0.760), "
        "and at least 0.700 is asked for by the model's spec."
    )
    assert (said.low, said.high) == (0.72, 0.76)
    assert said.source == "gates.limits.roc_auc of model.yaml"


def test_a_limit_of_the_policy_names_its_file() -> None:
    said = verdict("brier", evaluation(), limits=[{"metric": "brier", "at_most": 0.2, "origin": "policy"}])
    assert said.source == "limits.binary.brier of policies/limited.yaml"


def test_an_interval_that_is_not_defined_is_not_spoken_of() -> None:
    said = verdict("roc_auc", evaluation(intervals={"roc_auc": (math.nan, math.nan)}))
    assert "interval" not in said.sentence
    assert said.to_json()["low"] is None


LATENCY = [{"metric": "latency_ms", "at_most": 5}]


def test_a_figure_of_another_examination_is_judged_like_any() -> None:
    assert verdict("latency_ms", evaluation(), ({"latency_ms": 4.0},), limits=LATENCY).passed
    said = verdict("latency_ms", evaluation(), ({"latency_ms": 6.0},), limits=LATENCY)
    assert not said.passed
    assert said.sentence == "latency_ms is 6.000, and at most 5.000 is asked for by the model's spec."


@pytest.mark.parametrize("measures", [{}, {"latency_ms": None}, {"latency_ms": math.nan}])
def test_what_was_not_measured_fails_and_the_sentence_says_so(measures: dict[str, Any]) -> None:
    said = verdict("latency_ms", evaluation(), (measures,), limits=LATENCY)
    assert not said.passed
    assert said.sentence == "latency_ms was not measured, and at most 5.000 is asked for by the model's spec."


BY_SEX = [{"metric": "accuracy_difference", "at_most": 0.1, "attribute": "sex"}]


def test_a_limit_on_one_attribute_is_judged_over_that_attribute_alone() -> None:
    everywhere, of_sex = {"accuracy_difference": 0.3}, {"sex": {"accuracy_difference": 0.05}}
    said = verdict("accuracy_difference by sex", evaluation(), (everywhere, of_sex), limits=BY_SEX)
    assert said.passed
    assert said.value == 0.05
    assert said.source == "gates.limits.accuracy_difference (sex) of model.yaml"


def test_a_limit_on_an_attribute_that_was_not_examined_fails() -> None:
    said = verdict(
        "accuracy_difference by sex", evaluation(), ({"accuracy_difference": 0.0}, {}), limits=BY_SEX
    )
    assert not said.passed
    assert "accuracy_difference by sex was not measured" in said.sentence


def test_a_detail_is_added_to_what_the_verdict_says() -> None:
    worst = "the worst is sex: f 0.31, m 0.12"
    said = verdict(
        "accuracy_difference by sex",
        evaluation(),
        ({}, {"sex": {"accuracy_difference": 0.19}}, {"accuracy_difference by sex": worst}),
        limits=BY_SEX,
    )
    assert said.sentence == (
        "accuracy_difference by sex is 0.190, and at most 0.100 is asked for by the model's spec; "
        "the worst is sex: f 0.31, m 0.12."
    )


CONFIDENT = {"metric": "roc_auc", "tolerance": 0.01, "confidence": 0.8}


def test_a_better_candidate_of_which_one_is_not_sure_enough_fails() -> None:
    unsure = replace(SURE, within=0.7999)
    said = verdict("champion", evaluation(champion=champion(0.73), comparison=unsure), champion=CONFIDENT)
    assert not said.passed
    assert "within that in 79.99 % of the draws" in said.sentence
    assert said.sentence.endswith("and at least 80.00 % is asked for.")


def test_a_candidate_of_which_one_is_just_sure_enough_passes_and_shows_the_interval_of_the_loss() -> None:
    sure = replace(SURE, within=0.8)
    said = verdict("champion", evaluation(champion=champion(0.73), comparison=sure), champion=CONFIDENT)
    assert said.passed
    assert (said.low, said.high) == (-0.021, 0.004)
    assert said.source == "gates.champion of model.yaml"


def test_a_worse_candidate_fails_however_sure_one_is() -> None:
    sure = replace(SURE, within=1.0)
    assert not verdict("champion", evaluation(champion=champion(0.76), comparison=sure)).passed


@pytest.mark.parametrize("comparison", [None, replace(SURE, within=math.nan)], ids=["none", "undefined"])
def test_a_comparison_that_was_not_measured_fails_and_says_so(comparison: Comparison | None) -> None:
    said = verdict("champion", evaluation(champion=champion(0.73), comparison=comparison))
    assert not said.passed
    assert said.sentence.endswith("How sure that is could not be measured, and at least 50 % is asked for.")


def test_a_tolerance_on_a_loss_is_a_share_of_the_champion_s() -> None:
    loss = {"metric": "log_loss", "tolerance": 0.02}
    theirs = Champion("c" * 64, {"log_loss": 0.5})
    said = verdict("champion", evaluation({"log_loss": 0.509}, champion=theirs), champion=loss)
    assert said.passed
    assert "at most 0.010 worse (2 % of the champion's) is allowed" in said.sentence
    assert not verdict("champion", evaluation({"log_loss": 0.511}, champion=theirs), champion=loss).passed


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


@given(figure, st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_asking_to_be_surer_never_lets_more_through(within: float, one: float, other: float) -> None:
    lax, strict = sorted((one, other))
    found = evaluation(champion=champion(0.73), comparison=replace(SURE, within=within))
    verdicts = [
        verdict("champion", found, champion=CONFIDENT | {"confidence": confidence})
        for confidence in (lax, strict)
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
