import json
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest import approx
from sqlalchemy import text

from airlock.serving.forms import MAX_ROWS
from airlock.serving.limits import MAX_BODY
from airlock.serving.refusals import MAX_PROBLEMS
from tests.airlock.serving.scoring_api import PASSWORD, PREDICT

ROW = {"income": 2500.0, "debt": 900, "housing": "rent", "insured": True}


def asked(**changes):
    return {"features": {**ROW, **changes}}


def without(name):
    return {"features": {key: value for key, value in ROW.items() if key != name}}


def test_one_row_is_answered_by_the_champion(api, world):
    reply = api.predict({"features": world.rows[0], "entity_key": "L1"})
    assert reply.status_code == 200
    body = reply.json()
    (answer,) = body.pop("predictions")
    assert body == {"model": "loans", "version": 1, "package_digest": world.linear.digest}
    score, prediction = world.answers(world.linear)[0]
    assert (answer["score"], answer["prediction"]) == (approx(score, abs=1e-12), prediction)
    assert answer["entity_key"] == "L1"
    uuid.UUID(answer["id"])


def test_many_rows_are_answered_in_their_order(api, world):
    reply = api.predict(*({"features": row} for row in world.rows)).json()
    found = [(answer["score"], answer["prediction"]) for answer in reply["predictions"]]
    assert found == world.answers(world.linear)


def test_every_answer_is_logged_with_what_was_asked(api):
    before = datetime.now(UTC)
    moment = "2026-02-01T10:00:00+02:00"
    question = {**asked(income=None), "entity_key": "Größe\n7", "event_time": moment}
    (answer,) = api.predict(question, purpose="smoke_test").json()["predictions"]
    api.await_log()
    with api.engine.connect() as conn:
        query = text("SELECT * FROM predictions WHERE id = :id")
        row = dict(conn.execute(query, {"id": answer["id"]}).one()._mapping)
    assert before <= row.pop("scored_at") <= datetime.now(UTC)
    assert row == {
        "id": uuid.UUID(answer["id"]),
        "model": "loans",
        "version": 1,
        "source": "api",
        "purpose": "smoke_test",
        "entity_key": "Größe\n7",
        "features": {**ROW, "income": None},
        "score": answer["score"],
        "prediction": answer["prediction"],
        "run_key": None,
        "event_time": datetime.fromisoformat(moment),
        "client": "airlock",
    }


def test_without_an_event_time_it_is_the_moment_of_scoring(api):
    (answer,) = api.predict(asked()).json()["predictions"]
    api.await_log()
    with api.engine.connect() as conn:
        query = text("SELECT event_time = scored_at, purpose FROM predictions WHERE id = :id")
        assert conn.execute(query, {"id": answer["id"]}).one() == (True, "decision")


@pytest.mark.parametrize(
    ("rows", "row", "field", "wrong", "cure"),
    [
        ([asked(), without("income")], 1, "income", "is missing", "null where it is not known"),
        ([asked(income="much")], 0, "income", "'much' is not a finite number", "Send a value such as"),
        ([asked(housing=7)], 0, "housing", "7 is not a text", "Send a value such as"),
        ([asked(insured=1)], 0, "insured", "1 is not true or false", "Send a value such as true"),
        ([asked(colour="red")], 0, "colour", "is no field of this model", "Remove it"),
        ([asked(housing="a\0b")], 0, "housing", "holds a NUL character", "Leave it out"),
        ([asked(housing="\ud800")], None, "body", "is no JSON: unexpected end", "Send one JSON"),
        ([{**asked(), "entity_key": "a\0"}], 0, "entity_key", "holds a NUL character", ""),
        ([{**asked(), "entity_key": 7}], 0, "entity_key", "valid string", ""),
        ([{**asked(), "event_time": "2026-01-01T00:00:00"}], 0, "event_time", "timezone", "a time zone"),
        ([{**asked(), "event_time": "0001-01-01T00:00:00Z"}], 0, "event_time", "lies outside 1900 to", ""),
        ([{**asked(), "score": 1}], 0, "score", "not permitted", "features go into features"),
        ([{"entity_key": "a"}], 0, "features", "required", "Add it"),
        ([], None, "rows", "at least 1 item", "at least one row"),
        ([asked()] * (MAX_ROWS + 1), None, "rows", f"at most {MAX_ROWS}", "Send at most"),
    ],
)
def test_a_wrong_request_is_told_row_field_what_and_cure(api, rows, row, field, wrong, cure):
    before = len(api.logged("id"))
    body = json.dumps({"rows": rows})
    reply = api.client.post(PREDICT, content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 422, reply.text
    problem = reply.json()["problems"][0]
    assert (problem["row"], problem["field"]) == (row, field)
    assert wrong in problem["wrong"]
    assert cure in problem["wrong"] + problem["cure"]
    assert len(api.logged("id")) == before


@pytest.mark.parametrize("address", [PREDICT, "/v1/models/loans/explain"])
@pytest.mark.parametrize("into", ["features", "row", "question"])
def test_of_many_problems_only_twenty_are_listed(api, address, into):
    row = asked()
    question = {"rows": [row]}
    wide = {"features": row["features"], "row": row, "question": question}[into]
    wide.update({f"unknown_{n}": n for n in range(5000)})
    reply = api.client.post(address, json=question)
    assert reply.status_code == 422
    assert len(reply.json()["problems"]) == MAX_PROBLEMS
    assert len(reply.content) < 10_000


def test_problems_without_number_are_counted_and_not_named(api):
    reply = api.predict({**asked(), **{f"unknown_{n}": n for n in range(20_000)}})
    assert reply.status_code == 422
    (problem,) = reply.json()["problems"]
    assert (problem["field"], problem["wrong"]) == ("body", "is wrong in 20000 places, too many to be named.")


def test_an_unknown_purpose_is_refused(api):
    reply = api.predict(asked(), purpose="fun")
    assert reply.status_code == 422
    assert reply.json()["problems"][0]["field"] == "purpose"


@pytest.mark.parametrize("number", ["1e308", "-1.7e308", "9007199254740993", "1" + "0" * 300])
def test_extreme_numbers_are_answered_or_refused_and_never_fail(api, number):
    content = json.dumps({"rows": [asked(income="NUMBER")]}).replace('"NUMBER"', number)
    reply = api.client.post(PREDICT, content=content, headers={"content-type": "application/json"})
    assert reply.status_code in (200, 422), reply.text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 5000])
