"""Somebody does not accept what production decided: a person looks at it in Airflow, and their word holds."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from airlock.governance import tables
from demo.people import People
from stack.airflow_records import Run
from stack.waiting import wait_until
from tests.e2e.records import Records
from tests.e2e.running_stack import RunningStack
from tests.e2e.trained import Trained, asked, ended

MODEL = "tumour_diagnosis"
REASON = "the second reading says otherwise"


@pytest.fixture
def scoring(
    stack: RunningStack, people: People, records: Records, diagnosis: Trained
) -> Iterator[httpx.Client]:
    """The scoring API with a champion of tumour_diagnosis."""
    if not [row for row in records.rows(tables.deployments, model=MODEL) if row["retired_at"] is None]:
        people.approve(diagnosis.release, ("the clinic agrees",))
    with stack.scoring() as client:
        yield client


def get(scoring: httpx.Client, path: str) -> Any:
    return scoring.get(path).raise_for_status().json()


def post(scoring: httpx.Client, path: str, body: object) -> Any:
    return scoring.post(path, json=body).raise_for_status().json()


def test_a_contested_decision_is_overturned_by_a_person(
    scoring: httpx.Client, stack: RunningStack, people: People, records: Records
) -> None:
    details = get(scoring, f"/v1/models/{MODEL}")
    row = {field["name"]: field["example"] for field in details["fields"]}
    rows = [{"entity_key": "patient-7", "features": row}]
    (answer,) = post(scoring, f"/v1/models/{MODEL}/predict", {"rows": rows})["predictions"]
    decision = f"/v1/decisions/{answer['id']}"
    explanation = get(scoring, decision)["explanation"]
    moved = sum(one["contribution"] for one in explanation["contributions"])
    assert explanation["base"] + moved == pytest.approx(answer["score"])

    contest = post(scoring, f"{decision}/contest", {"reason": "I feel <b>well</b>"})
    assert contest["state"] == "open"
    assert ended(people, people.dana.trigger("contests"))["find"] == "success"
    run = wait_until(lambda: found(people, contest["id"]), what="somebody to be asked", timeout=60)
    question = asked(people, run)
    assert answer["prediction"] in question.body and "I feel <b>well" not in question.body
    other = next(name for name in details["classes"] if name != answer["prediction"])
    omar = people.approvers[1]
    omar.answer(question, "Overturn", {"reason": REASON, "prediction": other})
    assert ended(people, run) == {"ask": "success", "announce": "success"}

    told = get(scoring, decision)
    assert told["prediction"] == answer["prediction"], "what the model said stays on record"
    assert (told["contest"]["state"], told["contest"]["prediction"]) == ("overturned", other)
    assert told["contest"]["decided_because"] == REASON
    (entry,) = records.rows(tables.audit_log, act="contest_decided", model=MODEL)
    assert (entry["actor"], entry["facts"]["decision"]) == ("omar", answer["id"])
    subjects = [mail.subject for mail in stack.mails()]
    assert sum(f"a decision is contested ({contest['id']})" in subject for subject in subjects) == 1
    assert sum(f"contest {contest['id']} is decided: overturned" in subject for subject in subjects) == 1


def found(people: People, contest: int) -> Run | None:
    """Return the run that asks about a contest, once it was started."""
    runs = people.dana.runs(f"{MODEL}.contest")
    return next((run for run in runs if run.run_id == f"contest_{contest}"), None)
