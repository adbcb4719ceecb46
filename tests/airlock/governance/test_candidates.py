import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from airlock.digests import digest_of
from airlock.governance import audit_log, candidates
from airlock.governance.records import RecordError
from tests.airlock.governance.records import MOMENT, register


def test_a_candidate_is_found_as_it_was_recorded(conn):
    made = register(conn, version=3)
    assert candidates.find(conn, made.id) == made
    assert candidates.find_version(conn, "credit_risk", 3) == made
    assert made.recorded_at == MOMENT
    assert made.recorded_at.utcoffset().total_seconds() == 0
    assert candidates.find(conn, made.id + 1) is None


def test_recording_twice_returns_the_first(conn):
    first = register(conn, version=3)
    again = register(conn, version=3, evidence={"measured again": 1e22})
    assert again == first


@pytest.mark.parametrize(("version", "act"), [(1, "candidate_registered"), (None, "candidate_refused")])
def test_the_audit_log_has_each_once(conn, version, act):
    made = register(conn, version=version, reason="as its gates say")
    register(conn, version=version, reason="as its gates say")
    (entry,) = audit_log.entries(conn)
    assert (entry.act, entry.actor, entry.at) == (act, "dana", MOMENT)
    assert (entry.model, entry.run) == ("credit_risk", f"credit_risk.train/{made.dag_run_id}")
    assert entry.facts == {
        "candidate": made.id,
        "version": version,
        "reason": "as its gates say",
        "cause": "a test",
        "mlflow_run_id": made.mlflow_run_id,
        "package_digest": made.package_digest,
        "snapshot_digest": "snapshot",
        "spec_digest": "spec",
        "evidence_digest": made.evidence_digest,
        "dossier_digest": made.dossier_digest,
    }


def test_another_outcome_of_the_same_run_is_refused(conn):
    register(conn, version=3)
    with pytest.raises(RecordError, match="train_3 has already recorded a candidate"):
        register(conn, version=3, package_digest="other")


def test_the_newest_registered_skips_refused_ones_and_other_models(conn):
    register(conn, version=1)
    second = register(conn, version=2)
    register(conn, version=None)
    register(conn, version=7, model="other")
    assert candidates.newest_registered(conn, "credit_risk") == second
    assert candidates.newest_registered(conn, "unknown") is None


def test_registered_without_a_version_is_impossible(conn):
    with pytest.raises(IntegrityError, match="registered_has_version"):
        register(conn, version=None, state="registered")


@pytest.mark.parametrize("number", [1e22, 1e-7, -0.0, 0.1, 12345678901234567890])
def test_evidence_comes_back_with_its_digest(conn, number):
    made = register(conn, version=1, evidence={"number": number, "text": "Größe \u2028 \\ \n"})
    assert made.evidence_digest == digest_of(made.evidence)


def test_changed_evidence_is_noticed(conn):
    made = register(conn, version=1)
    conn.execute(text("""UPDATE candidates SET evidence = '{"roc_auc": 0.99, "version": 1}'"""))
    with pytest.raises(RecordError, match=f"evidence of candidate {made.id} of credit_risk was changed"):
        candidates.find(conn, made.id)


def test_a_release_takes_the_named_version_or_the_newest(conn):
    first, second = register(conn, version=1), register(conn, version=2)
    assert candidates.to_release(conn, "credit_risk", 1) == first
    assert candidates.to_release(conn, "credit_risk", None) == second


@pytest.mark.parametrize(("version", "wanted"), [(9, "version 9"), (None, "candidate")])
def test_a_release_of_what_was_never_registered_says_so(conn, version, wanted):
    register(conn, version=None)
    with pytest.raises(RecordError, match=f"credit_risk has no registered {wanted}"):
        candidates.to_release(conn, "credit_risk", version)
