"""Hours of the scoring API: what its workers counted of each model's requests."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from airlock.governance.records import record_of
from airlock.governance.tables import api_hours


@dataclass(frozen=True)
class ApiHour:
    """What one worker counted of one model in the hour that began at `hour`.

    `failures` were answered with 5xx, `refusals` with 4xx; `buckets` are the requests that were not refused
    by the bounds of `airlock.spec.service`, each in the first that it kept, slower ones last.
    """

    model: str
    hour: datetime
    worker: UUID
    requests: int
    failures: int
    refusals: int
    buckets: Sequence[int]


def write(conn: Connection, hours: Sequence[ApiHour]) -> None:
    """Write what workers counted; the counts of the same worker and hour replace the earlier ones.

    So a try whose answer was lost may be made again, and nothing is counted twice.
    """
    statement = insert(api_hours)
    counted = ("requests", "failures", "refusals", "buckets")
    replaced = statement.on_conflict_do_update(
        index_elements=["model", "hour", "worker"],
        set_={name: statement.excluded[name] for name in counted},
    )
    conn.execute(replaced, [asdict(hour) for hour in hours])


def between(conn: Connection, model: str, start: datetime, end: datetime) -> tuple[ApiHour, ...]:
    """Return what every worker counted in the hours that began from `start` until before `end`."""
    query = sa.select(api_hours).where(
        api_hours.c.model == model, api_hours.c.hour >= start, api_hours.c.hour < end
    )
    return tuple(record_of(ApiHour, row) for row in conn.execute(query))
