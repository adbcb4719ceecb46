"""Candidates: every trained model that reached its gates, registered or refused, with its evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection, Row

from airlock.digests import digest_of, short
from airlock.governance import audit_log
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import candidates

State = Literal["registered", "refused"]


@dataclass(frozen=True)
class Candidate:
    """A trained model, what it was made from, and why it was registered or refused."""

    id: int
    model: str
    dag_run_id: str
    state: State
    reason: str
    version: int | None
    mlflow_run_id: str
    package_digest: str
    snapshot_digest: str
    spec_digest: str
    evidence_digest: str
    dossier_digest: str | None
    evidence: Mapping[str, Any]
    trained_by: str
    cause: str
    as_of: datetime
    recorded_at: datetime

    @property
    def makers(self) -> Mapping[str, str]:
        """Who had a hand in it, and which: none of them approves it, or judges what it decides."""
        elsewhere = self.evidence.get("external")
        registered = {elsewhere["registered_by"]: "registered the model"} if elsewhere else {}
        return registered | {self.trained_by: "started the training"}

    @property
    def registered_version(self) -> int:
        """The version in MLflow, which a registered candidate always has."""
        if self.version is None:
            raise RecordError(f"Candidate {self.id} of {self.model} was refused, so it has no version.")
        return self.version

    @property
    def dossier(self) -> str:
        """The digest of the dossier, which every candidate has that may be released."""
        if self.dossier_digest is None:
            raise RecordError(
                f"Candidate {self.id} of {self.model} has no dossier, because it was recorded before there "
                f"were any, and only what can be read and proved is released. Run {self.model}.train again."
            )
        return self.dossier_digest


def record(
    conn: Connection,
    *,
    model: str,
    dag_run_id: str,
    state: State,
    reason: str,
    version: int | None,
    mlflow_run_id: str,
    package_digest: str,
    snapshot_digest: str,
    spec_digest: str,
    dossier_digest: str,
    evidence: Mapping[str, Any],
    trained_by: str,
    cause: str,
    as_of: datetime,
    recorded_at: datetime,
) -> Candidate:
    """Record what became of a training run, once: repeating it returns the first record.

    Raises
    ------
    RecordError
        When this run has already recorded another outcome.
    """
    values = {name: value for name, value in locals().items() if name != "conn"}
    values["evidence_digest"] = digest_of(evidence)
    once = insert(candidates).values(values).on_conflict_do_nothing(index_elements=["model", "dag_run_id"])
    made = conn.execute(once.returning(candidates.c.id)).one_or_none()
    kept = _one(conn, candidates.c.model == model, candidates.c.dag_run_id == dag_run_id)
    if kept is None or (kept.state, kept.version, kept.package_digest) != (state, version, package_digest):
        raise RecordError(
            f"{model}: run {dag_run_id} has already recorded a candidate with another outcome, and a record "
            "is never changed. Start a new training instead of clearing this one."
        )
    if made is not None:
        _log(conn, kept)
    return kept


def find(conn: Connection, candidate_id: int) -> Candidate | None:
    """Return a candidate by its id."""
    return _one(conn, candidates.c.id == candidate_id)


def find_version(conn: Connection, model: str, version: int) -> Candidate | None:
    """Return the candidate that was registered under a version."""
    return _one(conn, candidates.c.model == model, candidates.c.version == version)


def find_caused(conn: Connection, model: str, cause: str) -> Candidate | None:
    """Return the newest candidate that was made for a cause, word for word."""
    return _one(conn, candidates.c.model == model, candidates.c.cause == cause)


def newest_registered(conn: Connection, model: str) -> Candidate | None:
    """Return the candidate that was registered last."""
    return _one(conn, candidates.c.model == model, candidates.c.state == "registered")


def every(conn: Connection, model: str) -> Iterator[Candidate]:
    """Yield every candidate of a model, the newest first."""
    query = sa.select(candidates).where(candidates.c.model == model).order_by(candidates.c.id.desc())
    for row in conn.execute(query):
        yield _proved(row)


def to_release(conn: Connection, model: str, version: int | None) -> Candidate:
    """Return the registered candidate with a version, or the newest where none is given.

    Raises
    ------
    RecordError
        When there is none.
    """
    found = newest_registered(conn, model) if version is None else find_version(conn, model, version)
    if found is None:
        wanted = "candidate" if version is None else f"version {version}"
        raise RecordError(f"{model} has no registered {wanted}. Run {model}.train first.")
    return found


def _log(conn: Connection, candidate: Candidate) -> None:
    digests = ("package_digest", "snapshot_digest", "spec_digest", "evidence_digest", "dossier_digest")
    told = ("version", "reason", "cause", "mlflow_run_id", *digests)
    audit_log.append(
        conn,
        "candidate_registered" if candidate.state == "registered" else "candidate_refused",
        actor=candidate.trained_by,
        at=candidate.recorded_at,
        model=candidate.model,
        run=f"{candidate.model}.train/{candidate.dag_run_id}",
        facts={"candidate": candidate.id} | {name: getattr(candidate, name) for name in told},
    )


def _one(conn: Connection, *conditions: sa.ColumnElement[bool]) -> Candidate | None:
    query = sa.select(candidates).where(*conditions).order_by(candidates.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else _proved(row)


def _proved(row: Row[Any]) -> Candidate:
    candidate = record_of(Candidate, row)
    actual = digest_of(candidate.evidence)
    if actual != candidate.evidence_digest:
        raise RecordError(
            f"The evidence of candidate {candidate.id} of {candidate.model} was changed: its digest is "
            f"{short(actual)}, recorded was {short(candidate.evidence_digest)}. Restore the database from "
            "its backup and look for who changed it."
        )
    return candidate
