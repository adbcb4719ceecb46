"""Past decisions: told with their reasons by the version that decided, or without what cannot be proved."""

import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from airlock.governance import batches, contests, feedback
from airlock.governance.batch_answers import ANSWERS, KIND
from airlock.governance.batches import Batch
from airlock.package.frame import table_of
from airlock.spec.scopes import Scope
from tests.airlock.serving.conftest import World
from tests.airlock.serving.deciding import EXPLAIN, adds_up, asked, decided, decided_by
from tests.airlock.serving.keys import issued_key, wait_until_known
from tests.airlock.serving.scoring_api import PREDICT, ScoringApi, by, wait_until


def test_a_decision_is_told_with_its_reasons_and_its_release(api: ScoringApi, world: World) -> None:
    made = decided(api, world.rows[0])
    told = asked(api, made["id"]).raise_for_status().json()
    assert told["features"] == world.rows[0]
    assert (told["model"], told["version"], told["source"], told["client"]) == ("loans", 1, "api", "airlock")
    assert (told["score"], told["prediction"]) == (made["score"], made["prediction"])
    assert (told["entity_key"], told["purpose"], told["unexplained"]) == ("A7", "decision", "")
    release = told["release"]
    assert release["package_digest"] == world.linear.digest
    assert (release["way"], release["dossier_digest"]) == ("full", "dossier_1")
    assert release["dossier"].endswith("/airlock/dossiers/dossier_1/dossier.html")
    assert (release["approvals_needed"], release["sentence"]) == (1, "1 person approved it, on 2026-03-01.")
    assert (told["contest"], told["feedback"]) == (None, [])


def test_no_name_of_a_person_is_told(api: ScoringApi, world: World) -> None:
    told = asked(api, decided(api, world.rows[0])["id"]).text
    assert not [name for name in ("ria", "omar", "dana") if f'"{name}' in told or f" {name} " in told]


def test_base_and_contributions_add_up_to_the_score_that_was_given(api: ScoringApi, world: World) -> None:
    for row in world.rows[:3]:
        made = decided(api, row)
        explanation = asked(api, made["id"]).json()["explanation"]
        assert adds_up(explanation) == pytest.approx(made["score"], abs=1e-9)
        assert (explanation["about"], explanation["unit"]) == ("the probability of true", "probability")
        assert {one["feature"]: one["value"] for one in explanation["contributions"]} == row


def test_a_decision_is_found_the_moment_it_was_given(api: ScoringApi, world: World) -> None:
    for _ in range(5):
        assert asked(api, decided(api, world.rows[1])["id"]).status_code == httpx.codes.OK


def test_a_smoke_test_is_told_as_one(api: ScoringApi, world: World) -> None:
    made = decided(api, world.rows[0], purpose="smoke_test")
    assert asked(api, made["id"]).json()["purpose"] == "smoke_test"


def test_an_unknown_decision_is_404(api: ScoringApi) -> None:
    nobodys = uuid.uuid4()
    refused = asked(api, str(nobodys))
    assert refused.status_code == httpx.codes.NOT_FOUND
    assert refused.json()["detail"] == f"No decision {nobodys} is on record."


def test_what_is_no_id_is_422(api: ScoringApi) -> None:
    refused = asked(api, "seven")
    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "decision_id" in refused.json()["detail"]


def test_contest_and_feedback_are_told(api: ScoringApi, world: World) -> None:
    made = decided(api, world.rows[0])
    about: dict[str, Any] = {"decision_id": uuid.UUID(made["id"]), "model": "loans", "version": 1}
    at = datetime.now(UTC)
    with api.engine.begin() as conn:
        contests.contest(conn, **about, reason="My income is higher.", asked_by="shop", at=at)
        feedback.give(conn, **about, verdict="disagree", comment="odd", given_by="shop", at=at)
    told = asked(api, made["id"]).json()
    contest = told["contest"]
    assert (contest["state"], contest["reason"]) == ("open", "My income is higher.")
    assert contest["prediction"] is None
    assert [(one["verdict"], one["comment"]) for one in told["feedback"]] == [("disagree", "odd")]


def scored_in_a_batch(api: ScoringApi, world: World) -> Batch:
    """Record a night of the rows as `loans.score` leaves it."""
    scores, predictions = zip(*world.answers(world.linear), strict=True)
    own = {"entity_key": [f"L{n}" for n in range(len(scores))], "score": scores, "prediction": predictions}
    at = datetime.now(UTC)
    table = pa.table(own | {"event_time": pa.array([at] * len(scores), pa.timestamp("us", "UTC"))})
    features = table_of(world.rows, world.linear.signature.kinds)
    for name in features.column_names:
        table = table.append_column(name, features[name])
    with api.store.staging() as folder:
        pq.write_table(table, folder / ANSWERS)
        digest = api.store.keep(KIND, folder)
    with api.engine.begin() as conn:
        return batches.record(
            conn,
            model="loans",
            night=at.date(),
            part=1,
            parts=1,
            version=1,
            package_digest=world.linear.digest,
            rows=len(scores),
            answers_digest=digest,
            dag_run_id="scheduled",
            at=at,
        )


