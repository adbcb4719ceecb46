"""The prediction log as the API writes it: what waits at the same moment is committed together."""

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import psycopg2
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from airlock.governance import predictions

LOG = logging.getLogger("uvicorn.error.airlock")

ROWS_A_COMMIT = 5000
MAX_WAITING = 1000
#: PostgreSQL cannot be reached or does not answer in time: no use in trying each request by itself.
LOST = (OperationalError, psycopg2.OperationalError, psycopg2.InterfaceError)


class LogUnavailable(Exception):
    """Predictions cannot be logged at the moment, so none may be answered."""


@dataclass(frozen=True)
class _Entry:
    lines: Sequence[str]
    written: "Future[None]" = field(default_factory=Future)


class PredictionLog:
    """Writes predictions durably, in one thread: one COPY and one commit for all that wait."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.Queue[_Entry | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._keep_writing, name="prediction log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def write(self, lines: Sequence[str]) -> "Future[None]":
        """Return what is done once the predictions are committed, and fails when they are not.

        Raises
        ------
        LogUnavailable
            When too many wait already.
        """
        entry = _Entry(lines)
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            raise LogUnavailable("too many predictions wait to be logged") from None
        return entry.written

    def _keep_writing(self) -> None:
        while (first := self._waiting.get()) is not None:
            entries, rows, ends = [first], len(first.lines), False
            while rows < ROWS_A_COMMIT and not ends and not self._waiting.empty():
                entry = self._waiting.get()
                if entry is None:
                    ends = True
                else:
                    entries.append(entry)
                    rows += len(entry.lines)
            self._commit(entries)
            if ends:
                return

    def _commit(self, entries: Sequence[_Entry]) -> None:
        try:
            with self._engine.begin() as conn:
                predictions.log_lines(conn, (line for entry in entries for line in entry.lines))
        except Exception as error:  # the thread must live on, and every caller must hear of it
            self._failed(entries, error)
        else:
            for entry in entries:
                entry.written.set_result(None)

    def _failed(self, entries: Sequence[_Entry], error: Exception) -> None:
        lost = isinstance(error, LOST)
        LOG.error("predictions of %d requests were not logged: %s", len(entries), type(error).__name__)
        if len(entries) > 1 and not lost:
            for entry in entries:  # one request's rows must not fail another's
                self._commit([entry])
            return
        for entry in entries:
            entry.written.set_exception(LogUnavailable(type(error).__name__))
