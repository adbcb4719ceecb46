"""The prediction log: every scored row with its features, the version that scored it, and when."""

import io
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance.copying import copy_line
from airlock.governance.prediction_table import OWN_COLUMNS, schema, stream_chosen
from airlock.governance.tables import batches, predictions
from airlock.spec.columns import Kind
from airlock.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from airlock.data.window import Window

Source = Literal["api", "batch"]
Purpose = Literal["decision", "smoke_test", "shadow"]
Value = str | float | int | bool | None

#: What a line holds, in its order.
COLUMNS = (
    "id", "model", "version", "source", "purpose", "entity_key", "features", "score", "prediction", "run_key",
    "event_time", "scored_at", "client",
)  # fmt: skip


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
    client: str | None = None


def line(row: PredictionRow) -> str:
    """Return a prediction as one line of COPY.

    Raises
    ------
    CopyError
        When a text holds a character that PostgreSQL cannot keep.
    """
    return copy_line(
        str(row.id), row.model, row.version, row.source, row.purpose, row.entity_key, row.features, row.score,
        row.prediction, row.run_key, row.event_time, row.scored_at, row.client,
    )  # fmt: skip


def log_file(conn: Connection, file: io.BytesIO, columns: Sequence[str] = COLUMNS) -> None:
    """Write predictions that a file holds as lines, made ready by a `line` that knew these columns.

    Raises
    ------
    ValueError
        When the table has no such column.
    """
    unknown = [name for name in columns if name not in predictions.c]
    if unknown:
        raise ValueError(f"The prediction log has no column {unknown[0]!r}.")
    if not conn.in_transaction():
        conn.begin()  # COPY goes past SQLAlchemy, which would otherwise see nothing to commit
    with closing(conn.connection.cursor()) as cursor:
        cursor.copy_expert(f"COPY predictions ({', '.join(columns)}) FROM STDIN", file)


def versions_of_night(conn: Connection, model: str, run_key: str) -> set[int]:
    """Return the versions that scored a night before nights were kept in the evidence store."""
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
    store: Store,
    purpose: Purpose = "decision",
) -> "pa.Table":
    """Return all that `stream_window` yields as one table by event time, no text in a dictionary."""
    import pyarrow as pa

    rows = stream_window(conn, model, window, kinds=kinds, store=store, purpose=purpose)
    plain = schema(kinds)
    return pa.concat_tables([plain.empty_table(), *(piece.cast(plain) for piece in rows)]).sort_by(
        "event_time"
    )


def stream_window(
    conn: Connection,
    model: str,
    window: "Window",
    *,
    kinds: Mapping[str, Kind | None],
    store: Store,
    purpose: Purpose = "decision",
) -> "Iterator[pa.Table]":
    """Yield the predictions about the events of a window in small tables: the API's, then those of batches.

    The connection is busy until the last is there. The order is the same each time.

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
    store
        The evidence store, which holds what batches answered.
    purpose
        Answers that decided something, smoke tests, or what a challenger said that nobody was told.

    Yields
    ------
    pyarrow.Table
        The features in the order of `kinds`, then `OWN_COLUMNS`, of at most `ROWS_AT_ONCE` rows. A row about
        no entity is one of its own, with its id for a key. Texts may be dictionaries.

    Raises
    ------
    ValueError
        When a feature is called like one of `OWN_COLUMNS`.
    StoreError
        When answers of a batch are missing in the store, or were changed.
    """
    from airlock.governance import batch_answers

    doubled = [name for name in kinds if name in OWN_COLUMNS]
    if doubled:
        raise ValueError(f"{doubled[0]}: a feature of {model} has a name that the log uses. Rename it.")
    yield from stream_chosen(conn, _chosen(model, window, purpose), kinds)
    if purpose == "decision":
        yield from batch_answers.stream_window(conn, store, model, window, kinds)


def versions_of_window(conn: Connection, model: str, window: "Window") -> Counter[int]:
    """Return how many decisions each version made about the events of a window of whole nights."""
    from airlock.governance import batch_answers
    from airlock.governance.batches import of_nights

    version, number = predictions.c.version, sa.func.count().label("number")
    chosen = _chosen(model, window, "decision")
    query = sa.select(version, number).where(chosen).group_by(version).order_by(version)
    counted = Counter({row.version: row.number for row in conn.execute(query)})
    for batch in of_nights(conn, model, *batch_answers.nights_of(window)):
        counted[batch.version] += batch.rows
    return counted


def _chosen(model: str, window: "Window", purpose: Purpose) -> sa.ColumnElement[bool]:
    moment = predictions.c.event_time
    chosen = [predictions.c.model == model, predictions.c.purpose == purpose, _not_scored_again(model)]
    chosen += [] if window.start is None else [moment >= window.start]
    chosen += [] if window.end is None else [moment < window.end]
    return sa.and_(*chosen)


def _not_scored_again(model: str) -> sa.ColumnElement[bool]:
    """Leave out nights that were logged row by row, as once they were, and scored again since."""
    again = sa.select(sa.cast(batches.c.night, sa.Text)).where(
        batches.c.model == model, batches.c.replaced_at.is_(None)
    )
    return (predictions.c.source != "batch") | predictions.c.run_key.not_in(again)
