"""The prediction log: every scored row with its features, the version that scored it, and when."""

import io
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance.copying import copy_line
from airlock.governance.engine import lock
from airlock.governance.tables import predictions
from airlock.spec.columns import Kind

if TYPE_CHECKING:
    import pyarrow as pa

    from airlock.data.window import Window

Source = Literal["api", "batch"]
Purpose = Literal["decision", "smoke_test", "shadow"]
Value = str | float | int | bool | None

COPY = (
    "COPY predictions (id, model, version, source, purpose, entity_key, features, score, prediction, "
    "run_key, event_time, scored_at) FROM STDIN"
)
#: What a table of predictions has besides the features.
OWN_COLUMNS = ("score", "prediction", "version", "entity_key", "event_time")


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """One answer: what was asked, what was answered by which version, and when."""

    id: uuid.UUID
    model: str
    version: int
    source: Source
    purpose: Purpose
    entity_key: str | None
    features: Mapping[str, Value]
    score: float | None
    prediction: str
    run_key: str | None
    event_time: datetime
    scored_at: datetime


def line(row: PredictionRow) -> str:
    """Return a prediction as one line of COPY.

    Raises
    ------
    CopyError
        When a text holds a character that PostgreSQL cannot keep.
    """
    return copy_line(
        str(row.id), row.model, row.version, row.source, row.purpose, row.entity_key, row.features, row.score,
        row.prediction, row.run_key, row.event_time, row.scored_at,
    )  # fmt: skip


def log(conn: Connection, rows: Iterable[PredictionRow]) -> None:
    """Write predictions in the transaction of `conn`, all or none."""
    log_lines(conn, (line(row) for row in rows))


def log_lines(conn: Connection, lines: Iterable[str]) -> None:
    """Write predictions that `line` has made ready."""
    if not conn.in_transaction():
        conn.begin()  # COPY goes past SQLAlchemy, which would otherwise see nothing to commit
    reader = _Reader(iter(lines))
    cursor = conn.connection.cursor()
    try:
        cursor.copy_expert(COPY, reader)
    except Exception:
        if reader.error is not None:
            raise reader.error from None  # what stopped the lines, not what COPY says about it
        raise
    finally:
        cursor.close()


def batch_id(model: str, version: int, run_key: str, entity_key: str) -> uuid.UUID:
    """Return the id of a batch prediction: the same each time one version scores one night."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"airlock://{model}/{version}/{run_key}/{entity_key}")


def replace_night(conn: Connection, model: str, run_key: str, rows: Iterable[PredictionRow]) -> None:
    """Write a night's batch predictions in place of those written for it before, all or none."""
    lock(conn, f"night {run_key} of {model}")
    night = (predictions.c.model == model) & (predictions.c.run_key == run_key)
    conn.execute(sa.delete(predictions).where(night, predictions.c.source == "batch"))
    log(conn, rows)


def versions_of_night(conn: Connection, model: str, run_key: str) -> set[int]:
    """Return the versions whose batch predictions of a night are kept."""
    query = sa.select(predictions.c.version).where(
        predictions.c.model == model, predictions.c.run_key == run_key, predictions.c.source == "batch"
    )
    return set(conn.execute(query.distinct()).scalars())


def of_window(
    conn: Connection,
    model: str,
    window: "Window",
    *,
    kinds: Mapping[str, Kind | None],
    purpose: Purpose = "decision",
) -> "pa.Table":
    """Return the predictions about the events of a window, sorted by event time and id.

    Parameters
    ----------
    conn
        A connection to the airlock database.
    model
        Whose predictions.
    window
        By event time; the end does not belong to it.
    kinds
        What each feature holds. A value of another kind, as a version with another signature may have
        logged, counts as missing.
    purpose
        Answers that decided something, smoke tests, or what a challenger said that nobody was told.

    Returns
    -------
    pyarrow.Table
        The features in the order of `kinds`, then `OWN_COLUMNS`.

    Raises
    ------
    ValueError
        When a feature is called like one of `OWN_COLUMNS`.
    """
    from airlock.governance.prediction_table import read_window

    doubled = [name for name in kinds if name in OWN_COLUMNS]
    if doubled:
        raise ValueError(f"{doubled[0]}: a feature of {model} has a name that the log uses. Rename it.")
    chosen = [predictions.c.model == model, predictions.c.purpose == purpose]
    chosen += [] if window.start is None else [predictions.c.event_time >= window.start]
    chosen += [] if window.end is None else [predictions.c.event_time < window.end]
    return read_window(conn, sa.and_(*chosen), kinds)


class _Reader(io.TextIOBase):
    """Lets COPY read lines as they are made, so that a night need not fit in memory."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.error: Exception | None = None
        self._lines = lines
        self._rest = ""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> str:
        wanted = size if size is not None and size >= 0 else sys.maxsize
        pieces, length = [self._rest], len(self._rest)
        try:
            while length < wanted and (text := next(self._lines, "")):
                pieces.append(text)
                length += len(text)
        except Exception as error:
            self.error = error
            raise
        whole = "".join(pieces)
        self._rest = whole[wanted:]
        return whole[:wanted]
