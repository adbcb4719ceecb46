"""Figures: what scikit-learn gives group by group, with the intervals of the books."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import precision_score, recall_score

from airlock.examination.fairness.figures import MINIMUM_ROWS, MINIMUM_TRIALS, figures
from airlock.examination.fairness.groups import groupings
from airlock.examination.fairness.tally import Attribute, attributes
from airlock.examination.subject import Subject
from airlock.spec import Task
from tests.airlock.examination.fairness.subjects import binary, multiclass, regression

ROWS = 3000


def tallied(subject: Subject) -> dict[str, Attribute]:
    return {one.name: one for one in attributes(subject, groupings(subject.spec, subject.rows))[0]}


def some(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.choice(["f", "m", "x"], ROWS, p=[0.5, 0.45, 0.05]), draw.random(ROWS) < 0.3, draw.random(ROWS)


def test_binary_figures_are_those_of_each_groups_rows() -> None:
    sex, happened, scores = some()
    found = figures(Task.BINARY, tallied(binary({"sex": sex}, happened, scores))["sex"].tally)
    for place, group in enumerate(("f", "m", "x")):
        of = sex == group
        truth, said, score = happened[of], scores[of] >= 0.5, scores[of]
        expected = {
            "selection_rate": said.mean(),
            "true_positive_rate": recall_score(truth, said),
            "false_positive_rate": said[~truth].mean(),
            "accuracy": (truth == said).mean(),
            "precision": precision_score(truth, said),
            "base_rate": truth.mean(),
            "mean_score": score.mean(),
            "calibration_gap": truth.mean() - score.mean(),
        }
        assert {name: figure.value[place] for name, figure in found.items()} == pytest.approx(expected)
        low, high = found["accuracy"].interval
        wilson = binomtest(int((truth == said).sum()), int(of.sum())).proportion_ci(method="wilson")
        assert (low[place], high[place]) == pytest.approx((wilson.low, wilson.high))
        low, high = found["mean_score"].interval
        half = 1.959964 * score.std(ddof=1) / np.sqrt(of.sum())
        assert (low[place], high[place]) == pytest.approx((score.mean() - half, score.mean() + half))


def test_the_figures_of_intersections_are_those_of_their_rows() -> None:
    sex, happened, scores = some()
    draw = np.random.default_rng(2)
    region, age = draw.choice(["north", "south"], ROWS), draw.choice(["old", "young"], ROWS)
    found = tallied(binary({"sex": sex, "region": region, "age": age}, happened, scores))
    assert list(found) == [
        "sex",
        "region",
        "age",
        "sex × region",
        "sex × age",
        "region × age",
        "sex × region × age",
    ]
    all_three = found["sex × region × age"]
    assert all_three.labels[0] == "f, north, old"
    assert len(all_three.labels) == 12
    for one in found.values():
        assert one.tally.rows.sum() == ROWS
    of = (sex == "m") & (region == "south") & (age == "young")
    place = all_three.labels.index("m, south, young")
    assert all_three.tally.rows[place] == of.sum()
    assert figures(Task.BINARY, all_three.tally)["mean_score"].value[place] == pytest.approx(
        scores[of].mean()
    )


def test_a_regressions_figures_are_its_errors() -> None:
    sex, _, said = some()
    truth = np.random.default_rng(4).random(ROWS)
    found = figures(Task.REGRESSION, tallied(regression({"sex": sex}, truth, said))["sex"].tally)
    errors = (said - truth)[sex == "m"]
    assert {name: figure.value[1] for name, figure in found.items()} == pytest.approx(
        {"mae": np.abs(errors).mean(), "bias": errors.mean()}
    )


def test_a_multiclass_group_has_its_accuracy_and_the_recall_of_each_class() -> None:
    sex, _, _ = some()
    draw = np.random.default_rng(5)
    truth, said = draw.choice(["a", "b", "c"], ROWS), draw.choice(["a", "b", "c"], ROWS)
    found = figures(Task.MULTICLASS, tallied(multiclass({"sex": sex}, truth, said))["sex"].tally)
    of = sex == "f"
    recalls = recall_score(truth[of], said[of], average=None)
    expected = {"accuracy": (truth == said)[of].mean()} | dict(
        zip(("recall of a", "recall of b", "recall of c"), recalls, strict=True)
    )
    assert {name: figure.value[0] for name, figure in found.items()} == pytest.approx(expected)


def test_a_rate_of_too_few_rows_is_shown_and_not_judged() -> None:
    sex = np.repeat(["f", "m"], [MINIMUM_ROWS, MINIMUM_ROWS - 1])
    happened = np.zeros(len(sex), dtype=bool)
    happened[: MINIMUM_TRIALS - 1] = True
    found = figures(Task.BINARY, tallied(binary({"sex": sex}, happened, np.full(len(sex), 0.9)))["sex"].tally)
    assert found["selection_rate"].judged.tolist() == [True, False]
    assert found["true_positive_rate"].judged.tolist() == [False, False]
    assert found["calibration_gap"].judged.tolist() == [False, False]
    assert found["false_positive_rate"].judged.tolist() == [True, False]
    assert found["true_positive_rate"].value[0] == 1
    assert np.isnan(found["true_positive_rate"].value[1])


def test_an_intersection_that_is_too_fine_is_named_and_left_out() -> None:
    draw = np.random.default_rng(6)
    many = {name: draw.choice([f"{number:02d}" for number in range(25)], ROWS) for name in ("a", "b")}
    subject = binary(many, draw.random(ROWS) < 0.5, draw.random(ROWS))
    found, left_out = attributes(subject, groupings(subject.spec, subject.rows))
    assert [one.name for one in found] == ["a", "b"]
    assert left_out == ["a × b"]


def test_a_score_that_is_no_number_leaves_the_figures_of_its_group_undefined() -> None:
    sex, happened, scores = some()
    scores[np.flatnonzero(sex == "m")[0]] = np.nan
    found = figures(Task.BINARY, tallied(binary({"sex": sex}, happened, scores))["sex"].tally)
    assert np.isnan(found["mean_score"].value).tolist() == [False, True, False]
