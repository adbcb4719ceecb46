"""What serves is what the record says: swapped under load, refused when changed, gone when withdrawn."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

from pytest import approx
from sqlalchemy import create_engine, make_url, text

from airlock.governance.withdrawal import withdraw
from tests.airlock.serving.scoring_api import wait_until


def serving(api):
    reply = api.client.get("/v1/models/loans")
    return reply.json()["version"] if reply.status_code == 200 else reply.status_code


def test_a_first_deployment_answers_at_once(own_api, world):
    assert own_api.predict({"features": world.rows[0]}).status_code == 404
    assert own_api.client.get("/readyz").json() == {"ready": True, "problems": []}
    own_api.deploy(world.linear, 1)
    assert own_api.predict({"features": world.rows[0]}).json()["version"] == 1


def test_a_new_champion_takes_over_without_a_lost_request(own_api, world):
    own_api.deploy(world.linear, 1)
    assert serving(own_api) == 1
    expected = {1: world.answers(world.linear)[0], 2: world.answers(world.trees)[0]}
    done = Event()

    def ask_all_the_time(_):
        replies = []
        while not done.is_set():
            replies.append(own_api.predict({"features": world.rows[0]}))
        return replies

    with ThreadPoolExecutor(3) as threads:
        asking = [threads.submit(ask_all_the_time, n) for n in range(3)]
        own_api.deploy(world.trees, 2)
        wait_until(lambda: serving(own_api) == 2, "version 2 serves")
        done.set()
        streams = [future.result() for future in asking]
    for replies in streams:
        assert {reply.status_code for reply in replies} == {200}
        bodies = [reply.json() for reply in replies]
        versions = [body["version"] for body in bodies]
        assert versions == sorted(versions)
        for body in bodies:
            (answer,) = body["predictions"]
            score, prediction = expected[body["version"]]
            assert (answer["score"], answer["prediction"]) == (approx(score, abs=1e-12), prediction)
    kept = {str(made) for (made,) in own_api.logged("id")}
    assert {body.json()["predictions"][0]["id"] for replies in streams for body in replies} <= kept


def test_a_changed_package_never_answers_and_neither_does_the_one_before(own_api, world):
    own_api.deploy(world.linear, 1)
    assert serving(own_api) == 1
    with (own_api.store.root / "packages" / world.trees.digest / "signature.json").open("a") as file:
        file.write(" ")
    own_api.deploy(world.trees, 2)
    wait_until(lambda: serving(own_api) == 503, "version 2 is refused")
    reply = own_api.predict({"features": world.rows[0]})
    assert reply.status_code == 503
    assert "loans version 2 cannot be used" in reply.json()["detail"]
    assert "was changed" in reply.json()["detail"]
    ready = own_api.client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert "loans version 2 cannot be used" in ready.json()["problems"][0]
    (listed,) = own_api.client.get("/v1/models").json()
    assert (listed["version"], listed["available"]) == (2, False)


def test_a_withdrawn_champion_stops_and_the_one_before_comes_back(own_api, world):
    first = own_api.deploy(world.linear, 1)
    second = own_api.deploy(world.trees, 2)
    wait_until(lambda: serving(own_api) == 2, "version 2 serves")
    with own_api.engine.begin() as conn:
        back = withdraw(conn, second, "the smoke test failed", datetime.now(UTC))
    assert back.reinstates == first.id
    wait_until(lambda: serving(own_api) == 1, "version 1 serves again")
    with own_api.engine.begin() as conn:
        withdraw(conn, back, "bad as well", datetime.now(UTC))
    wait_until(lambda: serving(own_api) == 404, "nothing serves")


def test_while_postgresql_is_away_the_champion_answers_and_the_log_follows(own_api, world):
    own_api.deploy(world.linear, 1)
    assert serving(own_api) == 1
    url = make_url(own_api.engine.url)
    own_api.engine.dispose()
    administration = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with administration.connect() as conn:
        conn.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
        conn.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": url.database},
        )
        wait_until(lambda: own_api.client.get("/readyz").status_code == 503, "it says that it is not ready")
        assert "PostgreSQL cannot be reached" in own_api.client.get("/readyz").json()["problems"][0]
        replies = [own_api.predict({"features": row}) for row in world.rows]
        assert {reply.status_code for reply in replies} == {200}
        assert own_api.client.get("/v1/models/unknown").status_code == 503
        assert own_api.client.get("/healthz").status_code == 200
        conn.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true"))
    administration.dispose()
    wait_until(lambda: own_api.client.get("/readyz").status_code == 200, "it is ready again")
    given = {answer["id"] for reply in replies for answer in reply.json()["predictions"]}
    assert {str(made) for (made,) in own_api.logged("id")} == given
    log = own_api.log_file.read_text()
    assert "Traceback" not in log
