"""The quarantine: rows that broke an expectation wait here until a person releases or drops them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from airlock.governance import audit_log
from airlock.governance.engine import lock
from airlock.governance.passage import proved_entries
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import quarantine

State = Literal["held", "released", "dropped"]
Decision = Literal["released", "dropped"]

#: What the log says of settled rows.
SETTLED: tuple[audit_log.Act, ...] = ("quarantine_settled",)
#: What a row that is found again brings with it.
NEWEST = ("reasons", "snapshot_digest", "dag_run_id")
NAMED = 10


class SetAside(Protocol):
    """A row that is to be held."""

    @property
    def entity_key(self) -> str | None:
        """What its entity key says."""

    @property
    def row_digest(self) -> str:
        """The digest of its content."""

    @property
    def row(self) -> Mapping[str, Any]:
        """Its values, by column."""

    @property
    def reasons(self) -> Sequence[str]:
        """What it breaks, in sentences."""


@dataclass(frozen=True)
class QuarantinedRow:
    """One row, and what a person decided about it."""

    id: int
    model: str
    entity_key: str | None
    row_digest: str
    row: Mapping[str, Any]
    reasons: Sequence[str]
    snapshot_digest: str
    dag_run_id: str
    held_at: datetime
    state: State
    settled_by: str | None = None
    settled_at: datetime | None = None
    settled_because: str | None = None


@dataclass(frozen=True)
class SettledRow:
    """A decided row, as far as it is to be found again in the data."""

    id: int
    row_digest: str
    entity_key: str | None
    state: State


def hold(
    conn: Connection,
    model: str,
    rows: Sequence[SetAside],
    *,
    snapshot_digest: str,
    dag_run_id: str,
    at: datetime,
) -> None:
    """Hold rows; one that is held already notes what found it last, and a decided one stays as it is."""
    if not rows:
        return
    values = [
        {
            "model": model,
            "entity_key": row.entity_key,
            "row_digest": row.row_digest,
            "row": dict(row.row),
            "reasons": list(row.reasons),
            "snapshot_digest": snapshot_digest,
            "dag_run_id": dag_run_id,
            "held_at": at,
        }
        for row in rows
    ]
    write = insert(quarantine)
    conn.execute(
        write.on_conflict_do_update(
            index_elements=["model", "row_digest"],
            set_={name: write.excluded[name] for name in NEWEST},
            where=quarantine.c.state == "held",
        ),
        values,
    )


def settle(
    conn: Connection,
    model: str,
    ids: Collection[int],
    *,
    state: Decision,
    by: str,
    because: str,
    at: datetime,
    run: str | None = None,
) -> tuple[QuarantinedRow, ...]:
    """Release or drop rows, once per run, and return them; no ids mean all that are held.

    A decision can be changed by naming the row in another run: the last one counts. The audit log has every
    one, with the Dag `run` as `<dag id>/<run id>`.

    Raises
    ------
    RecordError
        When the model has no such rows, or holds none.
    """
    lock(conn, f"quarantine of {model}")
    own = quarantine.c.model == model
    for entry in audit_log.of_run(conn, "quarantine_settled", model=model, run=run) if run else ():
        if (entry.actor, entry.facts["state"], entry.facts["reason"]) == (by, state, because):
            return _rows(conn, quarantine.c.id.in_(entry.facts["rows"]))
    meant = quarantine.c.id.in_(ids) if ids else quarantine.c.state == "held"
    found = set(conn.execute(sa.select(quarantine.c.id).where(own, meant).with_for_update()).scalars())
    if unknown := sorted(set(ids) - found):
        raise RecordError(
            f"{model} has no rows {_named(unknown)} in its quarantine, so nothing was changed. "
            "Its page lists the ids."
        )
    if not found:
        raise RecordError(f"{model} holds no rows in quarantine: there is nothing to decide.")
    change = (
        sa.update(quarantine)
        .where(quarantine.c.id.in_(found))
        .values(state=state, settled_by=by, settled_because=because, settled_at=at)
        .returning(quarantine)
    )
    changed = (record_of(QuarantinedRow, row) for row in conn.execute(change))
    rows = tuple(sorted(changed, key=lambda row: row.id))
    facts = {"rows": [row.id for row in rows], "state": state, "reason": because}
    audit_log.append(conn, "quarantine_settled", actor=by, at=at, model=model, run=run, facts=facts)
    return rows


def held(conn: Connection, model: str) -> tuple[QuarantinedRow, ...]:
    """Return the rows that wait for a person, oldest first."""
    return _rows(conn, quarantine.c.model == model, quarantine.c.state == "held")


def settled(conn: Connection, model: str) -> tuple[SettledRow, ...]:
    """Return what people have decided about a model's rows; nobody decides until the transaction ends.

    Raises
    ------
    RecordError
        When the audit log's last word on a row is not what its record says.
    """
    lock(conn, f"quarantine of {model}")
    query = sa.select(*quarantine.c["id", "row_digest", "entity_key", "state"]).where(
        quarantine.c.model == model, quarantine.c.state != "held"
    )
    rows = tuple(record_of(SettledRow, row) for row in conn.execute(query.order_by(quarantine.c.id)))
    log = proved_entries(conn, model, SETTLED)
    told = {number: entry.facts["state"] for entry in log for number in entry.facts["rows"]}
    if differ := {number for number, _ in told.items() ^ {row.id: row.state for row in rows}.items()}:
        raise RecordError(
            f"The audit log does not say of rows {_named(sorted(differ))} in the quarantine of {model} what "
            "their records say, so nothing goes on by them: they were changed past Airlock. Look for who "
            "changed them; then decide about them again with the Dag quarantine, naming their ids."
        )
    return rows


def _named(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids[:NAMED])) + (" and others" if len(ids) > NAMED else "")


def _rows(conn: Connection, *conditions: sa.ColumnElement[bool]) -> tuple[QuarantinedRow, ...]:
    query = sa.select(quarantine).where(*conditions).order_by(quarantine.c.id)
    return tuple(record_of(QuarantinedRow, row) for row in conn.execute(query))
