"""Nothing passes that records and audit log do not both say was approved: every way to fail, by name."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from airlock.governance import approvals, releases
from airlock.governance.candidates import Candidate
from airlock.governance.passage import DeploymentRefused, prove_passage
from airlock.governance.releases import Release
from tests.airlock.governance.records import MOMENT, approved_release, register


@pytest.fixture
def candidate(conn: Connection) -> Candidate:
    return register(conn)


@pytest.fixture
def release(conn: Connection, candidate: Candidate) -> Release:
    return approved_release(conn, candidate, people=2)


Change = Callable[[str], None]


@pytest.fixture
def change(conn: Connection) -> Change:
    """Write past Airlock, as somebody with the database's password could."""

    def run(statement: str) -> None:
        assert conn.execute(text(statement)).rowcount == 1

    return run


def rewrite_the_log(conn: Connection, statement: str) -> None:
    """Change the log as only the database's owner can: without its triggers."""
    conn.execute(text("ALTER TABLE audit_log DISABLE TRIGGER ALL"))
    assert conn.execute(text(statement)).rowcount >= 1
    conn.execute(text("ALTER TABLE audit_log ENABLE TRIGGER ALL"))


def refused(conn: Connection, release: Release, because: str, **more: Any) -> None:
    with pytest.raises(DeploymentRefused, match=because):
        prove_passage(conn, release.id, release.candidate_id, **more)


def test_an_approved_release_passes(conn, release):
    prove_passage(conn, release.id, release.candidate_id)


def test_a_release_that_needs_nobody_passes(conn, candidate):
    release = approved_release(conn, candidate, people=0)
    prove_passage(conn, release.id, candidate.id)


def test_an_unknown_release_is_refused(conn, candidate):
    with pytest.raises(DeploymentRefused, match="Release 0 or candidate"):
        prove_passage(conn, 0, candidate.id)


def test_an_unknown_candidate_is_refused(conn, release):
    with pytest.raises(DeploymentRefused, match="candidate 0 is not recorded"):
        prove_passage(conn, release.id, 0)


def test_another_candidate_is_refused(conn, release):
    with pytest.raises(DeploymentRefused, match="is not what release"):
        prove_passage(conn, release.id, register(conn, version=2).id)


def test_another_model_s_candidate_is_refused(conn, release, change):
    change("UPDATE releases SET model = 'other'")
    refused(conn, release, "is not what release")


@pytest.mark.parametrize("digest", ["package_digest", "dossier_digest"])
@pytest.mark.parametrize("table", ["candidates", "releases"])
def test_a_digest_changed_on_one_side_is_refused(conn, release, change, table, digest):
    change(f"UPDATE {table} SET {digest} = 'smuggled'")
    refused(conn, release, "is not what release")


def test_a_candidate_without_a_dossier_is_refused(conn, release, change):
    change("UPDATE candidates SET dossier_digest = NULL")
    refused(conn, release, "is not what release")


def test_changed_evidence_is_refused(conn, release, change):
    change("""UPDATE candidates SET evidence = '{"roc_auc": 0.99}'""")
    refused(conn, release, "The evidence of candidate .* was changed")


@pytest.mark.parametrize("state", ["rejected", "expired", "superseded", "failed"])
def test_a_release_closed_otherwise_is_refused(conn, candidate, state):
    release = releases.open_release(conn, candidate=candidate, dag_run_id="r", people=0, opened_at=MOMENT)
    releases.close(conn, release.id, state=state, reason="so", at=MOMENT)
    refused(conn, release, f"is {state}, not approved")


def test_an_open_release_is_refused(conn, candidate):
    release = releases.open_release(conn, candidate=candidate, dag_run_id="r", people=0, opened_at=MOMENT)
    refused(conn, release, "is open, not approved or deployed", states=("approved", "deployed"))


def test_a_deployed_release_passes_only_where_it_may_be_deployed(conn, release, change):
    change("UPDATE releases SET state = 'deployed'")
    refused(conn, release, "is deployed, not approved")
    prove_passage(conn, release.id, release.candidate_id, states=("approved", "deployed"))


def test_a_refused_candidate_is_refused(conn, release, change):
    change("UPDATE candidates SET state = 'refused', version = NULL")
    refused(conn, release, "was refused: all gates passed")


def test_an_answer_taken_away_is_refused(conn, release, change):
    change("DELETE FROM approvals WHERE slot = 2")
    refused(conn, release, "is marked approved, but: Only ria answered")


def test_a_rejection_is_refused(conn, release, change):
    change("UPDATE approvals SET choice = 'Reject' WHERE slot = 2")
    refused(conn, release, "is marked approved, but: Rejected by omar")


def test_who_trained_it_cannot_have_approved_it(conn):
    candidate = register(conn, trained_by="omar")
    refused(conn, approved_release(conn, candidate, people=2), "but: omar started the training")


def test_who_registered_it_elsewhere_cannot_have_approved_it(conn):
    external = {"external": {"version": 7, "registered_by": "omar"}}
    candidate = register(conn, evidence=external)
    refused(conn, approved_release(conn, candidate, people=2), "but: omar registered the model")


def test_one_person_under_two_slots_is_refused(conn, release, change):
    change("UPDATE approvals SET responder = 'ria' WHERE slot = 2")
    refused(conn, release, "but: ria answered twice")


