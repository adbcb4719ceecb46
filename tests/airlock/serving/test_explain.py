"""Explaining rows and decisions: by the version that would decide, or did, or not at all."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from airlock.spec.scopes import Scope
from tests.airlock.serving.conftest import Rivals, World
from tests.airlock.serving.deciding import EXPLAIN, adds_up, asked, decided, decided_by
from tests.airlock.serving.keys import issued_key, wait_until_known
from tests.airlock.serving.scoring_api import ScoringApi, by, scoring_api, wait_until


def test_the_same_row_is_explained_the_same_by_every_way(api: ScoringApi, world: World) -> None:
    made = decided(api, world.rows[2])
    first, second = (
        api.client.post(EXPLAIN, json=question).raise_for_status().json()["explanations"][0]
        for question in ({"rows": [{"features": world.rows[2]}]}, {"decisions": [made["id"]]})
    )
    assert first["explanation"] == second["explanation"] == asked(api, made["id"]).json()["explanation"]
    assert (first["id"], second["id"], second["entity_key"]) == (None, made["id"], "A7")
    assert first["package_digest"] == second["package_digest"] == world.linear.digest


def test_an_explained_row_is_no_decision(api: ScoringApi, world: World) -> None:
    before = len(api.logged("id"))
    rows = [{"features": row} for row in world.rows]
    told = api.client.post(EXPLAIN, json={"rows": rows}).raise_for_status().json()["explanations"]
    scores = [one["explanation"]["score"] for one in told]
    assert scores == pytest.approx([score for score, _ in world.answers(world.linear)], abs=1e-5)
    assert len(api.logged("id")) == before


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({}, "needs either rows or decisions"),
        ({"rows": [{"features": {}}], "decisions": [str(uuid.uuid4())]}, "needs either rows or decisions"),
        ({"rows": []}, "rows: list should have at least 1 item"),
        ({"decisions": [str(uuid.uuid4())] * 11}, "decisions: list should have at most 10 items"),
        ({"rows": [{"features": {"debt": 1.0}}]}, "Row 0, income: is missing."),
        ({"decisions": ["seven"]}, "valid UUID"),
    ],
)
def test_a_wrong_question_says_what_is_wrong(api: ScoringApi, question: dict[str, Any], said: str) -> None:
    refused = api.client.post(EXPLAIN, json=question)
    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert said in refused.json()["detail"]


def test_a_decision_about_another_model_is_not_explained_as_this_ones(api: ScoringApi, world: World) -> None:
    made = decided(api, world.rows[0])
    refused = api.client.post("/v1/models/credit_risk/explain", json={"decisions": [made["id"]]})
    assert refused.status_code == httpx.codes.NOT_FOUND
    assert f"Decision {made['id']} is not about 'credit_risk'" in refused.json()["detail"]


def test_rows_of_an_unknown_model_are_404(api: ScoringApi, world: World) -> None:
    refused = api.client.post("/v1/models/nobodys/explain", json={"rows": [{"features": world.rows[0]}]})
    assert refused.status_code == httpx.codes.NOT_FOUND


def test_a_canarys_share_is_explained_by_the_canary(own_api: ScoringApi, world: World) -> None:
    own_api.deploy(world.linear, 1)
    own_api.challenge(world.trees, 2, share=1.0)
    made = decided_by(own_api, world.rows[0], 2)
    row = {"features": world.rows[0], "entity_key": "A7"}
    (told,) = own_api.client.post(EXPLAIN, json={"rows": [row]}).raise_for_status().json()["explanations"]
    assert (told["version"], told["package_digest"]) == (2, world.trees.digest)
    assert adds_up(told["explanation"]) == pytest.approx(made["score"])
    assert asked(own_api, made["id"]).json()["release"]["way"] == "canary"


@pytest.fixture(scope="module")
def fragile_api(
    world: World, rivals: Rivals, new_airlock_database: Callable[[], str], tmp_path_factory: Any
) -> Iterator[ScoringApi]:
    folder: Path = tmp_path_factory.mktemp("fragile")
    with scoring_api(new_airlock_database(), world.store, folder) as running:
        running.deploy(rivals.fragile, 1)
        wait_until(lambda: bool(running.client.get("/v1/models").json()), "the model is loaded")
        yield running


def test_values_for_which_a_model_has_no_score_are_422(fragile_api: ScoringApi, world: World) -> None:
    for debt in (1e9, 1e14):
        row = world.rows[0] | {"debt": debt}
        refused = fragile_api.client.post(EXPLAIN, json={"rows": [{"features": row}]})
        assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "cannot be asked about mixtures of these values" in refused.json()["detail"]


def test_a_model_without_a_portable_form_explains_too(fragile_api: ScoringApi, world: World) -> None:
    told = fragile_api.client.post(EXPLAIN, json={"rows": [{"features": world.rows[0]}]})
    explanation = told.raise_for_status().json()["explanations"][0]["explanation"]
    assert adds_up(explanation) == pytest.approx(explanation["score"])


@pytest.mark.parametrize(("scopes", "models"), [(["predict", "decisions"], None), (["explain"], ["churn"])])
def test_a_key_without_the_right_to_explain_gets_no_explanation(
    api: ScoringApi, world: World, scopes: list[Scope], models: list[str] | None
) -> None:
    key = issued_key(api.engine, "till", scopes=scopes, models=models)
    wait_until_known(api.client, key)
    question = {"rows": [{"features": world.rows[0]}]}
    assert api.client.post(EXPLAIN, json=question, headers=by(key)).status_code == httpx.codes.FORBIDDEN
