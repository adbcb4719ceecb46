"""A model's whole life, and everything that must be on record afterwards."""

import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from airlock.governance import tables
from airlock.mail.words import day
from airlock.samples.credit.generate import generate
from airlock.samples.credit.load import load
from airlock.samples.credit.tables import create_tables
from airlock.samples.credit.world import Episode, World
from demo.people import People
from demo.progress import Progress
from demo.shop import open_shop
from demo.story import APPLICANT, nights
from demo.traffic import traffic
from demo.world import midnight
from stack.airflow_records import Run
from stack.mailbox import Mail
from stack.waiting import wait_until
from tests.e2e.records import Records
from tests.e2e.running_stack import RunningStack
from tests.e2e.trained import Trained, ended, predict, registered

TRAINED_ON = timedelta(days=90 + 300)  # outcomes take ninety days to arrive; of few rows fairness is a guess
CALM = date(2025, 3, 3)
FAULTY, SHIFTED = (CALM + timedelta(days=day) for day in (1, 2))
END = CALM + timedelta(days=3)
WORLD = World(
    applications_per_day=150,
    episodes=(Episode("feed_fault", FAULTY, SHIFTED), Episode("covariate_shift", SHIFTED, END)),
)
REASONS = ("the gates hold", "calibrated well enough")


@dataclass(frozen=True)
class Watched:
    """The nights that were scored and watched, and the runs that watched them."""

    calm: Run
    faulty: Run
    shifted: Run


@pytest.fixture(scope="module", autouse=True)
def credit_training(stack: RunningStack, people: People, diagnosis_training: Run) -> Run:
    """A training of credit_risk in a small world of lenders, begun while tumour_diagnosis is trained."""
    warehouse = sa.create_engine(stack.database_url("warehouse"), poolclass=sa.NullPool)
    create_tables(warehouse)
    load(warehouse, generate(WORLD, CALM - TRAINED_ON, END))
    return people.train("credit_risk", "the year's loans", midnight(CALM).isoformat())


@pytest.fixture(scope="module")
def credit(people: People, credit_training: Run) -> Trained:
    """A champion of credit_risk."""
    trained = registered(people, credit_training)
    people.approve(trained.release, REASONS)
    return trained


@pytest.fixture(scope="module")
def watched(people: People, credit: Trained) -> Watched:
    """Three nights, scored and watched: a calm one, one with a fault in the feed, one in another world."""
    return Watched(*nights(people, Progress(), CALM, SHIFTED))


def test_a_training_is_on_record_with_all_it_was_made_from(records: Records, diagnosis: Trained) -> None:
    (candidate,) = records.rows(tables.candidates, model="tumour_diagnosis")
    assert (candidate["state"], candidate["version"]) == ("registered", diagnosis.version)
    assert (candidate["trained_by"], candidate["cause"]) == ("dana", "the clinic asked for it")
    (version,) = records.mlflow_versions("tumour_diagnosis")
    assert int(version["version"]) == diagnosis.version
    lineage = {
        "airlock.package": candidate["package_digest"],
        "airlock.snapshot": candidate["snapshot_digest"],
        "airlock.spec": candidate["spec_digest"],
        "airlock.evidence": candidate["evidence_digest"],
        "airlock.dossier": candidate["dossier_digest"],
        "airlock.trained_by": "dana",
        "airlock.cause": "the clinic asked for it",
    }
    assert lineage.items() <= version["tags"].items()


def test_every_candidate_is_tracked_once(records: Records, diagnosis: Trained) -> None:
    keys = Counter(tags["airlock.key"] for tags in records.mlflow_runs("tumour_diagnosis"))
    run = diagnosis.training.run_id
    assert keys == {f"{run}/{name}": 1 for name in ("logistic_regression", "boosted_trees", "glass_box")}


def test_the_approvers_are_asked_by_mail_with_a_link(stack: RunningStack, diagnosis: Trained) -> None:
    (mail,) = wait_until(
        lambda: [mail for mail in stack.mails() if "decide: release Tumour" in mail.subject],
        what="the mail to the approvers",
        timeout=120,
    )
    assert "ria@airlock.example" in mail.recipients and "omar@airlock.example" in mail.recipients
    assert "/dags/tumour_diagnosis.release/runs/" in mail.text and "/required_actions" in mail.text


