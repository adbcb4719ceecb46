"""Unfairness: exactly the group that is treated otherwise is named, and chance is not."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from airlock.examination.fairness.fairness import measure
from airlock.examination.fairness.suspicions import Suspicion
from airlock.examination.fairness.tally import Attribute, Tally
from airlock.examination.fairness.unfair import beyond_chance
from airlock.examination.subject import Subject
from tests.airlock.examination.fairness.subjects import binary, multiclass, regression, spec_of

ROWS = 8000
SEXES, REGIONS = ["f", "m"], ["east", "north", "south", "west"]
Plant = Callable[[np.ndarray, np.ndarray], np.ndarray]


def nothing(sex: np.ndarray, region: np.ndarray) -> np.ndarray:
    return np.zeros(len(sex))


def decided(plant: Plant = nothing, seed: int = 1, *, unfavourable: str = "positive") -> Subject:
    """Return answers that say yes for one in five, and oftener by what is planted."""
    draw = np.random.default_rng(seed)
    sex, region = draw.choice(SEXES, ROWS), draw.choice(REGIONS, ROWS)
    happened = draw.random(ROWS) < 0.2
    said = draw.random(ROWS) < 0.2 + plant(sex, region)
    decision = {"yes_means": "refused", "unfavourable": unfavourable}
    spec = spec_of({"sex": "category", "region": "category"}, decision=decision)
    return binary({"sex": sex, "region": region}, happened, np.full(ROWS, 0.2), said, spec=spec)


def named(subject: Subject) -> list[str]:
    return [finding.subject for finding in measure(subject).findings]


@pytest.mark.parametrize(
    ("plant", "group"),
    [
        (lambda sex, region: 0.1 * (sex == "f"), "sex=f"),
        (lambda sex, region: 0.1 * (sex == "m"), "sex=m"),
        (lambda sex, region: 0.2 * (region == "north"), "region=north"),
        (lambda sex, region: -0.15 * (region == "north"), "region=north"),
    ],
    ids=["women", "men", "the_north", "the_north_fares_better"],
)
def test_the_group_that_fares_otherwise_is_named_and_no_other(plant: Plant, group: str) -> None:
    assert named(decided(plant)) == [group]


def test_where_yes_is_what_people_want_the_group_that_gets_less_of_it_is_named() -> None:
    assert named(decided(lambda sex, region: 0.1 * (sex == "f"), unfavourable="negative")) == ["sex=m"]


def test_a_finding_can_be_read_alone() -> None:
    (finding,) = measure(decided(lambda sex, region: 0.2 * (sex == "f"))).findings
    assert finding.about == "fairness"
    assert finding.sentence == (
        "sex=f (4,015 rows) fares otherwise than all others, by much and beyond chance: selection rate 0.404 "
        "against 0.193; false positive rate 0.412 against 0.196; true positive rate 0.372 against 0.185."
    )


def test_an_intersection_is_named_where_its_parts_do_not_explain_it() -> None:
    gerrymandered = decided(lambda sex, region: 0.15 * ((sex == "f") == (region == "north")))
    assert "sex=f, region=north" in named(gerrymandered)
    (finding,) = [one for one in measure(gerrymandered).findings if one.subject == "sex=f, region=north"]
    assert "is what its parts explain" in finding.sentence


def test_an_intersection_that_its_parts_explain_is_not_named() -> None:
    both = decided(lambda sex, region: 0.2 * (sex == "f") + 0.2 * (region == "north"))
    assert sorted(named(both)) == ["region=north", "sex=f"]


def test_a_difference_that_is_sure_and_does_not_matter_is_not_named() -> None:
    draw = np.random.default_rng(1)
    sex = draw.choice(SEXES, 400_000)
    said = draw.random(400_000) < np.where(sex == "f", 0.52, 0.5)
    subject = binary({"sex": sex}, draw.random(400_000) < 0.2, np.full(400_000, 0.2), said)
    assert stats.chi2_contingency(np.histogram2d(sex == "f", said, bins=2)[0]).pvalue < 1e-9
    assert named(subject) == []


def test_a_group_too_small_to_be_judged_is_not_named() -> None:
    draw = np.random.default_rng(1)
    sex = np.array(["f"] * 49 + ["m"] * 5000)
    subject = binary({"sex": sex}, draw.random(5049) < 0.2, np.full(5049, 0.2), sex == "f")
    assert named(subject) == []


def test_scores_that_say_too_much_of_a_group_name_it() -> None:
    draw = np.random.default_rng(1)
    sex = draw.choice(SEXES, ROWS)
    subject = binary({"sex": sex}, draw.random(ROWS) < 0.2, np.where(sex == "f", 0.3, 0.2))
    assert named(subject) == ["sex=f"]
    assert "base rate less mean score -0.1" in measure(subject).findings[0].sentence


def test_other_outcomes_of_a_group_that_is_judged_alike_are_no_fault_of_the_model() -> None:
    draw = np.random.default_rng(1)
    sex = draw.choice(SEXES, ROWS)
    likely = np.where(sex == "f", 0.24, 0.2)
    happened = draw.random(ROWS) < likely
    assert named(binary({"sex": sex}, happened, likely, draw.random(ROWS) < 0.2)) == []


def test_a_difference_without_any_scatter_is_sure() -> None:
    sex, truth = np.repeat(SEXES, 100), np.tile([0.0, 1.0], 100)
    assert named(regression({"sex": sex}, truth, truth + (sex == "f"))) == ["sex=f"]
    assert named(regression({"sex": sex}, truth, truth + 1.0)) == []


def test_a_few_who_do_not_say_change_nothing_for_the_others() -> None:
    draw = np.random.default_rng(1)
    sex = np.where(np.arange(ROWS) < 20, None, draw.choice(SEXES, ROWS))
    said = draw.random(ROWS) < np.where(sex == "f", 0.4, 0.2)
    subject = binary({"sex": sex}, draw.random(ROWS) < 0.2, np.full(ROWS, 0.2), said)
    assert len(named(subject)) == 1


def test_a_regression_that_errs_more_for_a_group_names_it() -> None:
    draw = np.random.default_rng(2)
    sex, truth = draw.choice(SEXES, ROWS), draw.normal(0, 2, ROWS)
    calm = truth + draw.normal(0, 1, ROWS)
    assert named(regression({"sex": sex}, truth, calm)) == []
    assert named(regression({"sex": sex}, truth, np.where(sex == "f", calm + 0.5, calm))) == ["sex=f"]
    wide = truth + (calm - truth) * np.where(sex == "m", 1.5, 1)
    assert named(regression({"sex": sex}, truth, wide)) == ["sex=m"]


def test_a_multiclass_model_that_fails_one_class_of_a_group_names_the_group() -> None:
    draw = np.random.default_rng(2)
    sex, truth = draw.choice(SEXES, ROWS), draw.choice(["a", "b", "c"], ROWS)
    said = np.where((sex == "f") & (truth == "c") & (draw.random(ROWS) < 0.3), "a", truth)
    (finding,) = measure(multiclass({"sex": sex}, truth, said)).findings
    assert finding.subject == "sex=f"
    assert "recall of c" in finding.sentence
    assert "recall of b" not in finding.sentence


def test_chance_names_a_group_in_hardly_one_of_a_hundred_fair_worlds() -> None:
    assert sum(bool(named(decided(seed=seed))) for seed in range(100)) <= 2


def test_holm_keeps_what_is_sure_among_all_tests() -> None:
    some = Attribute(("sex",), (("f",), ("m",)), np.array([[0], [1]]), Tally((), np.zeros((2, 0)), {}, {}))
    sure, less, doubtful = (
        Suspicion(some, 0, "selection_rate", 1, 0, None, p_value) for p_value in (0.0001, 0.004, 0.009)
    )
    assert beyond_chance([doubtful, sure, less], tests_done=3) == [sure, less, doubtful]
    assert beyond_chance([doubtful, sure, less], tests_done=4) == [sure]
