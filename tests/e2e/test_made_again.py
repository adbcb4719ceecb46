"""Rows at fault wait for a person; the champion is fitted again without them, and both are reproduced."""

from typing import TYPE_CHECKING, Any

import pytest

from airlock.data.snapshot import open_snapshot
from airlock.governance import tables
from airlock.store import Store
from demo.people import People
from tests.e2e.browser import log_in, resize, screenshot
from tests.e2e.models import AT_FAULT, FAULTY
from tests.e2e.records import Records
from tests.e2e.running_stack import RunningStack
from tests.e2e.trained import Trained, ended, registered

if TYPE_CHECKING:
    from playwright.sync_api import Page

RELEASED, DROPPED, HELD = AT_FAULT
DECISIONS = {
    RELEASED: ("release", "released", "the laboratory writes -1 for unreadable"),
    DROPPED: ("drop", "dropped", "the sample was lost"),
}


@pytest.fixture(scope="module")
def settled(people: People, records: Records, faulty: Trained) -> None:
    """Dana has released one row and dropped another."""
    ids = {row["entity_key"]: row["id"] for row in records.rows(tables.quarantine, model=FAULTY)}
    for biopsy, (decision, _, reason) in DECISIONS.items():
        asked = {"model": FAULTY, "decision": decision, "rows": [ids[biopsy]], "reason": reason}
        assert ended(people, people.dana.trigger("quarantine", conf=asked)) == {"settle": "success"}


@pytest.fixture(scope="module")
def refitted(people: People, faulty: Trained, settled: None) -> Trained:
    """The champion, made of what was trained first, fitted again on what was settled."""
    people.approve(faulty.release, ("good enough to begin with",))
    asked = {"reason": "the rows at fault are settled", "mode": "refit"}
    return registered(people, people.dana.trigger(f"{FAULTY}.train", conf=asked))


def test_rows_at_fault_are_set_aside_and_the_others_are_trained_on(
    stack: RunningStack, records: Records, faulty: Trained
) -> None:
    rows = records.rows(tables.quarantine, model=FAULTY)
    assert tuple(row["entity_key"] for row in rows) == AT_FAULT
    for row in rows:
        assert (row["state"], row["dag_run_id"]) == ("held", faulty.training.run_id)
        assert row["row"]["mean_radius"] == -1 and "mean_radius" in row["reasons"][0]
    candidate = _candidate(records, faulty)
    found = candidate["evidence"]["quarantine"]
    assert (found["held"], found["released"], found["dropped"]) == (3, 0, 0)
    assert not _biopsies(stack, candidate) & set(AT_FAULT)


def test_dana_sees_which_rows_are_held_and_why(
    stack: RunningStack, records: Records, faulty: Trained, page: "Page"
) -> None:
    page.goto(f"{stack.settings.airflow_url}/airlock/models/{FAULTY}/quarantine")
    log_in(page, "dana", stack.password("dana"))
    page.get_by_role("heading", name="Held (3)").wait_for()
    held = page.get_by_role("table", name="Held rows").get_by_role("row")
    for row in records.rows(tables.quarantine, model=FAULTY):
        shown = held.filter(has_text=row["entity_key"]).filter(has_text=row["reasons"][0])
        shown.get_by_role("rowheader", name=str(row["id"]), exact=True).wait_for()
    resize(page, height=700)
    screenshot(page, "quarantine")


def test_a_released_row_is_trained_on_and_a_dropped_one_never_again(
    stack: RunningStack, records: Records, refitted: Trained
) -> None:
    rows = {row["entity_key"]: row for row in records.rows(tables.quarantine, model=FAULTY)}
    for biopsy, (_, state, reason) in DECISIONS.items():
        row = rows[biopsy]
        assert (row["state"], row["settled_by"], row["settled_because"]) == (state, "dana", reason)
    assert rows[HELD]["state"] == "held"
    candidate = _candidate(records, refitted)
    found = candidate["evidence"]["quarantine"]
    assert (found["held"], found["released"], found["dropped"]) == (1, 1, 1)
    assert _biopsies(stack, candidate) & set(AT_FAULT) == {RELEASED}


def test_a_refit_makes_the_champion_again_and_no_other_candidate(
    people: People, records: Records, faulty: Trained, refitted: Trained
) -> None:
    states = ended(people, refitted.training)
    assert (states["train[0]"], states["train[1]"]) == ("success", "skipped")
    assert (states["evaluate"], states["examine"], states["gate"]) == ("success",) * 3
    keys = [tags["airlock.key"] for tags in records.mlflow_runs(FAULTY)]
    run = refitted.training.run_id
    assert [key for key in keys if key.startswith(run)] == [f"{run}/linear"]
    first, again = (_candidate(records, trained)["evidence"] for trained in (faulty, refitted))
    assert again["champion_version"] == faulty.version
    (made,) = again["evaluation"]["results"]
    (model,) = [result for result in first["evaluation"]["results"] if result["name"] == "linear"]
    assert made["parameters"] == model["parameters"]


def test_registered_versions_come_out_the_same_to_the_last_byte(
    people: People, records: Records, faulty: Trained, refitted: Trained
) -> None:
    runs = {
        version: people.dana.trigger(f"{FAULTY}.reproduce", conf={"version": version})
        for version in (faulty.version, refitted.version)
    }
    states = [ended(people, run) for run in runs.values()]
    assert states == [{"reproduce": "success"}] * 2
    for version, run in runs.items():
        (record,) = records.rows(tables.reproductions, model=FAULTY, version=version)
        assert record["identical"] and record["same_answers"], record["sentence"]
        assert set(record["changed"]) <= {"airlock"}, "only somebody's commit may come between"
        assert (record["dag_run_id"], record["asked_by"]) == (run.run_id, "dana")
        assert "is the same to the last byte" in record["sentence"]
    tags = {int(version["version"]): version["tags"] for version in records.mlflow_versions(FAULTY)}
    assert {version: tags[version]["airlock.reproduced"] for version in runs} == dict.fromkeys(
        runs, "identical"
    )


def _candidate(records: Records, trained: Trained) -> dict[str, Any]:
    (candidate,) = records.rows(tables.candidates, model=trained.model, version=trained.version)
    return candidate


def _biopsies(stack: RunningStack, candidate: dict[str, Any]) -> set[str]:
    """Return the biopsies that a candidate was trained and measured on."""
    snapshot = open_snapshot(Store(stack.settings.store), candidate["snapshot_digest"])
    return set(snapshot.table()["biopsy_id"].to_pylist())