def test_two_people_release_credit(records: Records, credit: Trained) -> None:
    (release,) = records.rows(tables.releases, model="credit_risk", dag_run_id=credit.release.run_id)
    assert (release["state"], release["reason"]) == ("deployed", "Approved by ria and omar.")
    answers = records.rows(tables.approvals, release_id=release["id"])
    assert {answer["responder"]: answer["reason"] for answer in answers} == {
        "ria": REASONS[0],
        "omar": REASONS[1],
    }
    assert {answer["dossier_digest"] for answer in answers} == {release["dossier_digest"]}


def test_production_answers_with_the_version_and_logs_it(
    stack: RunningStack, records: Records, credit: Trained
) -> None:
    reply = predict(stack, "credit_risk", APPLICANT).json()
    (answer,) = reply["predictions"]
    assert reply["version"] == credit.version and 0 < answer["score"] < 1
    (row,) = wait_until(
        lambda: records.rows(tables.predictions, id=answer["id"]), what="the log to follow", timeout=30
    )
    assert row["features"] == APPLICANT and row["version"] == credit.version
    assert (row["source"], row["score"]) == ("api", answer["score"])
    (deployment,) = records.rows(tables.deployments, model="credit_risk", version=credit.version)
    assert row["scored_at"] >= deployment["deployed_at"]


def test_a_wrong_question_is_told_which_field(stack: RunningStack, credit: Trained) -> None:
    reply = predict(stack, "credit_risk", {**APPLICANT, "amount": "much"})
    assert reply.status_code == 422
    assert reply.json()["problems"][0]["field"] == "amount"


def test_a_night_scored_twice_is_the_same_night(people: People, records: Records, watched: Watched) -> None:
    def batch() -> dict[object, float]:
        (night,) = records.rows(tables.batches, model="credit_risk", night=CALM, replaced_at=None)
        rows = records.rows(tables.batch_rows, batch_id=night["id"])
        return {(night["first_id"], row["place"]): row["score"] for row in rows}

    first = batch()
    assert len(first) > 100
    time = midnight(CALM), midnight(FAULTY)
    people.dana.backfill("credit_risk.score", *time, again=True)
    people.dana.wait_for_backfill("credit_risk.score", *time, timeout=300)
    assert batch() == first


def test_a_calm_night_wakes_nobody(
    stack: RunningStack, people: People, records: Records, watched: Watched
) -> None:
    (night,) = records.rows(tables.nights, model="credit_risk", night=CALM)
    assert night["findings"] == [] and night["rows"] > 100 and night["report"]
    assert ended(people, watched.calm)["alert"] == "skipped"
    assert not _alerts(stack, CALM)


def test_a_fault_in_the_feed_is_alerted_and_not_learnt(
    stack: RunningStack, people: People, records: Records, watched: Watched
) -> None:
    (mail,) = _alerts(stack, FAULTY)
    assert "oncall@airlock.example" in mail.recipients and "dana@airlock.example" in mail.recipients
    assert "Income is in EUR a month" in mail.text
    assert "No training starts by itself: a model must not learn from faulty data." in mail.text
    states = ended(people, watched.faulty)
    assert (states["alert"], states["retrain"]) == ("success", "skipped")
    (night,) = records.rows(tables.nights, model="credit_risk", night=FAULTY)
    assert night["training_asked_by"] is None
    assert watched.faulty.run_id not in _asking(people)
    (incident,) = records.rows(tables.incidents, key="night/credit_risk/data/income")
    assert (incident["kind"], incident["settled_by"]) == ("data", "credit_risk.monitor"), (
        "the next night is right"
    )
    opened, assigned, *_, recovered = records.rows(tables.incident_events, incident_id=incident["id"])
    assert (opened["day"], assigned["owner"], recovered["event"]) == (FAULTY, "dana", "recovered")


def test_a_shift_is_alerted_with_what_how_much_and_since_when(stack: RunningStack, watched: Watched) -> None:
    (mail,) = _alerts(stack, SHIFTED)
    what_and_how_much = r"channel has shifted: PSI [\d.]+, limit 0\.25\. web was \d+ % .* and is \d+ % now\."
    how_bad = r"\s+[\d.]+ times its limit · "
    assert re.search(rf"{what_and_how_much}{how_bad}new this night", mail.text)
    assert re.search(rf"income has shifted: .*{how_bad}since the night of {day(FAULTY)}", mail.text)
    assert "Why, as far as one can tell. Other cases come than in training" in mail.text
    assert "A new training starts by itself" in mail.text
    assert f"/airlock/pages/credit_risk/nights/{SHIFTED}.html" in mail.text


