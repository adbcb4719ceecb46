"""Contests through the API: each decision once, on record before the answer, by who may."""

import uuid
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from airlock.governance.contests import Verdict, decide
from airlock.serving.report_forms import LONGEST
from tests.airlock.serving.conftest import World
from tests.airlock.serving.keys import issued_key, wait_until_known
from tests.airlock.serving.scoring_api import ScoringApi, by

WRONG = {"reason": "My income is 4,000."}


@pytest.fixture(scope="module")
def decision(api: ScoringApi, world: World) -> str:
    """The id of an answer."""
    answer = api.predict({"features": world.rows[0]}).raise_for_status().json()
    return str(answer["predictions"][0]["id"])


def contest(api: ScoringApi, decision: str, body: Any = WRONG, key: str | None = None) -> httpx.Response:
    headers = by(key) if key else {}
    return api.client.post(f"/v1/decisions/{decision}/contest", json=body, headers=headers)


def on_record(api: ScoringApi, decision: str) -> list[Any]:
    with api.engine.connect() as conn:
        asked = text("SELECT * FROM contests WHERE decision_id = :id")
        return list(conn.execute(asked, {"id": decision}))


def test_a_decision_is_contested_once_and_then_stays_the_same(api: ScoringApi, world: World) -> None:
    made = api.predict({"features": world.rows[1]}).json()["predictions"][0]
    first = contest(api, made["id"])
    assert first.status_code == 201, first.text
    told = first.json()
    assert (told["state"], told["reason"], told["prediction"]) == ("open", WRONG["reason"], None)
    (row,) = on_record(api, made["id"])
    assert (row.id, row.model, row.version) == (told["id"], "loans", made["version"])
    assert (row.reason, row.asked_by) == (WRONG["reason"], "airlock")
    again = contest(api, made["id"], {"reason": "Another reason."})
    assert (again.status_code, again.json()) == (200, told)
    assert api.client.get(f"/v1/decisions/{made['id']}").json()["contest"] == told


def test_what_a_person_decided_is_told(api: ScoringApi, world: World) -> None:
    made = api.predict({"features": world.rows[2]}).json()["predictions"][0]
    number = contest(api, made["id"]).json()["id"]
    (row,) = on_record(api, made["id"])
    given = Verdict("ria", "Uphold", "", "The income is right.", row.asked_at)
    with api.engine.begin() as conn:
        decide(conn, number, given, answered=made["prediction"])
    told = contest(api, made["id"]).json()
    assert (told["state"], told["prediction"]) == ("upheld", made["prediction"])
    assert told["decided_because"] == "The income is right."
    assert "ria" not in str(told), "who decided is for the records, not for applications"


def test_a_decision_that_is_not_there(api: ScoringApi) -> None:
    unknown = uuid.uuid4()
    refused = contest(api, str(unknown))
    assert (refused.status_code, refused.json()["detail"]) == (404, f"No decision {unknown} is on record.")
    assert contest(api, "seventeen").status_code == 422


def test_a_smoke_test_decided_nothing(api: ScoringApi, world: World) -> None:
    made = api.predict({"features": world.rows[0]}, purpose="smoke_test").json()["predictions"][0]
    refused = contest(api, made["id"])
    assert (refused.status_code, "was a smoke test" in refused.json()["detail"]) == (404, True)
    assert on_record(api, made["id"]) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": " \n "}, "reason"),
        ({"reason": "x" * (LONGEST + 1)}, "reason"),
        ({"reason": "a\0b"}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": "x", "model": "loans"}, "model"),
        ([], "body"),
    ],
)
def test_a_request_that_is_wrong_records_nothing(
    api: ScoringApi, decision: str, body: Any, field: str
) -> None:
    refused = contest(api, decision, body)
    assert refused.status_code == 422
    assert [problem["field"] for problem in refused.json()["problems"]] == [field]
    assert on_record(api, decision) == []


def test_a_key_for_something_else_may_not(api: ScoringApi, decision: str) -> None:
    no_scope = issued_key(api.engine, "reader", scopes=["decisions"])
    other_model = issued_key(api.engine, "other", scopes=["contest"], models=["churn"])
    for key, why in ((no_scope, "has not the scope contest"), (other_model, "not for the model 'loans'")):
        wait_until_known(api.client, key)
        refused = contest(api, decision, key=key)
        assert (refused.status_code, why in refused.json()["detail"]) == (403, True), refused.text
    assert (
        api.client.post(f"/v1/decisions/{decision}/contest", json=WRONG, headers=by("x")).status_code == 401
    )
    assert on_record(api, decision) == []


def test_the_client_that_passed_it_on_is_kept(api: ScoringApi, world: World) -> None:
    made = api.predict({"features": world.rows[3]}).json()["predictions"][0]
    key = issued_key(api.engine, "shop", scopes=["contest"], models=["loans"])
    wait_until_known(api.client, key)
    assert contest(api, made["id"], key=key).status_code == 201
    assert [row.asked_by for row in on_record(api, made["id"])] == ["shop"]
