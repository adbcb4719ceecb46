"""Retention: a model's answers past the time that its spec gives them leave the database and the store."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Engine

from airlock.governance import retention
from airlock.governance.batch_answers import KIND
from airlock.spec import ModelSpec
from airlock.store import Store

#: Answers of the API that one act deletes: so many ids are kept in one transaction.
AT_ONCE = 10_000


@dataclass(frozen=True)
class Deleted:
    """What was deleted, or would be; `held_back` says why nothing may be."""

    answers: int = 0
    batches: int = 0
    batch_answers: int = 0
    held_back: str | None = None


def past_time(spec: ModelSpec, *, engine: Engine, at: datetime) -> Deleted:
    """Say what of a model is past its time, and delete nothing."""
    kept_for = spec.data.retention
    with engine.connect() as conn:
        if kept_for is None or (reason := retention.held_back(conn, spec.name)):
            return Deleted(held_back=_why(spec) if kept_for is None else reason)
        found = retention.batches_past(conn, spec.name, at - kept_for)
        answers = retention.count_past(conn, spec.name, at - kept_for)
    return Deleted(answers, len(found), sum(batch.rows for batch in found))


def delete_past(spec: ModelSpec, *, engine: Engine, store: Store, run: str, at: datetime) -> Deleted:
    """Delete what of a model is past its time: each piece in a transaction with its row of the audit log.

    Killed and repeated it goes on where it was: folders of batches that are deleted already are removed then.
    """
    kept_for = spec.data.retention
    found = past_time(spec, engine=engine, at=at)
    if kept_for is None or found.held_back:
        return found
    answers = _delete_answers(spec.name, at - kept_for, engine=engine, run=run, at=at)
    with engine.connect() as conn:
        batches = retention.batches_past(conn, spec.name, at - kept_for)
    for batch in batches:
        with engine.begin() as conn:
            retention.delete_batch(conn, batch, run=run, at=at)
    with engine.connect() as conn:
        for digest in retention.to_remove(conn, spec.name):
            store.remove(KIND, digest)
    return Deleted(answers, len(batches), sum(batch.rows for batch in batches))


def _delete_answers(model: str, before: datetime, *, engine: Engine, run: str, at: datetime) -> int:
    deleted = 0
    while True:
        with engine.begin() as conn:
            ids = retention.answers_past(conn, model, before, AT_ONCE)
            if not ids:
                return deleted
            deleted += retention.delete_answers(conn, model, ids, run=run, at=at).rows


def _why(spec: ModelSpec) -> str:
    return f"The spec of {spec.name} has no data.retention, so its answers are kept for ever."
