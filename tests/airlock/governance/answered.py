"""Nights that were scored, put into a store and on record without a model."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy.engine import Connection

from airlock.digests import canonical_json
from airlock.governance import batches
from airlock.governance.batch_answers import ANSWERS, KIND, MANIFEST
from airlock.governance.batches import Batch
from airlock.store import Store

NIGHT = date(2026, 3, 1)
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


def answered(
    conn: Connection,
    store: Store,
    keys: Sequence[str],
    *,
    night: date = NIGHT,
    part: int = 1,
    parts: int = 1,
    version: int = 3,
    at: datetime = AT,
    row_group: int = 2,
    score: float = 0.5,
) -> Batch:
    """Keep and record a part in which each entity's event is an hour after the one before."""
    number = len(keys)
    began = MIDNIGHT + (night - NIGHT)
    table = pa.table(
        {
            "entity_key": pa.array(keys, pa.string()),
            "event_time": pa.array(
                [began + timedelta(hours=hour) for hour in range(number)], pa.timestamp("us", "UTC")
            ),
            "score": pa.array([score + place / 1000 for place in range(number)], pa.float64()),
            "prediction": pa.array(["true"] * number, pa.string()),
            "income": pa.array([1000.0 + place for place in range(number)], pa.float64()),
            "housing": pa.array([None, *["rent"] * number][:number], pa.string()),
        }
    )
    about: dict[str, Any] = {"night": night.isoformat(), "part": part, "parts": parts, "version": version}
    with store.staging() as folder:
        pq.write_table(table, folder / ANSWERS, row_group_size=row_group)
        (folder / MANIFEST).write_bytes(canonical_json(about))
        digest = store.keep(KIND, folder)
    return batches.record(
        conn,
        model="loans",
        night=night,
        part=part,
        parts=parts,
        version=version,
        package_digest="5" * 64,
        rows=number,
        answers_digest=digest,
        dag_run_id="scheduled__then",
        at=at,
    )
