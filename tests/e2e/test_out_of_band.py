"""Somebody changes production past the airlock: the audit finds it, mails it, and one step restores it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from airlock.governance import tables
from airlock.training.tracking import PACKAGE_TAG
from demo.people import People
from stack.airflow_records import Run
from stack.client import connect
from stack.mailbox import Mail
from stack.waiting import wait_until
from tests.e2e.records import Records
from tests.e2e.running_stack import RunningStack
from tests.e2e.trained import Trained, ended

MODEL = "tumour_diagnosis"
REASON = "somebody tried things out"


@pytest.fixture(scope="module")
def champion(people: People, records: Records, diagnosis: Trained) -> dict[str, Any]:
    """The deployment of tumour_diagnosis that came through the airlock."""
    if not serving(records):
        people.approve(diagnosis.release, ("the clinic agrees",))
    return serving(records)[0]


def serving(records: Records) -> list[dict[str, Any]]:
    return [row for row in records.rows(tables.deployments, model=MODEL) if row["retired_at"] is None]


def audited(people: People) -> None:
    """Let the audit look now."""
    states = ended(people, people.dana.trigger("audit"))
    assert states["compare"] == "success", states


def opened(records: Records, kind: str) -> dict[str, Any]:
    """Return the one incident of a kind that is open."""
    (incident,) = records.rows(tables.incidents, kind=kind, state="open")
    return incident


def restored(stack: RunningStack, people: People, records: Records, incident: dict[str, Any]) -> None:
    """Let mika restore it, and see that the log says so."""
    mika = connect(stack.settings, "mika")
    run: Run = mika.trigger("restore", conf={"incident": incident["id"], "reason": REASON})
    assert ended(people, run) == {"restore": "success"}
    (settled,) = records.rows(tables.incidents, id=incident["id"])
    assert (settled["state"], settled["settled_by"]) == ("settled", "mika")
    assert settled["settled_because"].startswith(REASON)
    told = [row for row in records.rows(tables.audit_log) if row["facts"].get("incident") == incident["id"]]
    assert [(row["act"], row["actor"]) for row in told] == [
        ("incident_opened", "audit"),
        ("incident_settled", "mika"),
    ]


def mailed(stack: RunningStack, incident: dict[str, Any]) -> Mail:
    """Return the one mail about an incident."""
    subject = f"[Airlock] Incident {incident['id']}: {MODEL}"
    find: Callable[[], list[Mail]] = lambda: [m for m in stack.mails() if m.subject.startswith(subject)]  # noqa: E731
    (mail,) = wait_until(find, what=f"the mail {subject}", timeout=60)
    return mail


def alias(stack: RunningStack) -> str | None:
    answer = mlflow(stack, "GET", "registered-models/get", params={"name": MODEL})
    found = {one["alias"]: one["version"] for one in answer["registered_model"].get("aliases", [])}
    return found.get("champion")


def mlflow(stack: RunningStack, method: str, path: str, **request: Any) -> Any:
    url = f"{stack.settings.mlflow_url}/api/2.0/mlflow/{path}"
    return httpx.request(method, url, trust_env=False, **request).raise_for_status().json()


def answered_by(stack: RunningStack) -> int | None:
    """Return the version that answers for the model, or None where none does."""
    with stack.scoring() as client:
        answer = client.get(f"/v1/models/{MODEL}")
    return answer.json()["version"] if answer.status_code == httpx.codes.OK else None


def test_a_look_at_what_came_through_the_airlock_finds_nothing(
    stack: RunningStack, people: People, records: Records, champion: dict[str, Any]
) -> None:
    audited(people)
    assert [row for row in records.rows(tables.incidents, model=MODEL) if row["state"] == "open"] == []
    assert alias(stack) == str(champion["version"])


def test_an_alias_that_was_moved_in_mlflow_is_found_mailed_once_and_moved_back(
    stack: RunningStack, people: People, records: Records, champion: dict[str, Any]
) -> None:
    other = another_version(stack, champion["version"])
    moved = {"name": MODEL, "alias": "champion", "version": other}
    mlflow(stack, "POST", "registered-models/alias", json=moved)
    audited(people)
    incident = opened(records, "alias_moved")
    mail = mailed(stack, incident)
    assert {"mika@airlock.example", "admin@airlock.example"} <= set(mail.recipients.split(", "))
    assert "/dags/restore" in mail.text and f"points at version {other}" in " ".join(mail.text.split())
    audited(people)
    assert mailed(stack, incident) == mail, "found again is no second mail"
    restored(stack, people, records, incident)
    assert alias(stack) == str(champion["version"])


def another_version(stack: RunningStack, known: int) -> str:
    """Register a version past Airlock, as MLflow lets anybody do; what has a package is not taken in."""
    asked = {"name": MODEL, "version": str(known)}
    run = mlflow(stack, "GET", "model-versions/get", params=asked)["model_version"]
    version = {
        "name": MODEL,
        "source": run["source"],
        "run_id": run["run_id"],
        "tags": [{"key": PACKAGE_TAG, "value": "0" * 64}],
    }
    return mlflow(stack, "POST", "model-versions/create", json=version)["model_version"]["version"]


def test_a_deployment_written_by_hand_answers_nobody_and_is_taken_back(
    stack: RunningStack, people: People, records: Records, champion: dict[str, Any]
) -> None:
    owner = sa.create_engine(stack.database_url("airlock"), poolclass=sa.NullPool)
    kept = ("model", "candidate_id", "version", "package_digest")
    (now,) = serving(records)
    with owner.begin() as conn:
        mine = tables.deployments.c.id == now["id"]
        gone = {"retired_at": datetime.now(UTC), "retired_because": "out of my way"}
        conn.execute(sa.update(tables.deployments).where(mine).values(gone))
        forged = {name: now[name] for name in kept} | {
            "release_id": now["release_id"],
            "reinstates": now["id"],
            "deployed_at": datetime.now(UTC),
        }
        conn.execute(sa.insert(tables.deployments).values(forged))
    wait_until(lambda: answered_by(stack) is None, what="the scoring API to refuse", timeout=60)
    audited(people)
    incident = opened(records, "unapproved_deployment")
    mailed(stack, incident)
    restored(stack, people, records, incident)
    wait_until(
        lambda: answered_by(stack) == champion["version"], what="the proven champion to answer", timeout=60
    )
    audited(people)
    assert not records.rows(tables.incidents, model=MODEL, state="open")
