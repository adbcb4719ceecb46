"""Batches: the parts of nights that were scored, each with its answers in a folder of the evidence store."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance.engine import lock
from airlock.governance.predictions import PredictionRow, versions_of_night
from airlock.governance.records import record_of
from airlock.governance.tables import batch_rows, batches
from airlock.store import Store

PLACE_BYTES = 4


@dataclass(frozen=True)
class Batch:
    """One part of a night: the rows of a stretch of time, answered by one version.

    `replaced_at` is when the part was scored again; its decisions can still be looked up.
    """

    id: int
    model: str
    night: date
    part: int
    parts: int
    version: int
    package_digest: str
    rows: int
    answers_digest: str
    first_id: uuid.UUID
    dag_run_id: str
    scored_at: datetime
    replaced_at: datetime | None
    deletion_id: int | None

    def id_of(self, place: int) -> uuid.UUID:
        """Return the id of the decision about a row, by the row's place in the batch, from 0."""
        return uuid.UUID(bytes=self.first_id.bytes[:-PLACE_BYTES] + place.to_bytes(PLACE_BYTES, "big"))


def first_id(answers_digest: str) -> uuid.UUID:
    """Return the id of a batch's first decision: the first bytes of the digest, and the place 0.

    >>> first_id("0123456789abcdef01234567" + "8" * 40)
    UUID('01234567-89ab-cdef-0123-456700000000')
    """
    return uuid.UUID(bytes=bytes.fromhex(answers_digest)[:12] + bytes(PLACE_BYTES))


def record(
    conn: Connection,
    *,
    model: str,
    night: date,
    part: int,
    parts: int,
    version: int,
    package_digest: str,
    rows: int,
    answers_digest: str,
    dag_run_id: str,
    at: datetime,
) -> Batch:
    """Record a scored part in place of what was recorded for it before, in the transaction of `conn`.

    Two at once wait for each other.
    """
    lock(conn, f"part {part} of {parts} of the night {night} of {model}")
    hold_answers(conn, answers_digest)
    same = (
        _current(model) & (batches.c.night == night) & (batches.c.part == part) & (batches.c.parts == parts)
    )
    _replace(conn, same, at)
    values = {
        "model": model,
        "night": night,
        "part": part,
        "parts": parts,
        "version": version,
        "package_digest": package_digest,
        "rows": rows,
        "answers_digest": answers_digest,
        "first_id": first_id(answers_digest),
        "dag_run_id": dag_run_id,
        "scored_at": at,
    }
    return record_of(Batch, conn.execute(sa.insert(batches).values(values).returning(batches)).one())


def hold_answers(conn: Connection, digest: str) -> None:
    """Let nobody else record these answers of the store, or clear them away, until the transaction ends."""
    lock(conn, f"answers {digest}")


def named_answers(conn: Connection, among: Collection[str]) -> frozenset[str]:
    """Return those digests that a part of a night names as its answers, also where these were deleted."""
    digest = batches.c.answers_digest
    return frozenset(conn.execute(sa.select(digest).where(digest.in_(among)).distinct()).scalars())


def settle(conn: Connection, model: str, night: date, parts: int, at: datetime) -> tuple[Batch, ...]:
    """Let a night stand in so many parts alone, and return those that are recorded."""
    _replace(conn, _current(model) & (batches.c.night == night) & (batches.c.parts != parts), at)
    return of_nights(conn, model, night, night)


def of_nights(
    conn: Connection, model: str, first: date | None = None, last: date | None = None
) -> tuple[Batch, ...]:
    """Return the batches that count of the nights from `first` to `last`, by night and part.

    A night that is being scored again in another number of parts counts as it was until they are all there.
    """
    chosen = [_current(model)]
    chosen += [] if first is None else [batches.c.night >= first]
    chosen += [] if last is None else [batches.c.night <= last]
    query = sa.select(batches).where(*chosen).order_by(batches.c.night, batches.c.parts, batches.c.part)
    found = [record_of(Batch, row) for row in conn.execute(query)]
    return tuple(
        batch for _, night in groupby(found, key=lambda one: one.night) for batch in _that_count(night)
    )


def scored_whole_by(conn: Connection, model: str, night: date) -> int | None:
    """Return the version that scored a night whole; None where none did, or there was nothing to score."""
    found = of_nights(conn, model, night, night)
    if not found:  # a night of before there were batches
        return max(versions_of_night(conn, model, night.isoformat()), default=None)
    versions = {batch.version for batch in found}
    answered = sum(batch.rows for batch in found)
    return versions.pop() if answered and is_whole(found) and len(versions) == 1 else None


def is_whole(found: Sequence[Batch]) -> bool:
    """Whether these are all the parts of one night."""
    return bool(found) and len(found) == found[0].parts


def find(conn: Connection, decision_id: uuid.UUID) -> Batch | None:
    """Return the batch that a decision belongs to by its id, the newest if a night was scored twice alike."""
    begins = uuid.UUID(bytes=decision_id.bytes[:-PLACE_BYTES] + bytes(PLACE_BYTES))
    query = sa.select(batches).where(batches.c.first_id == begins, batches.c.rows > place_of(decision_id))
    row = conn.execute(query.order_by(batches.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else record_of(Batch, row)


def place_of(decision_id: uuid.UUID) -> int:
    """Return the place of a decision's row in its batch, from 0."""
    return int.from_bytes(decision_id.bytes[-PLACE_BYTES:], "big")


def find_decision(conn: Connection, store: Store, decision_id: uuid.UUID) -> PredictionRow | None:
    """Return a decision of a batch by its id, read from the evidence store; None where there is none.

    Raises
    ------
    StoreError
        When the batch's answers are missing in the store, or were changed.
    DecisionDeleted
        When retention deleted them, or an answer of the API with this id.
    """
    from airlock.governance.batch_answers import answer_at  # reads Parquet, which few processes must
    from airlock.governance.retention import refuse_deleted

    batch = find(conn, decision_id)
    refuse_deleted(conn, decision_id, batch.deletion_id if batch else None)
    return None if batch is None else answer_at(store, batch, place_of(decision_id))


def _that_count(night: Iterable[Batch]) -> tuple[Batch, ...]:
    divided = [tuple(parts) for _, parts in groupby(night, key=lambda one: one.parts)]
    return max(divided, key=lambda one: (is_whole(one), max(batch.scored_at for batch in one)))


def _current(model: str) -> sa.ColumnElement[bool]:
    return (batches.c.model == model) & batches.c.replaced_at.is_(None)


def _replace(conn: Connection, chosen: sa.ColumnElement[bool], at: datetime) -> None:
    replaced = conn.execute(sa.update(batches).where(chosen).values(replaced_at=at).returning(batches.c.id))
    if ids := list(replaced.scalars()):
        conn.execute(sa.delete(batch_rows).where(batch_rows.c.batch_id.in_(ids)))
