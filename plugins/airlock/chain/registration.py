"""What becomes of a judged candidate: a registered version, or a record of why not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection, Engine

from airlock.governance import candidates, releases
from airlock.governance.candidates import Candidate
from airlock.governance.decision import superseded
from airlock.governance.releases import Release
from airlock.store import Store

EVIDENCE = "evidence"


def register_candidate(
    model: str, evidence: str, dossier: str, *, store: Store, engine: Engine, at: datetime
) -> Candidate:
    """Make a candidate that passed every gate a version in MLflow, and record it.

    Releases of older candidates that are still open end with that, in the same transaction.
    """
    from airlock.training.registry import register

    facts = store.json(EVIDENCE, evidence)
    failed = _failed(facts)
    if failed:
        raise ValueError(
            f"Evidence {evidence} holds failed gates: {' '.join(failed)} It cannot be registered."
        )
    tags = {
        "airlock.evidence": evidence,
        "airlock.dossier": dossier,
        "airlock.trained_by": facts["trained_by"],
        "airlock.cause": facts["cause"],
    }
    if facts.get("external"):
        tags["airlock.external_version"] = str(facts["external"]["version"])
    version = register(model, facts["mlflow_run_id"], facts["package"], tags)
    reason = "Every gate was passed."
    return _record(model, facts, dossier, engine, at, state="registered", reason=reason, version=version)


def refuse_candidate(
    model: str, evidence: str, dossier: str, *, store: Store, engine: Engine, at: datetime
) -> Candidate:
    """Record a candidate that failed a gate, with every reason."""
    facts = store.json(EVIDENCE, evidence)
    reason = " ".join(_failed(facts))
    return _record(model, facts, dossier, engine, at, state="refused", reason=reason, version=None)


def _failed(facts: Mapping[str, Any]) -> list[str]:
    return [verdict["sentence"] for verdict in facts["verdicts"] if not verdict["passed"]]


def _record(
    model: str,
    facts: Mapping[str, Any],
    dossier: str,
    engine: Engine,
    at: datetime,
    *,
    state: candidates.State,
    reason: str,
    version: int | None,
) -> Candidate:
    with engine.begin() as connection:
        waiting = releases.open_ones(connection, model, lock=True)  # locked before the audit log is
        candidate = candidates.record(
            connection,
            model=model,
            dag_run_id=facts["dag_run_id"],
            state=state,
            reason=reason,
            version=version,
            mlflow_run_id=facts["mlflow_run_id"],
            package_digest=facts["package"],
            snapshot_digest=facts["snapshot"]["digest"],
            spec_digest=facts["spec_digest"],
            dossier_digest=dossier,
            evidence=facts,
            trained_by=facts["trained_by"],
            cause=facts["cause"],
            as_of=datetime.fromisoformat(facts["as_of"]),
            recorded_at=at,
        )
        if candidate.state == "registered":
            _supersede(connection, waiting, candidate)
    return candidate


def _supersede(connection: Connection, waiting: Sequence[Release], newer: Candidate) -> None:
    decision = superseded(newer)
    for release in waiting:
        if release.candidate_id < newer.id:
            releases.close(
                connection, release.id, state=decision.state, reason=decision.reason, at=newer.recorded_at
            )