def test_a_shift_trains_again_and_the_cause_is_in_the_evidence(
    stack: RunningStack, people: People, records: Records, credit: Trained, watched: Watched
) -> None:
    assert _asking(people) == [watched.shifted.run_id]
    training = people.retraining("credit_risk", watched.shifted)
    again = registered(people, training)
    (incident,) = records.rows(tables.incidents, key="night/credit_risk/drift", state="open")
    (link,) = records.rows(tables.incident_events, incident_id=incident["id"], event="run_linked")
    assert link["run"] == f"credit_risk.train/{training.run_id}"
    (candidate,) = records.rows(tables.candidates, model="credit_risk", version=again.version)
    assert candidate["trained_by"] == "dana"  # who let the nights be watched
    assert candidate["cause"].startswith(f"The night of {SHIFTED} crossed limits: ")
    assert candidate["evidence"]["cause"] == candidate["cause"]
    assert candidate["evidence"]["champion_version"] == credit.version
    with traffic(open_shop(stack.settings, people), say=lambda _: None) as answers:
        people.approve(again.release, ("the shift is real", "agreed"))
    assert {credit.version, again.version} == set(answers)
    (key,) = records.rows(tables.api_keys, client="shop")
    assert (key["issued_by"], key["revoked_at"]) == ("admin", None)
    (trial,) = records.rows(tables.challengers, model="credit_risk")
    assert (trial["way"], trial["version"], trial["outcome"]) == ("canary", again.version, "passed")
    assert trial["step"] == 2 and "It failed on 0 of" in trial["ended_because"]
    assert predict(stack, "credit_risk", APPLICANT).json()["version"] == again.version
    before, now = records.rows(tables.deployments, model="credit_risk")
    assert before["retired_because"] == f"replaced by version {again.version}" and now["retired_at"] is None


def test_nights_of_the_past_are_watched_again_by_one_command_with_the_same_result(
    stack: RunningStack, people: People, records: Records, watched: Watched
) -> None:
    def on_record() -> list[dict[str, Any]]:
        found = (records.rows(tables.nights, model="credit_risk", night=night) for night in (CALM, FAULTY))
        return [night for nights in found for night in nights]

    def about() -> tuple[int, int, list[str]]:
        events = [one for one in records.rows(tables.incident_events) if one["day"] in (CALM, FAULTY)]
        return len(_alerts(stack, CALM) + _alerts(stack, FAULTY)), len(events), _asking(people)

    def tries() -> list[int]:
        return [people.dana.task(run, "measure").try_number for run in (watched.calm, watched.faulty)]

    before, told, tried = on_record(), about(), tries()
    dag_id, (first, last) = "credit_risk.monitor", (midnight(CALM), midnight(SHIFTED) - timedelta(hours=1))
    wait_until(lambda: _no_backfill_of(people, dag_id), what="the backfill before to be over", timeout=120)
    time = ["--from-date", first.isoformat(), "--to-date", last.isoformat(), "--max-active-runs", "1"]
    command = [sys.executable, "-m", "airflow", "backfill", "create", "--dag-id", dag_id, *time]
    subprocess.run([*command, "--reprocess-behavior", "completed"], env=stack.environment(), check=True)
    runs = people.dana.wait_for_backfill(dag_id, first, last, timeout=300)
    assert [run.state for run in runs] == ["success", "success"]
    assert all(now > then for now, then in zip(tries(), tried, strict=True)), "they were truly watched again"
    assert on_record() == before and all(night["report"] for night in before)
    assert about() == told, "nights of the past mail nothing, open nothing and ask for nothing"


def _no_backfill_of(people: People, dag_id: str) -> bool:
    found = people.dana.call("GET", "/backfills", dag_id=dag_id, limit=100)["backfills"]
    return all(backfill["completed_at"] for backfill in found)


def _alerts(stack: RunningStack, night: date) -> list[Mail]:
    """Return the alerts about one night."""
    return [mail for mail in stack.mails() if mail.subject.endswith(f"in the night of {day(night)}")]


def _asking(people: People) -> list[str]:
    """Return the runs of the monitor that asked for a training."""
    return [event.source_run_id or "" for event in people.dana.asset_events("airlock://credit_risk/retrain")]