def test_what_is_no_finite_number_is_refused(api, number):
    content = json.dumps({"rows": [asked(income="NUMBER")]}).replace('"NUMBER"', number)
    reply = api.client.post(PREDICT, content=content, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422), reply.text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"rows": 1}'])
def test_what_is_no_request_is_refused(api, content):
    reply = api.client.post(PREDICT, content=content, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422), reply.text
    assert reply.json()["detail"]


def test_a_page_elsewhere_cannot_make_a_browser_ask(api):
    content = json.dumps({"rows": [asked()]})
    reply = api.client.post(PREDICT, content=content, headers={"content-type": "text/plain"})
    assert reply.status_code == 422
    assert "access-control-allow-origin" not in reply.headers


def test_a_body_that_is_announced_too_large_is_refused(api):
    reply = api.client.post(
        PREDICT, content=b" " * (MAX_BODY + 1), headers={"content-type": "application/json"}
    )
    assert reply.status_code == 413
    assert "MiB" in reply.json()["detail"]


def test_a_body_that_grows_too_large_is_refused(api):
    pieces = (b" " * 65536 for _ in range(MAX_BODY // 65536 + 2))
    reply = api.client.post(PREDICT, content=pieces, headers={"content-type": "application/json"})
    assert reply.status_code == 413


def test_a_client_that_leaves_in_the_middle_of_its_request_costs_nothing(api):
    head = (
        f"POST {PREDICT} HTTP/1.1\r\nHost: here\r\nAuthorization: {api.client.headers['authorization']}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )
    with socket.create_connection((api.client.base_url.host, api.client.base_url.port)) as connection:
        connection.sendall(head.encode() + b'{"rows"')
    assert api.predict(asked()).status_code == 200
    assert "Traceback" not in api.log_file.read_text()


def test_another_method_is_told_which_is_right(api):
    reply = api.client.get(PREDICT)
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")


def test_an_unknown_model_is_not_found(api):
    reply = api.client.post("/v1/models/nothing/predict", json={"rows": [asked()]})
    assert (reply.status_code, "'nothing'" in reply.json()["detail"]) == (404, True)


def test_every_acknowledged_prediction_is_in_the_log(api, world):
    questions = [
        {"features": row, "entity_key": f"load-{n}-{m}"}
        for n in range(40)
        for m, row in enumerate(world.rows)
    ]
    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(api.predict, questions))
    assert {reply.status_code for reply in replies} == {200}
    given = {
        (answer["id"], answer["entity_key"], answer["score"])
        for reply in replies
        for answer in reply.json()["predictions"]
    }
    kept = {(str(made), key, score) for made, key, score in api.logged("id, entity_key, score")}
    assert len(given) == len(questions)
    assert given <= kept


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ROWS = st.fixed_dictionaries(
    {"features": st.fixed_dictionaries(dict.fromkeys(ROW, JSON)) | JSON},
    optional={"entity_key": JSON, "event_time": JSON | st.datetimes().map(str)},
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=st.fixed_dictionaries({"rows": st.lists(ROWS, max_size=3) | JSON}) | JSON)
def test_no_request_makes_it_fail(api, body):
    reply = api.client.post(PREDICT, content=json.dumps(body), headers={"content-type": "application/json"})
    assert reply.status_code in (200, 400, 422), reply.text


def test_nothing_secret_is_in_the_server_s_log(api):
    assert PASSWORD not in api.log_file.read_text()
