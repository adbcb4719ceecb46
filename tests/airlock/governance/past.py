"""What was answered and said long ago, for the tests of retention."""

import uuid
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance.predictions import PredictionRow
from airlock.governance.tables import contests
from tests.airlock.governance.records import log

NOW = datetime.now(UTC)
OLD, OLDER, YOUNG = (NOW - timedelta(days=days) for days in (400, 500, 200))
RUN = "retention/scheduled__1"


def answer(conn: Connection, at: datetime, model: str = "loans") -> uuid.UUID:
    """Log an answer of the API that was given then."""
    number = uuid.uuid4()
    said = (number, model, 1, "api", "decision", "L1", {"income": 1000.0}, 0.7, "true", None)
    log(conn, [PredictionRow(*said, event_time=at, scored_at=at)])
    return number


def contest(conn: Connection, decision: uuid.UUID, *, decided_at: datetime | None = None) -> int:
    """Contest a decision; ria upholds it where it is decided."""
    said = {"decision_id": decision, "model": "loans", "version": 1, "reason": "wrong", "asked_by": "shop"}
    if decided_at is not None:
        by = {"decided_by": "ria", "decided_because": "right", "decided_at": decided_at}
        said |= {"state": "upheld", "prediction": "true", **by}
    made = sa.insert(contests).values(said | {"asked_at": OLDER}).returning(contests.c.id)
    return conn.execute(made).scalar_one()
