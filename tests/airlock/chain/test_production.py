"""Whatever is changed in production past the airlock is found, named, opened once, and restored."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from airlock.audit import records
from airlock.chain.production.difference import Kind
from airlock.chain.production.restoring import NotRestored
from airlock.governance import audit_log, deployments, incidents
from airlock.governance.records import RecordError
from airlock.governance.tables import approvals
from airlock.governance.tables import audit_log as log_table
from airlock.governance.tables import deployments as deployments_table
from airlock.package.examples import LARGEST_DIFFERENCE
from airlock.package.package import open_package
from airlock.training.tracking import PACKAGE_TAG
from tests.airlock.chain.production import MODEL, Production, production
from tests.airlock.lender import Lender, Trained
from tests.airlock.serving.scoring_api import wait_until
from tests.airlock.wrong_api import answering_otherwise, listing_otherwise

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def _production(
    lender: Lender,
    trained: Trained,
    _mlflow_url: str,
    new_airlock_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Production]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", _mlflow_url)
        folder = tmp_path_factory.mktemp("production")
        with production(lender, trained, new_airlock_database(), folder) as running:
            yield running


@pytest.fixture
def calm(_production: Production, mlflow_url: str) -> Iterator[Production]:
    """A production that is as the records say before a test, and afterwards: what it broke is restored."""
    settled(_production)
    yield _production
    settled(_production)


def settled(world: Production) -> None:
    wait_until(lambda: world.differences() == (), "production is as the records say")


def only(world: Production, kind: Kind, **changes: Any) -> incidents.Incident:
    """Return the one incident that a night opens, and that a second night finds again."""
    found = world.incident(**changes)
    assert [incident.kind for incident in found] == [kind]
    (incident,) = found
    assert world.incident(**changes) == (incident,)
    return incident


def acts(world: Production, incident: incidents.Incident) -> list[tuple[str, str]]:
    about = log_table.c.facts["incident"].as_string() == str(incident.id)
    with world.engine.connect() as conn:
        return [(entry.act, entry.actor) for entry in audit_log.entries(conn, about)]


def restored(world: Production, incident: incidents.Incident, **changes: Any) -> None:
    """Restore as mika: the difference is gone, and the log says who did it."""
    done = world.restore(incident, **changes)
    assert (done.state, done.settled_by) == ("settled", "mika")
    assert done.settled_because and done.settled_because.startswith("somebody tried things out (")
    assert acts(world, incident) == [("incident_opened", "audit"), ("incident_settled", "mika")]
    assert world.incident() == ()


def alias(world: Production) -> int | None:
    found = world.mlflow.get_registered_model(MODEL).aliases.get("champion")
    return None if found is None else int(found)


def package_file(world: Production) -> Path:
    return world.store.root / "packages" / world.champion.package_digest / "signature.json"


def test_a_calm_production_has_no_difference(calm: Production) -> None:
    assert calm.incident() == ()


def test_an_alias_that_was_moved_is_found_and_moved_back(calm: Production) -> None:
    calm.mlflow.set_registered_model_alias(MODEL, "champion", "2")
    incident = only(calm, "alias_moved")
    assert "alias champion of loans points at version 2, and version 1 serves by right" in incident.sentence
    assert incident.facts["mend"] == "A restore points the alias at version 1."
    restored(calm, incident)
    assert alias(calm) == 1


def test_an_alias_that_was_removed_is_found_and_set_again(calm: Production) -> None:
    calm.mlflow.delete_registered_model_alias(MODEL, "champion")
    incident = only(calm, "alias_moved")
    assert "is missing" in incident.sentence
    restored(calm, incident)
    assert alias(calm) == 1


def test_an_alias_of_a_challenger_that_there_is_not_is_found_and_removed(calm: Production) -> None:
    calm.mlflow.set_registered_model_alias(MODEL, "challenger", "2")
    incident = only(calm, "alias_moved")
    assert "alias challenger of loans points at version 2" in incident.sentence
    assert "nothing runs beside the champion by right" in incident.sentence
    restored(calm, incident)
    assert "challenger" not in calm.mlflow.get_registered_model(MODEL).aliases


def test_an_alias_may_follow_a_deployment_for_ten_minutes(calm: Production) -> None:
    """The smoke test comes first; but it may only show what served before, which is nothing here."""
    soon, late = (calm.deployed.deployed_at + timedelta(minutes=minutes) for minutes in (9, 11))
    calm.mlflow.delete_registered_model_alias(MODEL, "champion")
    assert calm.differences(at=soon) == ()
    assert [one.kind for one in calm.differences(at=late)] == ["alias_moved"]
    calm.mlflow.set_registered_model_alias(MODEL, "champion", "2")
    assert [one.kind for one in calm.differences(at=soon)] == ["alias_moved"]
    calm.mlflow.set_registered_model_alias(MODEL, "champion", "1")


def test_a_tag_that_was_changed_is_found_and_written_back(calm: Production) -> None:
    calm.mlflow.set_model_version_tag(MODEL, "1", PACKAGE_TAG, "0" * 64)
    calm.mlflow.delete_model_version_tag(MODEL, "1", "airlock.snapshot")
    incident = only(calm, "version_changed")
    assert "loans version 1 in MLflow is not what was registered" in incident.sentence
    assert set(incident.facts["wrong"]) == {PACKAGE_TAG, "airlock.snapshot"}
    restored(calm, incident)
    assert calm.mlflow.get_model_version(MODEL, "1").tags[PACKAGE_TAG] == calm.champion.package_digest


def test_a_row_inserted_by_hand_serves_nobody_and_the_proven_champion_comes_back(calm: Production) -> None:
    forged = calm.insert_deployment()
    incident = only(calm, "unapproved_deployment")
    assert f"Deployment {forged} says that loans version 2 serves" in incident.sentence
    assert "brings version 1 back" in incident.facts["mend"]
    restored(calm, incident)
    with calm.engine.connect() as conn:
        champion = deployments.champion(conn, MODEL)
        because = sa.select(deployments_table.c.retired_because).where(deployments_table.c.id == forged)
        assert conn.execute(because).scalar_one() == "Restored by mika: somebody tried things out"
        assert records.compare(conn) == (), "the log tells of everything that is recorded"
    assert champion and champion.version == 1
    assert calm.api.client.get(f"/v1/models/{MODEL}").json()["version"] == 1


def test_a_challenger_inserted_by_hand_answers_nobody_and_is_ended(calm: Production) -> None:
    forged = calm.insert_challenger()
    incident = only(calm, "unapproved_challenger")
    assert f"Challenger {forged} says that loans version 2 runs beside the champion" in incident.sentence
    restored(calm, incident)
    assert calm.api.client.get(f"/v1/models/{MODEL}").json()["challenger"] is None


def test_a_champion_retired_by_hand_is_found_and_serves_again(calm: Production) -> None:
    calm.retire()
    incident = only(calm, "champion_retired")
    assert "that nothing serves loans, and the audit log that deployment" in incident.sentence
    restored(calm, incident)
    assert calm.api.client.get(f"/v1/models/{MODEL}").json()["version"] == 1


def test_a_deployment_whose_answers_were_changed_is_found_and_waits_for_its_records(calm: Production) -> None:
    def answered(choice: str) -> None:
        own = approvals.c.release_id == calm.deployed.release_id
        calm.execute(sa.update(approvals).where(own).values(choice=choice))

    answered("Reject")
    incident = only(calm, "unapproved_deployment")
    assert "Rejected by ria" in incident.sentence
    with pytest.raises(NotRestored, match="The audit log names this very deployment"):
        calm.restore(incident)
    answered("Approve")
    restored(calm, incident)


def test_bytes_changed_in_a_package_are_found_and_put_back_from_its_dossier(calm: Production) -> None:
    file = package_file(calm)
    before = file.read_bytes()
    file.write_bytes(before + b" ")
    incident = only(calm, "package_changed")
    assert "loans version 1: packages" in incident.sentence and "was changed" in incident.sentence
    restored(calm, incident)
    assert file.read_bytes() == before
    (kept,) = (calm.store.root / "changed").glob("*/signature.json")
    assert kept.read_bytes() == before + b" "


def test_a_package_changed_with_its_copy_waits_for_the_backup(calm: Production) -> None:
    dossier = calm.store.root / "dossiers" / calm.champion.dossier / "package" / "signature.json"
    before = {file: file.read_bytes() for file in (package_file(calm), dossier)}
    for file, content in before.items():
        file.write_bytes(content + b" ")
    opened = {incident.kind: incident for incident in calm.incident()}
    assert opened.keys() == {"package_changed", "dossier_changed"}
    with pytest.raises(NotRestored, match="Restore the evidence store from its backup"):
        calm.restore(opened["package_changed"])
    for file, content in before.items():
        file.write_bytes(content)
    for incident in opened.values():
        calm.restore(incident)


def test_bytes_changed_in_a_dossier_are_found_and_proved_again(calm: Production) -> None:
    page = calm.store.root / "dossiers" / calm.champion.dossier / "dossier.html"
    before = page.read_bytes()
    page.write_bytes(before.replace(b"loans", b"roses"))
    incident = only(calm, "dossier_changed")
    with pytest.raises(NotRestored, match="stays open, because it is still so: .*Restore the dossier"):
        calm.restore(incident)
    page.write_bytes(before)
    restored(calm, incident)


def test_another_version_at_the_scoring_api_is_found(calm: Production) -> None:
    package = open_package(calm.store, calm.champion.package_digest)
    with answering_otherwise(package, lambda answers: None, version=7) as lying:
        incident = only(calm, "wrong_answer", scoring_url=lying)
        assert "the record says that version 1 (package" in incident.sentence
        assert "it serves version 7" in incident.sentence
        with pytest.raises(NotRestored, match="Production must answer by the record alone"):
            calm.restore(incident, scoring_url=lying, pauses=())
    restored(calm, incident)


def test_wrong_answers_of_the_right_version_are_found(calm: Production) -> None:
    package = open_package(calm.store, calm.champion.package_digest)

    def nudge(answers: list[dict[str, Any]]) -> None:
        answers[0]["score"] += 2 * LARGEST_DIFFERENCE

    with answering_otherwise(package, nudge, version=1) as lying:
        incident = only(calm, "wrong_answer", scoring_url=lying)
    assert "it answers otherwise: Example 1 of package" in incident.sentence
    restored(calm, incident)


def test_a_model_that_the_record_does_not_know_is_found(calm: Production) -> None:
    served = calm.api.client.get("/v1/models").json()
    with listing_otherwise(lambda: [*served, {**served[0], "model": "smuggled"}], calm.url) as lying:
        (found,) = calm.differences(scoring_url=lying)
    assert (found.key, found.restorable) == ("wrong_answer/smuggled", False)
    assert "and the record says that nothing does" in found.sentence


def test_a_champion_that_is_not_served_is_found(calm: Production) -> None:
    with listing_otherwise(list, calm.url) as lying:
        (found,) = calm.differences(scoring_url=lying)
    assert found.key == "wrong_answer/loans"
    assert found.sentence.endswith("and it serves nothing there.")


def test_a_scoring_api_that_is_silent_is_said_and_settles_itself(calm: Production) -> None:
    (incident,) = calm.incident(scoring_url=NOBODY)
    assert (incident.kind, incident.key) == ("unchecked", "unchecked/scoring")
    assert "does not say what it serves" in incident.sentence
    assert calm.incident() == ()
    with calm.engine.connect() as conn:
        done = incidents.find(conn, incident.id)
    assert done and (done.settled_by, done.settled_because) == ("audit", "It could be looked at again.")


def test_a_scoring_api_that_cannot_be_asked_without_a_key_is_said(
    calm: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.delenv("AIRLOCK_SCORING_KEY")
        (found,) = calm.differences()
    assert found.key == "unchecked/scoring"
    assert "AIRLOCK_SCORING_KEY is not set" in found.sentence


def test_an_mlflow_that_is_silent_is_said_and_hides_no_other_difference(
    calm: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = calm.mlflow.tracking_uri
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)
    (unchecked,) = calm.incident()
    assert unchecked.key == "unchecked/mlflow"
    calm.retire()
    (_, both) = sorted(calm.incident(), key=lambda one: one.kind == "champion_retired")
    calm.restore(both)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", running)


def test_what_cannot_be_looked_at_is_not_settled(calm: Production, monkeypatch: pytest.MonkeyPatch) -> None:
    calm.mlflow.set_registered_model_alias(MODEL, "champion", "2")
    incident = only(calm, "alias_moved")
    running = calm.mlflow.tracking_uri
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)
    with pytest.raises(NotRestored, match="cannot be asked for its aliases"):
        calm.restore(incident)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", running)
    restored(calm, incident)


def test_what_was_undone_stays_open_until_somebody_says_why(calm: Production) -> None:
    calm.mlflow.set_registered_model_alias(MODEL, "champion", "2")
    incident = only(calm, "alias_moved")
    calm.mlflow.set_registered_model_alias(MODEL, "champion", "1")
    assert calm.incident() == ()
    with calm.engine.connect() as conn:
        assert incident in incidents.open_ones(conn, MODEL)
    done = calm.restore(incident)
    assert done.settled_because == "somebody tried things out (It was not found any more.)"


def test_a_settled_incident_is_not_restored_again(calm: Production) -> None:
    calm.mlflow.set_registered_model_alias(MODEL, "champion", "2")
    incident = only(calm, "alias_moved")
    calm.restore(incident)
    with pytest.raises(RecordError, match="is settled by mika already"):
        calm.restore(incident)


def test_a_deployment_of_this_moment_is_no_difference(calm: Production) -> None:
    """The API may be a moment behind the record: what is gone at the next look was none."""
    answers = iter([[], calm.api.client.get("/v1/models").json()])
    with listing_otherwise(lambda: next(answers), calm.url) as behind:
        assert calm.differences(scoring_url=behind, pauses=(0.01,)) == ()
