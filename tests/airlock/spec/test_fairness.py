"""What a spec may say of its groups in production, and what is refused."""

from typing import Any

import pytest

from airlock.spec import ModelSpec
from tests.airlock.examination.fairness.subjects import spec_of

RATIO = {"metric": "demographic_parity_ratio", "at_least": 0.8}
ODDS = {"metric": "equalized_odds_difference", "attribute": "sex", "at_most": 0.1}
OUTCOMES = {"limits": [{"metric": "roc_auc", "at_least": 0.6}]}


def watching(*limits: dict[str, Any], outcomes: bool = True, **changes: Any) -> ModelSpec:
    performance = {"performance": OUTCOMES} if outcomes else {}
    fairness = {"limits": limits} | changes.pop("fairness", {})
    protected = changes.pop("protected", {"sex": "category"})
    return spec_of(protected, monitoring=performance | {"fairness": fairness}, **changes)


def test_answers_are_compared_over_four_weeks() -> None:
    watched = watching(RATIO, outcomes=False).monitoring.fairness
    assert watched is not None
    assert (watched.window.days, watched.minimum_rows, watched.judges_errors) == (28, 500, False)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"limits": []}, "at least 1 item"),
        (
            {"limits": [{"metric": "roc_auc", "at_least": 0.5}]},
            "'roc_auc', which is no disparity of a binary model",
        ),
        (
            {"limits": [ODDS | {"attribute": "housing"}]},
            "'housing', which is no column with the role protected",
        ),
        ({"limits": [RATIO], "minimum_rows": 20}, "greater than or equal to 100"),
    ],
)
def test_what_cannot_be_watched_is_refused(case: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        watching(fairness=case)


def test_errors_cannot_be_watched_without_outcomes() -> None:
    with pytest.raises(ValueError, match=r"monitoring\.performance asks for\. Add that"):
        watching(ODDS, outcomes=False)


def test_nobody_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="no column has the role protected"):
        watching(RATIO, protected={})


def test_answers_that_are_deleted_before_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match=r"monitoring\.fairness\.window is longer than data\.retention"):
        watching(fairness={"limits": [RATIO], "window": "30w"}, outcomes=False, data={"retention": "180d"})