def test_an_answer_about_another_dossier_is_refused(conn, release, change):
    change("UPDATE approvals SET dossier_digest = 'another' WHERE slot = 2")
    refused(conn, release, "but: omar was shown another dossier")


def test_an_answer_written_past_airlock_is_refused(conn, release, change):
    change("DELETE FROM approvals WHERE slot = 2")
    change(
        "INSERT INTO approvals SELECT release_id, 2, 'mallory', choice, reason, dossier_digest, "
        "'2030-01-01' FROM approvals"
    )
    refused(conn, release, r"does not say of release .* that mallory gave answer 2")


def test_a_rejection_turned_into_an_approval_is_refused(conn, candidate, change):
    release = releases.open_release(conn, candidate=candidate, dag_run_id="r", people=1, opened_at=MOMENT)
    approvals.record(
        conn,
        release_id=release.id,
        slot=1,
        responder="ria",
        choice="Reject",
        reason="no",
        dossier_digest=release.dossier_digest,
        responded_at=MOMENT,
    )
    releases.close(conn, release.id, state="rejected", reason="no", at=MOMENT)
    change("UPDATE releases SET state = 'approved'")
    change("UPDATE approvals SET choice = 'Approve'")
    refused(conn, release, "that ria gave answer 1")


def test_fewer_people_than_it_was_opened_for_are_refused(conn, release, change):
    change("DELETE FROM approvals WHERE slot = 2")
    change("UPDATE releases SET people = 1")
    refused(conn, release, "that it was opened so, for 1 people and the way full")


def test_another_way_than_it_was_opened_for_is_refused(conn, candidate, change):
    release = releases.open_release(
        conn, candidate=candidate, dag_run_id="r", people=0, way="canary", opened_at=MOMENT
    )
    releases.close(conn, release.id, state="approved", reason="so", at=MOMENT)
    prove_passage(conn, release.id, candidate.id)
    change("UPDATE releases SET way = 'full'")
    refused(conn, release, "that it was opened so, for 0 people and the way full")


def test_digests_changed_on_both_sides_are_refused(conn, release, change):
    for table in ("candidates", "releases"):
        change(f"UPDATE {table} SET package_digest = 'smuggled'")
    refused(conn, release, "does not say of candidate .* that dana trained it as it is")


def test_another_trainer_than_was_registered_is_refused(conn):
    candidate = register(conn, trained_by="omar")
    release = approved_release(conn, candidate, people=2)
    conn.execute(text("UPDATE candidates SET trained_by = 'dana'"))
    refused(conn, release, "does not say of candidate .* that dana trained it as it is")


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        ("candidates SET recorded_at = now()", "of candidate .* that dana trained it as it is"),
        ("releases SET opened_at = '2026-01-01'", "that it was opened so"),
        ("approvals SET responded_at = now() WHERE slot = 1", "that ria gave answer 1"),
    ],
)
def test_a_record_that_was_made_older_or_younger_is_refused(conn, release, change, moved, said):
    change(f"UPDATE {moved}")
    refused(conn, release, said)


def test_a_release_written_past_airlock_is_refused(conn, candidate, change):
    change(
        "INSERT INTO releases (model, dag_run_id, candidate_id, package_digest, dossier_digest, people, "
        "state, reason, opened_at, decided_at) SELECT model, 'forged', id, package_digest, dossier_digest, "
        "0, 'approved', 'trust me', now(), now() FROM candidates"
    )
    forged = conn.execute(text("SELECT id FROM releases")).scalar_one()
    with pytest.raises(DeploymentRefused, match="that it was opened so, for 0 people"):
        prove_passage(conn, forged, candidate.id)


@pytest.mark.parametrize("state", ["superseded", "failed"])
def test_a_release_raised_from_the_dead_is_refused(conn, release, change, state):
    releases.close(conn, release.id, state=state, reason="so", at=MOMENT)
    change("UPDATE releases SET state = 'approved'")
    refused(conn, release, "that it was last decided as approved")


def test_a_decision_written_past_airlock_is_refused(conn, candidate, change):
    release = releases.open_release(conn, candidate=candidate, dag_run_id="r", people=0, opened_at=MOMENT)
    change("UPDATE releases SET state = 'approved', decided_at = now()")
    refused(conn, release, "that it was last decided as approved")


@pytest.mark.parametrize(
    ("act", "because"),
    [
        ("candidate_registered", "that dana trained it as it is"),
        ("release_opened", "that it was opened so"),
        ("answer_recorded", "that ria gave answer 1"),
        ("release_closed", "that it was last decided as approved"),
    ],
)
def test_a_row_of_the_log_that_was_changed_counts_for_nothing(conn, release, act, because):
    rewrite_the_log(conn, f"UPDATE audit_log SET at = at + interval '1 second' WHERE act = '{act}'")
    refused(conn, release, because)


@pytest.mark.parametrize(
    "act", ["candidate_registered", "release_opened", "answer_recorded", "release_closed"]
)
def test_a_row_taken_out_of_the_log_is_missed(conn, release, act):
    rewrite_the_log(conn, f"DELETE FROM audit_log WHERE act = '{act}'")
    refused(conn, release, "The audit log does not say of")


def test_the_log_of_another_release_proves_nothing(conn, release):
    other = approved_release(conn, register(conn, version=2))
    conn.execute(text("UPDATE approvals SET responder = 'olga' WHERE slot = 1"))
    refused(conn, other, "that olga gave answer 1")
