"""Registering and refusing: one record and one version for each run, whatever is repeated."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.chain.gate import Ruling, gate
from airlock.chain.registration import EVIDENCE, refuse_candidate, register_candidate
from airlock.governance import releases
from airlock.governance.audit_log import entries
from airlock.governance.candidates import Candidate, newest_registered
from airlock.governance.records import RecordError
from airlock.spec import ModelSpec
from airlock.store import StoreError
from airlock.training.mlflow_client import client
from tests.airlock.chain.test_evaluation import stricter
from tests.airlock.governance.records import register
from tests.airlock.lender import Lender, Trained

AT = datetime(2026, 1, 9, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def passed(lender: Lender, trained: Trained) -> Ruling:
    return ruling_of(lender, trained, lender.spec)


@pytest.fixture(scope="module")
def failed(lender: Lender, trained: Trained) -> Ruling:
    return ruling_of(lender, trained, stricter(lender.spec, "roc_auc", 0.999))


def ruling_of(lender: Lender, trained: Trained, spec: ModelSpec) -> Ruling:
    return gate(
        spec,
        trained.lineage,
        trained.found,
        made=trained.made,
        champion_version=None,
        store=lender.store,
    )


def registered(lender: Lender, engine: Engine, ruling: Ruling, model: str) -> Candidate:
    """Register under a name of the test's own: MLflow is shared."""
    digests = (ruling.evidence_digest, ruling.dossier_digest)
    return register_candidate(model, *digests, store=lender.store, engine=engine, at=AT)


def refused(lender: Lender, engine: Engine, ruling: Ruling) -> Candidate:
    digests = (ruling.evidence_digest, ruling.dossier_digest)
    return refuse_candidate("loans", *digests, store=lender.store, engine=engine, at=AT)


def rows(engine: Engine) -> list[Any]:
    with engine.connect() as conn:
        return list(conn.execute(text("SELECT state, version, dag_run_id FROM candidates")))


def test_a_candidate_is_recorded_with_its_version_and_its_evidence(
    lender: Lender, engine: Engine, mlflow_url: str, passed: Ruling
) -> None:
    candidate = registered(lender, engine, passed, "recorded")
    facts = lender.store.json(EVIDENCE, passed.evidence_digest)
    assert (candidate.state, candidate.version) == ("registered", 1)
    assert candidate.reason == "Every gate was passed."
    assert candidate.evidence == facts
    assert candidate.evidence_digest == passed.evidence_digest
    assert candidate.dossier == passed.dossier_digest
    assert candidate.package_digest == facts["package"]
    assert candidate.snapshot_digest == facts["snapshot"]["digest"]
    assert (candidate.trained_by, candidate.cause) == ("dana", "a test")
    assert candidate.as_of.isoformat() == facts["as_of"]
    with engine.connect() as conn:
        assert newest_registered(conn, "recorded") == candidate
    tags = client().get_model_version("recorded", "1").tags
    assert tags["airlock.evidence"] == passed.evidence_digest
    assert tags["airlock.dossier"] == passed.dossier_digest
    assert tags["airlock.snapshot"] == candidate.snapshot_digest
    assert tags["airlock.trained_by"] == "dana"


def test_open_releases_of_older_candidates_end_with_a_registration(
    lender: Lender, engine: Engine, mlflow_url: str, passed: Ruling
) -> None:
    with engine.begin() as conn:
        for model in ("newer", "other"):
            for run in ("one", "two"):
                older = register(conn, model=model, version=900)
                releases.open_release(conn, candidate=older, dag_run_id=run, people=2, opened_at=AT)
        (first, second) = releases.open_ones(conn, "newer")
        releases.close(conn, first.id, state="rejected", reason="Rejected by ria: no.", at=AT)
    candidate = registered(lender, engine, passed, "newer")
    with engine.connect() as conn:
        (ended,) = releases.superseded_by(conn, candidate)
        assert (ended.id, ended.state) == (second.id, "superseded")
        assert ended.reason == "Superseded: version 1 was registered in the meantime."
        assert releases.open_ones(conn, "newer") == ()
        assert len(releases.open_ones(conn, "other")) == 2
        closed = [entry for entry in entries(conn) if entry.act == "release_closed"]
    assert [entry.facts["state"] for entry in closed] == ["rejected", "superseded"]
    assert registered(lender, engine, passed, "newer") == candidate


def test_a_refused_candidate_ends_no_release(lender: Lender, engine: Engine, failed: Ruling) -> None:
    with engine.begin() as conn:
        older = register(conn, model="loans")
        release = releases.open_release(conn, candidate=older, dag_run_id="r", people=1, opened_at=AT)
    refused(lender, engine, failed)
    with engine.connect() as conn:
        assert releases.open_ones(conn, "loans") == (release,)


def test_registering_again_changes_and_doubles_nothing(
    lender: Lender, engine: Engine, mlflow_url: str, passed: Ruling
) -> None:
    first = registered(lender, engine, passed, "again")
    assert registered(lender, engine, passed, "again") == first
    assert rows(engine) == [("registered", 1, "manual__1")]
    assert len(client().search_model_versions("name = 'again'")) == 1


def test_a_task_killed_between_mlflow_and_the_record_goes_on_with_its_version(
    lender: Lender, engine: Engine, new_airlock_database: Any, mlflow_url: str, passed: Ruling
) -> None:
    from airlock.governance.engine import connect

    lost = connect(new_airlock_database())
    registered(lender, lost, passed, "killed")
    lost.dispose()
    assert registered(lender, engine, passed, "killed").version == 1
    assert len(client().search_model_versions("name = 'killed'")) == 1


def test_a_candidate_that_failed_a_gate_cannot_be_registered(
    lender: Lender, engine: Engine, mlflow_url: str, failed: Ruling
) -> None:
    with pytest.raises(ValueError, match=r"holds failed gates: .*0\.999.* It cannot be registered"):
        registered(lender, engine, failed, "never")
    assert rows(engine) == []
    assert client().search_model_versions("name = 'never'") == []


def test_a_refusal_is_recorded_once_with_every_reason(lender: Lender, engine: Engine, failed: Ruling) -> None:
    candidate = refused(lender, engine, failed)
    assert refused(lender, engine, failed) == candidate
    assert rows(engine) == [("refused", None, "manual__1")]
    assert "0.999" in candidate.reason
    assert candidate.evidence["passed"] is False


def test_a_refused_run_is_not_registered_afterwards(
    lender: Lender, engine: Engine, mlflow_url: str, passed: Ruling, failed: Ruling
) -> None:
    refused(lender, engine, failed)
    with pytest.raises(RecordError, match="has already recorded a candidate with another outcome"):
        registered(lender, engine, passed, "loans")
    assert rows(engine) == [("refused", None, "manual__1")]


def test_evidence_that_was_changed_registers_nothing(
    lender: Lender, engine: Engine, mlflow_url: str, trained: Trained
) -> None:
    other = replace(trained, lineage=replace(trained.lineage, cause="to be forged"))
    ruling = ruling_of(lender, other, stricter(lender.spec, "roc_auc", 0.999))
    file = lender.store.root / EVIDENCE / f"{ruling.evidence_digest}.json"
    file.write_bytes(file.read_bytes().replace(b'"passed":false', b'"passed":true'))
    with pytest.raises(StoreError, match="was changed"):
        registered(lender, engine, ruling, "forged")
    assert rows(engine) == []
