"""Retention: what is past the time that a model's spec gives it leaves the database and the store."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Engine

from airlock.chain.past_snapshots import models_of_snapshots, note_deleted, snapshots_past
from airlock.governance import past_rows, retention
from airlock.governance.batch_answers import KIND as ANSWERS
from airlock.governance.batch_answers import MANIFEST
from airlock.governance.batches import Batch, hold_answers, named_answers
from airlock.governance.past_rows import ROWS, Rows
from airlock.governance.past_snapshots import KIND as SNAPSHOTS
from airlock.governance.retention import Held
from airlock.spec import ModelSpec
from airlock.store import Store

#: Rows that one act deletes: so many ids are kept in one transaction.
AT_ONCE = 10_000

#: How long an incident that holds something back may be open before the owner is told, and told again.
PATIENCE = timedelta(days=30)

#: How long ago something was begun in the store that was never kept, for it to be cleared away.
ABANDONED = timedelta(days=7)


@dataclass(frozen=True)
class Deleted:
    """How much was deleted, or would be; `held` says why nothing may be."""

    answers: int = 0
    batches: int = 0
    batch_answers: int = 0
    outcomes: int = 0
    feedback: int = 0
    contests: int = 0
    quarantine: int = 0
    snapshots: int = 0
    held: Held | None = None

    @property
    def sentence(self) -> str:
        """How much it is, in words."""
        return (
            f"{self.answers:,} answers of the API, {self.batch_answers:,} of {self.batches:,} batches, "
            f"{self.outcomes:,} outcomes, {self.feedback:,} opinions, the reasons of {self.contests:,} "
            f"contests, {self.quarantine:,} rows at fault and {self.snapshots:,} snapshots"
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self) | {"held": self.held and self.held.reason}

    def patience_lost(self, at: datetime) -> int:
        """Return how many times `PATIENCE` the incident has been open that holds something back."""
        if self.held is None or self.held.since is None or self == Deleted(held=self.held):
            return 0
        return (at - self.held.since) // PATIENCE


@dataclass(frozen=True)
class Deleting:
    """A run of the Dag `retention`; `by` is who asked for it."""

    engine: Engine
    store: Store
    run: str
    by: str
    at: datetime


def past_time(spec: ModelSpec, *, engine: Engine, store: Store, at: datetime) -> Deleted:
    """Say what of a model is past its time, held back or not, and delete nothing."""
    model, kept_for = spec.name, spec.data.retention
    if kept_for is None:
        return Deleted(
            held=Held(f"The spec of {model} has no data.retention, so everything is kept for ever.")
        )
    before = at - kept_for
    with engine.connect() as conn:
        batches = retention.batches_past(conn, model, before)
        said = {kind: past_rows.count_past(conn, kind, model, before) for kind in ROWS}
        return Deleted(
            answers=retention.count_past(conn, model, before),
            batches=len(batches),
            batch_answers=sum(batch.rows for batch in batches),
            outcomes=said["outcomes"],
            feedback=said["feedback"],
            contests=said["contests"],
            quarantine=said["quarantine"],
            snapshots=len(snapshots_past(conn, store, model, before)),
            held=retention.held_back(conn, model),
        )


def delete_past(spec: ModelSpec, run: Deleting) -> Deleted:
    """Delete what of a model is past its time: each piece in a transaction with its row of the audit log.

    Killed and repeated it goes on where it was: folders of what is deleted already are removed then.
    """
    found = past_time(spec, engine=run.engine, store=run.store, at=run.at)
    if spec.data.retention is None or found.held:
        return found
    model, before = spec.name, run.at - spec.data.retention
    said = {kind: _delete_rows(kind, model, before, run) for kind in ROWS}
    answers = _delete_answers(model, before, run)
    batches = _delete_batches(model, before, run)
    return Deleted(
        answers=answers,
        batches=len(batches),
        batch_answers=sum(batch.rows for batch in batches),
        outcomes=said["outcomes"],
        feedback=said["feedback"],
        contests=said["contests"],
        quarantine=said["quarantine"],
        snapshots=_delete_snapshots(model, before, run),
    )


def left_out(reached: Iterable[str], run: Deleting) -> list[str]:
    """Return the models of which something is kept and that are none of those that a run has reached."""
    with run.engine.connect() as conn:
        kept = retention.models_kept(conn) | models_of_snapshots(run.store)
    return sorted(kept - set(reached))


def clear_away(run: Deleting) -> None:
    """Clear away what tasks that were killed have left in the store: it may hold data of people, too."""
    before = run.at - ABANDONED
    run.store.sweep(before)
    old = {kept.digest for kept in run.store.each(ANSWERS, MANIFEST) if kept.kept_at < before}
    with run.engine.begin() as conn:
        for digest in sorted(old - named_answers(conn, old)):
            hold_answers(conn, digest)
            if not named_answers(conn, {digest}):  # a part may have been scored alike since
                run.store.remove(ANSWERS, digest)


def _delete_rows(kind: Rows, model: str, before: datetime, run: Deleting) -> int:
    deleted = 0
    while True:
        with run.engine.begin() as conn:
            ids = past_rows.past(conn, kind, model, before, AT_ONCE)
            if not ids:
                return deleted
            deleted += past_rows.delete(conn, kind, model, ids, run=run.run, by=run.by, at=run.at).rows


def _delete_answers(model: str, before: datetime, run: Deleting) -> int:
    deleted = 0
    while True:
        with run.engine.begin() as conn:
            ids = retention.answers_past(conn, model, before, AT_ONCE)
            if not ids:
                return deleted
            deleted += retention.delete_answers(conn, model, ids, run=run.run, by=run.by, at=run.at).rows


def _delete_batches(model: str, before: datetime, run: Deleting) -> tuple[Batch, ...]:
    with run.engine.connect() as conn:
        batches = retention.batches_past(conn, model, before)
    for batch in batches:
        with run.engine.begin() as conn:
            retention.delete_batch(conn, batch, run=run.run, by=run.by, at=run.at)
    with run.engine.connect() as conn:
        for digest in retention.to_remove(conn, model):
            run.store.remove(ANSWERS, digest)
    return batches


def _delete_snapshots(model: str, before: datetime, run: Deleting) -> int:
    with run.engine.connect() as conn:
        past = snapshots_past(conn, run.store, model, before)
    for one in past:
        with run.engine.begin() as conn:
            note_deleted(conn, model, one, run=run.run, by=run.by, at=run.at)
        run.store.remove(SNAPSHOTS, one.digest)
    return len(past)
