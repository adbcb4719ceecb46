"""One file of the spool: lines are appended durably, read back in batches, and dropped once committed."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from airlock.serving.spool.lines import opened

#: A batch ends with the line that reaches this; one transaction brings it to PostgreSQL.
BATCH_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Batch:
    """Lines of COPY that follow one another in a file.

    `damaged` are those that are not what was written; `end` is where the batch ends in the file.
    """

    lines: list[bytes]
    damaged: list[bytes]
    end: int


@dataclass
class SpoolFile:
    """A file with lines, of which those before `shipped` are committed in PostgreSQL."""

    path: Path
    descriptor: int
    size: int
    shipped: int = 0
    #: When the first of its lines was written, by the monotonic clock.
    since: float = field(default_factory=time.monotonic)

    @classmethod
    def open(cls, path: Path) -> "SpoolFile":
        """Open a file with what it holds, or make one."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        return cls(path, descriptor, os.fstat(descriptor).st_size)

    @property
    def waiting(self) -> int:
        """How many bytes are not committed in PostgreSQL."""
        return max(0, self.size - self.shipped)

    def append(self, lines: bytes) -> None:
        """Add sealed lines; they are on the disk when this returns, and not in the file when it fails.

        Raises
        ------
        OSError
            When the disk is full or fails.
        """
        if self.size == 0:
            self.since = time.monotonic()
        try:
            written = 0
            while written < len(lines):
                written += os.pwrite(self.descriptor, lines[written:], self.size + written)
            os.fdatasync(self.descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self.descriptor, self.size)
            raise
        self.size += len(lines)

    def batches(self) -> Iterator[Batch]:
        """Yield what is not committed.

        A last line that is torn was being written when its process died: nobody was told, and it is left out.
        """
        with self.path.open("rb") as file:
            file.seek(self.shipped)
            end = self.shipped
            while kept := file.readlines(BATCH_BYTES):
                end += sum(map(len, kept))
                lines = [(one, opened(one)) for one in kept]
                torn = end == self.size and lines[-1][1] is None
                yield Batch(
                    [line for _, line in lines if line is not None],
                    [one for one, line in lines[: -1 if torn else None] if line is None],
                    end,
                )

    def empty(self) -> None:
        """Drop what it holds."""
        os.ftruncate(self.descriptor, 0)
        self.size = self.shipped = 0

    def close(self) -> None:
        """Close it, with what it holds."""
        os.close(self.descriptor)
