"""Turns: of two files one is written while the other is shipped, so that neither waits for the other."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from airlock.serving.spool import folders
from airlock.serving.spool.file import SpoolFile

FILES = ("a", "b")
#: Names what the lines of a folder hold, for a process of another release that finds them.
COLUMNS = "columns"


class SpoolFull(Exception):
    """So much waits for PostgreSQL that nothing more may be answered."""


@dataclass(frozen=True)
class Backlog:
    """What PostgreSQL does not have yet: how many bytes, and since when (monotonic clock), if any."""

    bytes: int
    since: float | None


class Turns:
    """The two files of a process's folder; safe from several threads."""

    def __init__(self, folder: Path, columns: Sequence[str], max_bytes: int) -> None:
        written, shipped = (SpoolFile.open(folder / name) for name in FILES)
        self._files = (written, shipped)  # changes in one assignment, so that nobody sees one of them twice
        folders.write(folder / COLUMNS, " ".join(columns).encode())
        self._max_bytes = max_bytes
        self._turning = threading.Lock()  # held while a file is written, and while the two change places

    def append(self, lines: bytes) -> None:
        """Add sealed lines; they are on the disk when this returns.

        Raises
        ------
        SpoolFull
            When more would wait than may.
        OSError
            When the disk is full or fails.
        """
        with self._turning:
            if self.backlog().bytes + len(lines) > self._max_bytes:
                raise SpoolFull
            self._files[0].append(lines)

    def take(self) -> SpoolFile | None:
        """Return the file whose turn it is to be shipped, until it was emptied; None where nothing waits."""
        with self._turning:
            written, shipped = self._files
            if shipped.size == 0:
                self._files = (shipped, written)
            return self._files[1] if self._files[1].size else None

    def backlog(self) -> Backlog:
        """Return what was not shipped yet."""
        files = [file for file in self._files if file.waiting]
        return Backlog(sum(file.waiting for file in files), min((file.since for file in files), default=None))

    def close(self) -> None:
        """Close both files, with what they hold."""
        for file in self._files:
            file.close()


def left(folder: Path) -> tuple[list[SpoolFile], list[str]]:
    """Return the files of a folder that a dead process left, and what their lines hold."""
    columns = (folder / COLUMNS).read_text().split() if (folder / COLUMNS).exists() else []
    return [SpoolFile.open(folder / name) for name in FILES], columns
