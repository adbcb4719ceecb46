"""Reproductions: registered versions that were trained again from their records, and what came of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from airlock.governance import audit_log
from airlock.governance.records import record_of
from airlock.governance.tables import reproductions


@dataclass(frozen=True)
class Reproduction:
    """One attempt to train a version again.

    Attributes
    ----------
    identical
        Whether the package came out the same to the last byte.
    same_answers
        Whether it answers the same on the hold-out, byte for byte or not.
    largest_difference
        Of two scores for the same held-out row.
    equal_decisions
        The share of held-out rows with the same prediction.
    changed
        What is not as it was: a library's name or `airlock`, with the recorded and the present version.
    """

    model: str
    version: int
    candidate_id: int
    dag_run_id: str
    asked_by: str
    package_digest: str
    identical: bool
    same_answers: bool
    largest_difference: float
    equal_decisions: float
    changed: Mapping[str, Any]
    sentence: str
    reproduced_at: datetime


def record(conn: Connection, reproduction: Reproduction) -> None:
    """Record an attempt; a run that is repeated replaces its own record."""
    write = insert(reproductions).values(asdict(reproduction))
    changed = {name: write.excluded[name] for name in asdict(reproduction)}
    conn.execute(write.on_conflict_do_update(index_elements=["candidate_id", "dag_run_id"], set_=changed))
    told = ("version", "dag_run_id", "package_digest", "identical", "same_answers", "sentence")
    audit_log.append(
        conn,
        "version_reproduced",
        actor=reproduction.asked_by,
        at=reproduction.reproduced_at,
        model=reproduction.model,
        run=f"{reproduction.model}.reproduce/{reproduction.dag_run_id}",
        facts={"candidate": reproduction.candidate_id} | {name: getattr(reproduction, name) for name in told},
    )


def newest(conn: Connection, candidate_id: int) -> Reproduction | None:
    """Return the last attempt to train a candidate again."""
    columns = [column for column in reproductions.c if column.name != "id"]
    query = sa.select(*columns).where(reproductions.c.candidate_id == candidate_id)
    row = conn.execute(query.order_by(reproductions.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else record_of(Reproduction, row)
