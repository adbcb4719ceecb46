"""What applications report: outcomes and feedback, taken whole or refused with what is wrong."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from airlock.serving.report_forms import LONGEST
from tests.airlock.serving.conftest import World
from tests.airlock.serving.keys import issued_key, wait_until_known
from tests.airlock.serving.scoring_api import ScoringApi, by

OUTCOMES = "/v1/models/loans/outcomes"
PAST = "2026-03-01T12:00:00+02:00"


@pytest.fixture(scope="module")
def decision(api: ScoringApi, world: World) -> str:
    """The id of an answer that the log holds."""
    answer = api.predict({"features": world.rows[0]}).raise_for_status().json()
    api.await_log()
    return str(answer["predictions"][0]["id"])


@pytest.fixture(autouse=True)
def _nothing_reported(api: ScoringApi) -> None:
    with api.engine.begin() as conn:
        conn.execute(text("TRUNCATE outcomes, feedback"))


def report(api: ScoringApi, *outcomes: dict[str, Any], key: str | None = None) -> httpx.Response:
    return api.client.post(OUTCOMES, json={"outcomes": list(outcomes)}, headers=by(key) if key else {})


def think(api: ScoringApi, decision: str, body: Any, key: str | None = None) -> httpx.Response:
    headers = by(key) if key else {}
    return api.client.post(f"/v1/decisions/{decision}/feedback", json=body, headers=headers)


def on_record(api: ScoringApi, table: str) -> list[Any]:
    with api.engine.connect() as conn:
        return list(conn.execute(text(f"SELECT * FROM {table} ORDER BY id")))


def test_outcomes_are_kept_in_the_model_s_own_words(api: ScoringApi, decision: str) -> None:
    taken = report(
        api,
        {"entity_key": "a-1", "outcome": True, "known_at": PAST},
        {"decision": decision, "outcome": "false"},
    )
    assert (taken.status_code, taken.json()) == (201, {"model": "loans", "outcomes": 2})
    first, second = on_record(api, "outcomes")
    assert (first.model, first.decision_id, first.entity_key) == ("loans", None, "a-1")
    assert (first.outcome, first.reported_by) == ("true", "airlock")
    assert first.known_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert (str(second.decision_id), second.entity_key, second.outcome) == (decision, None, "false")
    assert second.known_at == second.reported_at


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"outcome": "perhaps"}, "outcome", "is none of the model's classes, which are false, true."),
        ({"outcome": 1}, "outcome", "is none of the model's classes"),
        ({"decision": str(uuid.UUID(int=1)), "entity_key": None}, "decision", "is no answer of this API"),
        ({"known_at": "2199-01-01T00:00:00Z"}, "known_at", "lies in the future"),
        ({"known_at": "2026-03-01T12:00:00"}, "known_at", "timezone"),
        ({"entity_key": None}, "row", "needs either decision or entity_key"),
        ({"decision": str(uuid.UUID(int=1))}, "row", "needs either decision or entity_key"),
        ({"entity_key": "a\0b"}, "entity_key", "NUL"),
        ({"score": 1}, "score", "extra"),
    ],
)
def test_one_wrong_outcome_refuses_all_and_says_which(
    api: ScoringApi, wrong: dict[str, Any], field: str, why: str
) -> None:
    good = {"entity_key": "a-1", "outcome": True}
    refused = report(api, good, good | wrong)
    assert refused.status_code == 422, refused.text
    (problem,) = refused.json()["problems"]
    assert (problem["row"], problem["field"]) == (1, field)
    assert why in problem["wrong"]
    assert on_record(api, "outcomes") == []


def test_a_decision_of_another_model_is_none_of_this_one(api: ScoringApi, decision: str) -> None:
    with api.engine.begin() as conn:
        conn.execute(text("UPDATE predictions SET model = 'churn' WHERE id = :id"), {"id": decision})
    try:
        refused = report(api, {"decision": decision, "outcome": True})
    finally:
        with api.engine.begin() as conn:
            conn.execute(text("UPDATE predictions SET model = 'loans' WHERE id = :id"), {"id": decision})
    assert (refused.status_code, on_record(api, "outcomes")) == (422, [])


@pytest.mark.parametrize("count", [0, 1001])
def test_no_outcomes_and_too_many_are_refused(api: ScoringApi, count: int) -> None:
    assert report(api, *[{"entity_key": "a", "outcome": True}] * count).status_code == 422


def test_a_thousand_outcomes_at_once(api: ScoringApi) -> None:
    many = [{"entity_key": f"a-{number}", "outcome": number % 2 == 0} for number in range(1000)]
    assert report(api, *many).json() == {"model": "loans", "outcomes": 1000}
    assert len(on_record(api, "outcomes")) == 1000


def test_outcomes_of_a_model_that_does_not_serve(api: ScoringApi) -> None:
    body = {"outcomes": [{"entity_key": "a", "outcome": True}]}
    assert api.client.post("/v1/models/churn/outcomes", json=body).status_code == 404


def test_feedback_is_kept_as_often_as_it_is_given(api: ScoringApi, decision: str) -> None:
    said = think(api, decision, {"verdict": "disagree", "comment": " She pays. "})
    assert said.status_code == 201, said.text
    told = said.json()
    assert (told["verdict"], told["comment"], told["given_by"]) == ("disagree", "She pays.", "airlock")
    assert think(api, decision, {"verdict": "agree"}).status_code == 201
    first, second = on_record(api, "feedback")
    assert (str(first.decision_id), first.model, first.version) == (decision, "loans", 1)
    assert (second.verdict, second.comment) == ("agree", "")
    assert [one["verdict"] for one in api.client.get(f"/v1/decisions/{decision}").json()["feedback"]] == [
        "disagree",
        "agree",
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "verdict"),
        ({"verdict": "perhaps"}, "verdict"),
        ({"verdict": "agree", "comment": "x" * (LONGEST + 1)}, "comment"),
        ({"verdict": "agree", "comment": "a\0b"}, "comment"),
    ],
)
def test_feedback_that_is_wrong_is_not_kept(api: ScoringApi, decision: str, body: Any, field: str) -> None:
    refused = think(api, decision, body)
    assert (refused.status_code, refused.json()["problems"][0]["field"]) == (422, field)
    assert on_record(api, "feedback") == []


def test_feedback_about_nothing_is_not_found(api: ScoringApi) -> None:
    assert think(api, str(uuid.uuid4()), {"verdict": "agree"}).status_code == 404


def test_a_key_for_something_else_may_report_nothing(api: ScoringApi, decision: str) -> None:
    key = issued_key(api.engine, "asker", scopes=["predict", "contest"])
    wait_until_known(api.client, key)
    one = {"entity_key": "a", "outcome": True}
    for refused in (report(api, one, key=key), think(api, decision, {"verdict": "agree"}, key=key)):
        assert (refused.status_code, "has not the scope" in refused.json()["detail"]) == (403, True)
    assert on_record(api, "outcomes") == on_record(api, "feedback") == []


def test_a_caller_s_clock_may_be_a_little_ahead(api: ScoringApi) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=20)).isoformat()
    assert report(api, {"entity_key": "a", "outcome": True, "known_at": soon}).status_code == 201


def test_what_cannot_be_recorded_is_not_said_to_be(api: ScoringApi, decision: str) -> None:
    with api.engine.begin() as conn:
        conn.execute(text("ALTER TABLE outcomes RENAME TO outcomes_away"))
        conn.execute(text("ALTER TABLE feedback RENAME TO feedback_away"))
    try:
        said = (report(api, {"entity_key": "a", "outcome": True}), think(api, decision, {"verdict": "agree"}))
    finally:
        with api.engine.begin() as conn:
            conn.execute(text("ALTER TABLE outcomes_away RENAME TO outcomes"))
            conn.execute(text("ALTER TABLE feedback_away RENAME TO feedback"))
    for refused in said:
        assert refused.status_code == 503
        assert "nothing was recorded" in refused.json()["detail"]
        assert refused.headers["retry-after"] == "10"
