"""A client of the scoring API who wants an answer of a version that nobody approved, or another's records."""

from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from tests.airlock.governance.records import register
from tests.airlock.serving.conftest import World
from tests.airlock.serving.scoring_api import ScoringApi

INJECTED = "loans'; DROP TABLE predictions; --"


def count(api: ScoringApi) -> int:
    api.await_log()
    with api.engine.connect() as conn:
        return int(conn.execute(text("SELECT count(*) FROM predictions")).scalar_one())


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"version": 2, "purpose": "smoke_test"}, 404),
        ({"version": 2}, 422),
        ({"version": 2, "purpose": "decision"}, 422),
        ({"version": 1, "purpose": "shadow"}, 422),
        ({"version": "2 OR 1=1", "purpose": "smoke_test"}, 422),
        ({"version": -1, "purpose": "smoke_test"}, 404),
        ({"package_digest": "f" * 64}, 422),
    ],
)
def test_a_version_that_was_registered_and_never_released_is_asked_for(
    api: ScoringApi, world: World, asked: dict[str, Any], status: int
) -> None:
    with api.engine.begin() as conn:
        register(conn, model="loans", version=2, package_digest=world.trees.digest)
    before = count(api)
    reply = api.predict({"features": world.rows[0]}, **asked)
    assert reply.status_code == status, reply.text
    assert "score" not in reply.text and count(api) == before
    (serving,) = api.client.get("/v1/models").json()
    assert serving["version"] == 1


@pytest.mark.parametrize(
    "name", [INJECTED, "../../etc/passwd", "loans\0", "LOANS", "loans ", "*", "%", "loans/../loans2"]
)
def test_the_name_of_a_model_is_made_of_sql_or_of_a_path(api: ScoringApi, world: World, name: str) -> None:
    before = count(api)
    for path in ("/predict", ""):
        method = "POST" if path else "GET"
        body = {"rows": [{"features": world.rows[0]}]} if path else None
        reply = api.client.request(method, f"/v1/models/{quote(name, safe='')}{path}", json=body)
        assert reply.status_code in (404, 422), reply.text
        assert "root:" not in reply.text
    assert count(api) == before


def test_a_key_is_made_of_sql_and_is_kept_as_it_was_written(api: ScoringApi, world: World) -> None:
    row = {"features": world.rows[0], "entity_key": INJECTED, "event_time": "2026-01-05T00:00:00Z"}
    reply = api.client.post("/v1/models/loans/predict", json={"rows": [row]})
    assert reply.status_code == 200, reply.text
    assert (INJECTED, 1) in [tuple(one) for one in api.logged("entity_key, version")]
