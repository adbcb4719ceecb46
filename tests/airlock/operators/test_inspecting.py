"""Inspecting as a task: what nothing should learn from stops the run, and its owner is told how to go on."""

import json
from typing import Any

import pytest

from airlock.chain.inspection import INSPECTIONS
from airlock.operators.failure import ExplainedFailure
from airlock.operators.inspect import InspectOperator
from tests.airlock.lender import TRAINED_AS_OF, Lender, Trained
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

OWN = {"model": "loans", "spec_digest": "d" * 64}


@pytest.fixture
def inspect(installation: Lender, trained: Trained) -> InspectOperator:
    return InspectOperator(task_id="inspect", snapshot=trained.lineage.snapshot, **OWN)


@pytest.fixture
def running() -> Any:
    return context(
        run_id="manual__1", user="dana", params={"reason": "refresh", "as_of": TRAINED_AS_OF.isoformat()}
    )


def test_healthy_data_go_on(
    inspect: InspectOperator, running: Any, installation: Lender, post: PostOffice
) -> None:
    digest = inspect.execute(running)["digest"]
    assert installation.store.json(INSPECTIONS, digest)["rows"] == 1680
    assert post.mails == ()


def test_what_nothing_should_learn_from_stops_the_run_and_is_mailed_once(
    inspect: InspectOperator,
    running: Any,
    installation: Lender,
    post: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strict = inspect.spec.model_dump(mode="json") | {"name": "loans"}
    strict["data"]["inspection"]["rarest_class"] = 0.49
    monkeypatch.setattr(inspect, "spec", type(inspect.spec).model_validate(json.loads(json.dumps(strict))))
    for _ in range(2):
        with pytest.raises(ExplainedFailure, match="Nothing should learn from these data: The rarest class"):
            inspect.execute(running)
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example, oncall@airlock.example"
    assert 'imbalance: "why it is let through"' in mail.text
    assert "include/models/loans/model.yaml" in mail.text
