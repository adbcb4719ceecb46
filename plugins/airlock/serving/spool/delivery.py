"""Delivery: lines of the spool become rows of PostgreSQL, each exactly once."""

import io
import logging
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import psycopg2
import psycopg2.errors
from sqlalchemy.engine import Connection, Engine

from airlock.governance import predictions
from airlock.serving.spool import folders
from airlock.serving.spool.file import SpoolFile

LOG = logging.getLogger("uvicorn.error.airlock")

DAMAGED = "it is not what was written"


class Delivery:
    """Brings the files of the spool to PostgreSQL; what it refuses for good is set aside in a folder."""

    def __init__(self, engine: Engine, refused: Path) -> None:
        self._engine = engine
        self._refused = refused

    def ship(self, file: SpoolFile, columns: Sequence[str]) -> None:
        """Commit what a file holds, and empty it; what is done stays done when this fails.

        Raises
        ------
        sqlalchemy.exc.SQLAlchemyError, psycopg2.Error
            When PostgreSQL does not take it now.
        OSError
            When what it refuses cannot be set aside.
        """
        for batch in file.batches():
            for line in batch.damaged:
                self._set_aside(line, columns, DAMAGED)
            if batch.lines:
                self._commit(batch.lines, columns)
            file.shipped = batch.end
        file.empty()

    def _commit(self, lines: Sequence[bytes], columns: Sequence[str]) -> None:
        try:
            with self._engine.begin() as conn:
                predictions.log_file(conn, io.BytesIO(b"".join(lines)), columns)
        except (psycopg2.IntegrityError, psycopg2.DataError):
            with self._engine.begin() as conn:
                for line in lines:
                    self._commit_one(conn, line, columns)

    def _commit_one(self, conn: Connection, line: bytes, columns: Sequence[str]) -> None:
        try:
            with conn.begin_nested():
                predictions.log_file(conn, io.BytesIO(line), columns)
        except psycopg2.errors.UniqueViolation:
            pass  # it was committed, and the answer to that was lost
        except (psycopg2.IntegrityError, psycopg2.DataError) as error:
            self._set_aside(line, columns, f"PostgreSQL refuses it ({type(error).__name__})")

    def _set_aside(self, line: bytes, columns: Sequence[str], because: str) -> None:
        """Keep a line where a person can mend it; only then is it dropped from the spool."""
        self._refused.mkdir(mode=0o700, exist_ok=True)
        path = self._refused / f"{sha256(line).hexdigest()[:32]}.line"  # a second try finds it there
        folders.write(path, "\t".join(columns).encode() + b"\n" + line)
        LOG.error("A logged prediction cannot be kept: %s. It is set aside in %s.", because, path)
