"""Disparities: fairlearn's where it has them, intervals that hold the truth, none where none can be."""

import fairlearn.metrics as fl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error

from airlock.examination.fairness.disparities import Disparity, disparities
from airlock.examination.fairness.fairness import measure
from airlock.examination.fairness.groups import groupings
from airlock.examination.fairness.tally import attributes
from airlock.examination.subject import Subject
from tests.airlock.examination.fairness.against_fairlearn import same_as_fairlearn
from tests.airlock.examination.fairness.subjects import binary, multiclass, regression


def made(seed: int, rows: int, rates: list[float]) -> Subject:
    """Return answers that say yes with another probability in each group."""
    draw = np.random.default_rng(seed)
    group = draw.integers(len(rates), size=rows)
    happened = draw.random(rows) < 0.4
    said = draw.random(rows) < np.array(rates)[group] + 0.2 * happened
    region = draw.choice(["north", "south"], rows)
    sex = np.array(["f", "m", "x"])[group]
    return binary({"sex": sex, "region": region}, happened, draw.random(rows), said)


def of_sex(subject: Subject) -> dict[str, Disparity]:
    return dict(measure(subject).attributes[0].disparities)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 1000),
    rows=st.integers(1, 3000),
    rates=st.lists(st.floats(0, 0.8), min_size=1, max_size=3),
)
def test_figures_and_disparities_are_fairlearns(seed: int, rows: int, rates: list[float]) -> None:
    compared = same_as_fairlearn(made(seed, rows, rates))
    assert compared == ["sex", "region", "sex × region"] or rows < 1500 or len(rates) == 1


def test_a_difference_names_its_two_groups_and_lies_within_its_interval() -> None:
    found = of_sex(made(1, 4000, [0.1, 0.3, 0.2]))["demographic_parity_difference"]
    assert found.between == ("m", "f")
    assert found.figure == "selection_rate"
    assert found.figures[0] - found.figures[1] == pytest.approx(found.value)
    assert 0.1 < found.low < found.value < found.high < 0.3


def test_intervals_hold_the_true_difference_about_as_often_as_they_say() -> None:
    inside = []
    for seed in range(150):
        subject = made(seed, 2000, [0.1, 0.3])
        sex = attributes(subject, groupings(subject.spec, subject.rows)[:1])[0][0]
        found = disparities(subject.spec.task, sex, seed=seed)["demographic_parity_difference"]
        inside.append(found.low <= 0.2 <= found.high)
    assert 0.91 <= np.mean(inside) <= 0.99


def test_the_same_seed_gives_the_same_intervals() -> None:
    assert of_sex(made(1, 500, [0.1, 0.3])) == of_sex(made(1, 500, [0.1, 0.3]))


def test_equalized_odds_are_the_wider_of_both_rates() -> None:
    found = of_sex(made(2, 4000, [0.1, 0.5]))
    odds, opportunity = found["equalized_odds_difference"], found["equal_opportunity_difference"]
    assert odds.value >= opportunity.value
    assert odds.figure in ("true_positive_rate", "false_positive_rate")


def test_calibration_is_the_difference_of_what_happens_and_what_is_said() -> None:
    sex = np.repeat(["f", "m"], 500)
    happened = np.arange(1000) % 2 == 0
    scores = np.repeat([0.6, 0.3], 500)
    found = of_sex(binary({"sex": sex}, happened, scores))["calibration_difference"]
    assert found.value == pytest.approx(0.3)
    assert (found.between, found.figures) == (("m", "f"), pytest.approx((0.2, -0.1)))


def test_a_ratio_of_nobody_chosen_is_not_defined() -> None:
    sex = np.repeat(["f", "m"], 500)
    found = of_sex(binary({"sex": sex}, np.arange(1000) % 2 == 0, np.zeros(1000)))
    assert np.isnan(found["demographic_parity_ratio"].value)
    assert found["demographic_parity_difference"].value == 0


@pytest.mark.parametrize("rows", [(500, 49), (40, 40), (500, 0)], ids=str)
def test_without_two_groups_of_rows_enough_there_is_no_figure(rows: tuple[int, int]) -> None:
    sex = np.repeat(["f", "m"], rows)
    happened = np.arange(len(sex)) % 2 == 0
    found = of_sex(binary({"sex": sex}, happened, np.linspace(0, 1, len(sex))))
    assert all(np.isnan([one.value, one.low, one.high]).all() for one in found.values())


def test_a_score_that_is_no_number_leaves_calibration_without_a_figure() -> None:
    sex, scores = np.repeat(["f", "m"], 500), np.full(1000, 0.4)
    scores[0] = np.nan
    found = of_sex(binary({"sex": sex}, np.arange(1000) % 2 == 0, scores))
    assert np.isnan(found["calibration_difference"].value)
    assert found["demographic_parity_difference"].value == 0


def test_a_regression_is_held_against_its_errors() -> None:
    draw = np.random.default_rng(3)
    sex, truth = draw.choice(["f", "m"], 2000), draw.normal(0, 2, 2000)
    said = truth + draw.normal(0, np.where(sex == "f", 1.0, 2.0)) + 0.5 * (sex == "m")
    found = of_sex(regression({"sex": sex}, truth, said))
    frame = fl.MetricFrame(metrics=mean_absolute_error, y_true=truth, y_pred=said, sensitive_features=sex)
    assert found["mae_ratio"].value == pytest.approx(1 / frame.ratio())
    assert found["mae_ratio"].between == ("m", "f")
    assert found["mae_ratio"].low < found["mae_ratio"].value < found["mae_ratio"].high
    bias = np.mean((said - truth)[sex == "m"]) - np.mean((said - truth)[sex == "f"])
    assert found["bias_difference"].value == pytest.approx(bias / truth.std())


def test_a_multiclass_model_is_held_against_its_accuracy() -> None:
    draw = np.random.default_rng(3)
    sex, truth = draw.choice(["f", "m"], 2000), draw.choice(["a", "b", "c"], 2000)
    said = np.where((sex == "m") & (draw.random(2000) < 0.3), "a", truth)
    found = of_sex(multiclass({"sex": sex}, truth, said))
    assert list(found) == ["accuracy_difference"]
    wrong = np.mean((truth != said)[sex == "m"])
    assert found["accuracy_difference"].value == pytest.approx(wrong)
