"""How a version comes in is written in the spec: what cannot be meant is refused, with the cure."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from airlock.settings import ROOT
from airlock.spec import ModelSpec
from airlock.spec.deployment import Deployment, Trial
from tests.airlock.loans import loan_spec

WRONG = {
    "shares that fall": (
        {"way": "canary", "trial": {"shares": [0.5, 0.1]}},
        "must rise and lie between 0 and 1",
    ),
    "a share twice": ({"way": "canary", "trial": {"shares": [0.5, 0.5]}}, "must rise"),
    "everything": ({"way": "canary", "trial": {"shares": [1]}}, "the whole comes with the deployment"),
    "nothing": ({"way": "canary", "trial": {"shares": [0, 0.5]}}, "Write such as [0.1, 0.5]"),
    "a shadow that answers": ({"way": "shadow", "trial": {"shares": [0.1]}}, "a shadow answers nobody"),
    "two shares at once": ({"way": "ab", "trial": {"shares": [0.1, 0.5]}}, "ab has one share, not 2"),
    "a trial of nothing": ({"trial": {"rows": 30}}, "trial is of no use when way is full"),
    "no time for a verdict": ({"way": "ab", "trial": {"within": "30s"}}, "leaves no time for a verdict"),
    "steps longer than the trial": (
        {"way": "canary", "trial": {"shares": [0.1, 0.2], "at_least": "1d", "within": "2d"}},
        "each step lasts at_least",
    ),
    "too few rows to judge": ({"way": "canary", "trial": {"rows": 3}}, "greater than or equal to 10"),
    "an unknown way": ({"way": "blue"}, "'full', 'shadow', 'canary' or 'ab'"),
}


@pytest.mark.parametrize("given, said", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Deployment.model_validate(given)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "way, shares",
    [("canary", (0.1, 0.5)), ("ab", (0.5,)), ("shadow", (0.0,))],
    ids=["canary", "ab", "shadow"],
)
def test_a_way_has_shares_of_its_own(way: Any, shares: tuple[float, ...]) -> None:
    assert Deployment(way=way).trial.shares_of(way) == shares


def test_written_shares_are_the_steps() -> None:
    found = Deployment.model_validate({"way": "canary", "trial": {"shares": [0.2, 0.4, 0.8], "every": "5s"}})
    assert found.trial.shares_of("canary") == (0.2, 0.4, 0.8)
    assert found.trial.every == timedelta(seconds=5)


def test_a_steps_default_time_counts_for_each_default_share() -> None:
    with pytest.raises(ValidationError, match="leaves no time"):
        Deployment.model_validate({"way": "canary", "trial": {"at_least": "4d", "within": "7d"}})


def test_outcomes_that_come_too_late_cannot_decide() -> None:
    spec = loan_spec().model_dump(mode="json", exclude_none=True)
    spec["data"]["outcome_delay"] = "90d"
    spec["deployment"] = {"way": "ab"}
    with pytest.raises(ValidationError, match="no outcome could decide in time"):
        ModelSpec.model_validate({"name": "loans", **spec})
    spec["deployment"]["trial"] = {"within": "120d"}
    assert ModelSpec.model_validate({"name": "loans", **spec}).deployment.way == "ab"


def test_a_policy_names_ways_that_there_are(refusal: Callable[..., str]) -> None:
    said = refusal("ways: [canary", "ways: [green", file="policies/high.yaml")
    assert "ways" in said and "'green' does not fit" in said


def test_the_example_in_challengers_md_is_one() -> None:
    text = (ROOT / "docs" / "challengers.md").read_text(encoding="utf-8")
    example = yaml.safe_load(text.split("```yaml")[1].split("```")[0])
    assert Deployment.model_validate(example["deployment"]).way == "canary"
    for name in Trial.model_fields:
        assert f"| `{name}` |" in text, f"docs/challengers.md does not explain {name}"