def test_a_decision_of_a_batch_is_told_and_explained(api: ScoringApi, world: World) -> None:
    batch = scored_in_a_batch(api, world)
    for place, (score, prediction) in list(enumerate(world.answers(world.linear)))[:3]:
        told = asked(api, str(batch.id_of(place))).raise_for_status().json()
        assert (told["source"], told["entity_key"], told["client"]) == ("batch", f"L{place}", None)
        assert (told["score"], told["prediction"]) == (score, prediction)
        assert told["features"] == world.rows[place]
        assert told["unexplained"] == ""
        assert adds_up(told["explanation"]) == pytest.approx(score, abs=1e-5)
        assert told["release"]["package_digest"] == world.linear.digest


def test_a_batch_that_was_changed_in_the_store_tells_nothing(own_api: ScoringApi, world: World) -> None:
    own_api.deploy(world.linear, 1)
    batch = scored_in_a_batch(own_api, world)
    with (own_api.store.root / KIND / batch.answers_digest / ANSWERS).open("ab") as file:
        file.write(b"x")
    refused = asked(own_api, str(batch.id_of(0)))
    assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "was changed" in refused.json()["detail"]


def test_a_replaced_version_still_explains_what_it_decided(own_api: ScoringApi, world: World) -> None:
    own_api.deploy(world.linear, 1)
    first = decided_by(own_api, world.rows[0], 1)
    own_api.deploy(world.trees, 2)
    second = decided_by(own_api, world.rows[0], 2)
    old, new = (asked(own_api, one["id"]).raise_for_status().json() for one in (first, second))
    assert (old["version"], new["version"]) == (1, 2)
    assert old["release"]["package_digest"] == world.linear.digest
    assert new["release"]["package_digest"] == world.trees.digest
    assert adds_up(old["explanation"]) == pytest.approx(first["score"])
    assert adds_up(new["explanation"]) == pytest.approx(second["score"])
    assert old["explanation"] != new["explanation"]


def test_a_changed_package_explains_nothing_and_the_decision_is_still_told(
    own_api: ScoringApi, world: World
) -> None:
    own_api.deploy(world.linear, 1)
    made = decided_by(own_api, world.rows[0], 1)
    reference = own_api.store.root / "packages" / world.linear.digest / "background.json"
    reference.write_bytes(reference.read_bytes().replace(b"rent", b"own"))
    told = asked(own_api, made["id"]).raise_for_status().json()
    assert (told["explanation"], told["score"]) == (None, made["score"])
    assert "was changed" in told["unexplained"]
    refused = own_api.client.post(EXPLAIN, json={"rows": [{"features": world.rows[0]}]})
    assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "was changed" in refused.json()["detail"]


def test_an_answer_that_was_changed_in_the_log_is_not_explained(api: ScoringApi, world: World) -> None:
    made = decided(api, world.rows[0])
    api.await_log()
    with api.engine.begin() as conn:
        change = text("UPDATE predictions SET features = features || '{\"debt\": 1}' WHERE id = :id")
        conn.execute(change, {"id": made["id"]})
    told = asked(api, made["id"]).json()
    assert told["explanation"] is None
    assert "the log was changed past Airlock" in told["unexplained"]


def test_an_answer_of_a_version_that_was_never_released_is_not_explained(
    api: ScoringApi, world: World
) -> None:
    made = decided(api, world.rows[0])
    api.await_log()
    with api.engine.begin() as conn:
        conn.execute(text("UPDATE predictions SET version = 9 WHERE id = :id"), {"id": made["id"]})
    told = asked(api, made["id"]).json()
    assert (told["explanation"], told["release"]) == (None, None)
    assert "The audit log does not say that loans version 9 answered" in told["unexplained"]


def test_what_a_shadow_said_is_no_decision(own_api: ScoringApi, world: World) -> None:
    own_api.deploy(world.linear, 1)
    decided_by(own_api, world.rows[0], 1)
    own_api.challenge(world.trees, 2, way="shadow", share=0)
    wait_until(lambda: _shadowed(own_api, world) is not None, "the shadow is logged")
    refused = asked(own_api, str(_shadowed(own_api, world)))
    assert refused.status_code == httpx.codes.NOT_FOUND


def _shadowed(api: ScoringApi, world: World) -> uuid.UUID | None:
    decided(api, world.rows[0])
    found = [row.id for row in api.logged("id, purpose") if row.purpose == "shadow"]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("scopes", "models", "said"),
    [
        (["predict", "explain"], None, "has not the scope decisions"),
        (["decisions"], ["churn"], "is not for the model 'loans'"),
    ],
)
def test_a_key_without_the_right_to_decisions_sees_none(
    api: ScoringApi, world: World, scopes: list[Scope], models: list[str] | None, said: str
) -> None:
    key = issued_key(api.engine, "till", scopes=scopes, models=models)
    wait_until_known(api.client, key)
    made = decided(api, world.rows[0])
    refused = api.client.get(f"/v1/decisions/{made['id']}", headers=by(key))
    assert refused.status_code == httpx.codes.FORBIDDEN
    assert said in refused.json()["detail"]
    assert str(made["score"]) not in refused.text


def test_an_application_sees_who_asked(api: ScoringApi, world: World) -> None:
    key = issued_key(api.engine, scopes=["predict", "decisions"])
    wait_until_known(api.client, key)
    body = {"rows": [{"features": world.rows[0]}]}
    made = api.client.post(PREDICT, json=body, headers=by(key)).json()["predictions"][0]
    told = api.client.get(f"/v1/decisions/{made['id']}", headers=by(key)).raise_for_status().json()
    assert told["client"] == "shop"
