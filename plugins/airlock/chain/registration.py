"""What becomes of a judged candidate: a registered version, or a record of why not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Engine

from airlock.governance import candidates
from airlock.governance.candidates import Candidate
from airlock.store import Store

EVIDENCE = "evidence"


def register_candidate(
    model: str, evidence: str, dossier: str, *, store: Store, engine: Engine, at: datetime
) -> Candidate:
    """Make a candidate that passed every gate a version in MLflow, and record it."""
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
        return candidates.record(
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
