"""A challenger passes by what is known only, breaks as soon as it is certain, and is waited for otherwise."""

from datetime import timedelta
from typing import Any

import pytest

from airlock.spec.deployment import Trial
from airlock.spec.metrics import Task
from airlock.trial.answers import Arm, Moments, Pairs
from airlock.trial.judging import Terms, in_time, judge_ab, judge_canary, judge_shadow
from airlock.trial.verdict import Verdict

HOUR = timedelta(hours=1)
NAN = float("nan")


def trial(**changes: Any) -> Trial:
    return Trial.model_validate({"rows": 100, "failures": 0.02, "difference": 0.1} | changes)


def terms(task: Task = Task.BINARY, *, spread: float = NAN, **changes: Any) -> Terms:
    return Terms(trial(**changes), task, "true" if task is Task.BINARY else None, spread)


def binary(yes: int, no: int, failures: int = 0) -> Arm:
    return Arm(failures, {"true": yes, "false": no}, Moments(yes + no))


def numbers(mean: float, variance: float = 4.0, rows: int = 100) -> Arm:
    return Arm(0, {}, Moments(rows, mean, variance))


def test_a_canary_like_the_champion_passes_and_says_the_figures() -> None:
    found = judge_canary(terms(), binary(60, 140), binary(33, 67), HOUR)
    assert found.outcome == "passed"
    assert found.sentence == (
        "It failed on 0 of 100 rows (at most 2.00%). "
        "Its share of yes lies 0.03 from the champion's (at most 0.1)."
    )


@pytest.mark.parametrize(
    "champion, challenger, elapsed, said",
    [
        (binary(60, 140), binary(30, 69), HOUR, "99 of 100 answers of the challenger"),
        (binary(20, 60), binary(30, 70), HOUR, "80 of 100 answers of the champion"),
        (binary(60, 140), binary(30, 70), timedelta(minutes=1), "a step lasts 30m"),
        (Arm(), Arm(), HOUR, "0 of 100 answers of the champion, 0 of 100 answers of the challenger"),
    ],
    ids=["few rows", "an idle champion", "too soon", "nobody asks"],
)
def test_a_step_waits_for_rows_of_both_and_for_its_time(
    champion: Arm, challenger: Arm, elapsed: timedelta, said: str
) -> None:
    found = judge_canary(terms(at_least="30m"), champion, challenger, elapsed)
    assert found.outcome == "continue"
    assert said in found.sentence


def test_one_early_failure_is_not_certain_and_two_are() -> None:
    assert judge_canary(terms(), binary(1, 2), binary(1, 1, failures=1), HOUR).outcome == "continue"
    found = judge_canary(terms(), binary(1, 2), binary(1, 0, failures=2), HOUR)
    assert found.outcome == "broke"
    assert found.sentence == "It failed on 2 of 3 rows (at most 2.00%)."


def test_one_that_only_fails_breaks() -> None:
    assert judge_canary(terms(), Arm(), Arm(failures=3), HOUR).outcome == "broke"


def test_at_the_end_of_a_step_one_failure_too_many_is_enough() -> None:
    assert judge_canary(terms(), binary(60, 140), binary(30, 70, failures=2), HOUR).outcome == "passed"
    assert judge_canary(terms(), binary(60, 140), binary(30, 70, failures=3), HOUR).outcome == "broke"


def test_a_difference_breaks_early_when_certain_and_at_the_end_when_seen() -> None:
    certain = judge_canary(terms(), binary(4, 46), binary(45, 5), HOUR)
    assert (certain.outcome, "share of yes lies 0.82" in certain.sentence) == ("broke", True)
    assert judge_canary(terms(), binary(15, 35), binary(22, 28), HOUR).outcome == "continue"
    assert judge_canary(terms(), binary(30, 70), binary(42, 58), HOUR).outcome == "broke"


def test_a_handful_of_rows_says_nothing_of_means() -> None:
    assert judge_canary(terms(), binary(0, 10), binary(10, 0), HOUR).outcome == "continue"


def test_of_many_classes_the_one_that_changed_most_counts() -> None:
    def arm(**labels: int) -> Arm:
        return Arm(0, labels, Moments(sum(labels.values())))

    found = judge_canary(terms(Task.MULTICLASS), arm(a=50, b=30, c=20), arm(a=50, b=10, d=40), HOUR)
    assert found.outcome == "broke"
    assert "Its share of d lies 0.4" in found.sentence
    calm = judge_canary(terms(Task.MULTICLASS), arm(a=50, b=30, c=20), arm(a=52, b=29, c=19), HOUR)
    assert calm.outcome == "passed"


def test_a_regression_is_held_against_the_champions_spread() -> None:
    near = judge_canary(terms(Task.REGRESSION, spread=20.0), numbers(50), numbers(51), HOUR)
    assert (near.outcome, "0.05 standard deviations" in near.sentence) == ("passed", True)
    far = judge_canary(terms(Task.REGRESSION, spread=2.0), numbers(50), numbers(51), HOUR)
    assert far.outcome == "broke"


