"""Spool: the one way by which answers get into the prediction log."""

import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.engine import Engine

from airlock.governance.predictions import COLUMNS
from airlock.serving.spool import folders
from airlock.serving.spool.delivery import Delivery
from airlock.serving.spool.lines import sealed
from airlock.serving.spool.shipper import Shipper
from airlock.serving.spool.turns import Backlog, Turns

#: What may wait for PostgreSQL in one process: some hours of a quiet model, minutes of a busy one.
MAX_BYTES = 256 * 1024 * 1024


class Spool:
    """Keeps lines of the prediction log on the disk until PostgreSQL has them; safe from several threads."""

    def __init__(self, engine: Engine, root: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folders.own(root)
        self._refused = root / folders.REFUSED
        self._turns = Turns(self._folder.path, COLUMNS, max_bytes)
        self._shipper = Shipper(self._turns, Delivery(engine, self._refused), root)

    def start(self) -> None:
        """Begin to ship."""
        self._shipper.start()

    def stop(self) -> None:
        """Ship what waits, and end; what PostgreSQL does not take now is left for another process."""
        self._shipper.stop()
        waits = self.backlog().bytes
        self._turns.close()
        if waits:
            self._folder.release()
        else:
            self._folder.remove()

    def append(self, lines: Sequence[str]) -> None:
        """Add lines of COPY; they are on the disk when this returns.

        Raises
        ------
        SpoolFull
            When so much waits for PostgreSQL that no more may.
        OSError
            When the disk is full or fails.
        """
        self._turns.append(sealed(lines))
        self._shipper.wake()

    def backlog(self) -> Backlog:
        """Return what PostgreSQL does not have yet."""
        return self._turns.backlog()

    def refused(self) -> int:
        """Return how many lines PostgreSQL refused for good, of all processes that share the spool."""
        return len(os.listdir(self._refused)) if self._refused.is_dir() else 0
