"""How long answers are kept: what a spec may say, and what a policy demands of it."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from airlock.spec import ModelSpec
from airlock.spec.policy import Policy, problems_under
from tests.airlock.loans import loan_spec

POLICY = {
    "people": 1,
    "approval_timeout": "5d",
    "champion_tolerance": 1,
    "automatic_retraining": True,
    "drift_psi": 1,
}


def kept(retention: str | None, **monitoring: object) -> ModelSpec:
    return loan_spec(data={"retention": retention}, **({"monitoring": monitoring} if monitoring else {}))


def problems(retention: str | None, **policy: str) -> list[str]:
    found = problems_under(Policy.model_validate(POLICY | policy), kept(retention))
    return [str(problem) for problem in found if problem.key == "data.retention"]


def test_answers_are_kept_for_ever_where_the_spec_is_silent() -> None:
    assert loan_spec().data.retention is None
    assert kept("400d").data.retention == timedelta(days=400)


def test_answers_cannot_be_kept_shorter_than_the_database_keeps_them() -> None:
    with pytest.raises(ValidationError, match="answers are kept 180d at least"):
        kept("179d")


def test_answers_are_kept_until_they_are_judged() -> None:
    performance = {"limits": [{"metric": "roc_auc", "at_least": 0.6}], "window": "200d"}
    with pytest.raises(ValidationError, match=r"outcome_delay and monitoring\.performance\.window together"):
        kept("180d", performance=performance)
    assert kept("300d", performance=performance).data.retention == timedelta(days=300)


def test_a_policy_may_ask_for_a_longer_time() -> None:
    (problem,) = problems("200d", retention_at_least="365d")
    assert "wants answers kept at least 365d" in problem
    assert not problems("365d", retention_at_least="365d")
    assert not problems(None, retention_at_least="365d")


@pytest.mark.parametrize("retention", ["366d", None])
def test_a_policy_may_ask_for_an_end(retention: str | None) -> None:
    (problem,) = problems(retention, retention_at_most="365d")
    assert "wants answers deleted after 365d" in problem
    assert not problems("365d", retention_at_most="365d")