@pytest.mark.parametrize("spread", [NAN, 0.0], ids=["unknown", "none"])
def test_without_a_spread_nothing_passes(spread: float) -> None:
    found = judge_canary(terms(Task.REGRESSION, spread=spread), numbers(50), numbers(50), HOUR)
    assert (found.outcome, "cannot be held against" in found.sentence) == ("broke", True)


def test_a_mean_that_is_not_known_does_not_pass() -> None:
    found = judge_canary(terms(Task.REGRESSION, spread=2.0), numbers(50), numbers(NAN, NAN), HOUR)
    assert found.outcome == "broke"


@pytest.mark.parametrize("changed, outcome", [(0, "passed"), (10, "passed"), (11, "broke"), (60, "broke")])
def test_a_shadow_may_decide_some_rows_otherwise(changed: int, outcome: str) -> None:
    assert judge_shadow(terms(), Pairs(0, changed, Moments(100, 0.0, 1.0)), HOUR).outcome == outcome


def test_a_shadow_breaks_early_when_it_is_certain() -> None:
    found = judge_shadow(terms(), Pairs(0, 15, Moments(20, 0.1, 0.1)), HOUR)
    assert (found.outcome, "decides 15 of 20 rows otherwise" in found.sentence) == ("broke", True)
    assert judge_shadow(terms(), Pairs(0, 3, Moments(20, 0.1, 0.1)), HOUR).outcome == "continue"
    assert judge_shadow(terms(), Pairs(5, 0, Moments(20, 0.1, 0.1)), HOUR).outcome == "broke"


def test_a_shadow_that_nobody_asked_waits() -> None:
    assert judge_shadow(terms(), Pairs(), HOUR).outcome == "continue"
    assert judge_shadow(terms(Task.REGRESSION, spread=1.0), Pairs(), HOUR).outcome == "continue"


def test_a_regressions_shadow_is_held_by_its_mean_difference() -> None:
    near = judge_shadow(terms(Task.REGRESSION, spread=10.0), Pairs(0, 100, Moments(100, 0.5, 1.0)), HOUR)
    far = judge_shadow(terms(Task.REGRESSION, spread=10.0), Pairs(0, 100, Moments(60, -5.0, 1.0)), HOUR)
    assert (near.outcome, far.outcome) == ("passed", "broke")


ALIKE = binary(60, 140), binary(58, 142)


@pytest.mark.parametrize(
    "losses, outcome",
    [
        ((Moments(500, 0.40, 0.24), Moments(500, 0.20, 0.16)), "passed"),
        ((Moments(500, 0.20, 0.16), Moments(500, 0.40, 0.24)), "broke"),
        ((Moments(500, 0.21, 0.16), Moments(500, 0.20, 0.16)), "continue"),
        ((Moments(500, 0.20, 0.16), Moments(500, 0.20, 0.16)), "continue"),
        ((Moments(99, 0.90, 0.09), Moments(500, 0.10, 0.09)), "continue"),
        ((Moments(), Moments()), "continue"),
        ((Moments(500, NAN, NAN), Moments(500, 0.1, 0.1)), "continue"),
    ],
    ids=["better", "worse", "a little better", "alike", "few outcomes", "no outcomes", "unknown costs"],
)
def test_outcomes_decide_an_ab_test(losses: tuple[Moments, Moments], outcome: str) -> None:
    assert judge_ab(terms(), *ALIKE, losses, HOUR).outcome == outcome


def test_a_better_one_still_keeps_to_a_canarys_limits() -> None:
    better = Moments(500, 0.40, 0.24), Moments(500, 0.20, 0.16)
    far = judge_ab(terms(), binary(60, 140), binary(90, 110), better, HOUR)
    assert (far.outcome, "share of yes lies 0.15" in far.sentence) == ("broke", True)
    failing = judge_ab(terms(), binary(60, 140), binary(58, 142, failures=40), (Moments(), Moments()), HOUR)
    assert failing.outcome == "broke"


def test_an_ab_test_says_who_costs_what_and_how_sure_it_is() -> None:
    found = judge_ab(terms(), *ALIKE, (Moments(500, 400.0, 9e4), Moments(400, 300.0, 9e4)), HOUR)
    assert (
        "By 400 and 500 outcomes its answers cost 300 in the mean and the champion's 400: -100"
        in found.sentence
    )
    assert "surely (95%) between" in found.sentence


def test_time_ends_what_nothing_else_has_and_nothing_more() -> None:
    waits, passed = Verdict("continue", "10 rows are missing."), Verdict("passed", "All is well.")
    late = in_time(trial(within="1d"), waits, timedelta(days=1))
    assert late == Verdict("undecided", "No verdict within 1d. 10 rows are missing.")
    assert in_time(trial(within="1d"), waits, timedelta(hours=23)) == waits
    assert in_time(trial(within="1d"), passed, timedelta(days=2)) == passed
