"""The decision: where yes begins follows from what right and wrong answers cost."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airlock.spec.decision import Costs, Decision

amounts = st.floats(-1e4, 1e4, allow_nan=False)
probabilities = st.floats(0, 1)


@st.composite
def all_costs(draw: st.DrawFn) -> Costs:
    """Costs of the four cases, in which a wrong answer costs noticeably more than the right one."""
    true_positive, true_negative = draw(amounts), draw(amounts)
    more = st.floats(0.01, 1e4)
    return Costs(
        false_positive=true_negative + draw(more),
        false_negative=true_positive + draw(more),
        true_positive=true_positive,
        true_negative=true_negative,
    )


def expected(costs: Costs, yes: bool, probability: float) -> float:
    """What one answer costs on average where yes is true with a probability."""
    if yes:
        return probability * costs.true_positive + (1 - probability) * costs.false_positive
    return probability * costs.false_negative + (1 - probability) * costs.true_negative


@given(costs=all_costs(), probability=probabilities)
def test_the_answer_by_the_threshold_is_the_one_that_is_expected_to_cost_less(
    costs: Costs, probability: float
) -> None:
    answer = probability >= Decision(yes_means="refused", costs=costs).threshold
    rounding = 1e-9 * (1 + max(abs(costs.false_positive), abs(costs.false_negative)))
    assert expected(costs, answer, probability) <= expected(costs, not answer, probability) + rounding


@given(costs=all_costs(), other=probabilities, of=st.lists(probabilities, min_size=1, max_size=30))
def test_no_other_threshold_costs_less_on_calibrated_scores(
    costs: Costs, other: float, of: list[float]
) -> None:
    def total(threshold: float) -> float:
        return sum(expected(costs, probability >= threshold, probability) for probability in of)

    rounding = 1e-9 * len(of) * (1 + max(abs(costs.false_positive), abs(costs.false_negative)))
    assert total(costs.threshold) <= total(other) + rounding


@given(costs=all_costs())
def test_a_threshold_is_a_probability(costs: Costs) -> None:
    assert 0 < costs.threshold < 1


@given(costs=all_costs(), factor=st.floats(0.1, 100))
def test_the_currency_does_not_matter(costs: Costs, factor: float) -> None:
    amounts = costs.model_dump(exclude={"unit"})
    elsewhere = Costs.model_validate({name: amount * factor for name, amount in amounts.items()})
    assert elsewhere.threshold == pytest.approx(costs.threshold)


@given(costs=all_costs(), dearer=st.floats(0.01, 1e4))
def test_the_dearer_a_wrong_yes_the_later_yes_begins(costs: Costs, dearer: float) -> None:
    raised = costs.model_copy(update={"false_positive": costs.false_positive + dearer})
    assume(raised.threshold < 1)
    assert raised.threshold >= costs.threshold


def test_without_costs_yes_begins_at_a_half() -> None:
    assert Decision(yes_means="refused").threshold == 0.5


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"false_positive": 0}, "false_positive must cost more than true_negative"),
        ({"false_negative": 1, "true_positive": 1}, "false_negative must cost more than true_positive"),
        ({"false_positive": float("inf")}, "finite"),
    ],
)
def test_costs_that_reward_a_mistake_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Costs.model_validate({"false_positive": 1, "false_negative": 5} | wrong)
