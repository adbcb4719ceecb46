"""Gathering: the answers of one event loop that wait at the same moment are forced to the disk together."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from airlock.serving.spool.spool import Spool


class Gathering:
    """Writes to the spool in one thread for all requests of an event loop."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gathering")
        self._lines: list[str] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._writing = False

    async def write(self, lines: Sequence[str]) -> None:
        """Return once lines are on the disk.

        Raises
        ------
        SpoolFull, OSError
            As `Spool.append`; then none of those that were written together is in the spool.
        """
        done = asyncio.get_running_loop().create_future()
        self._lines += lines
        self._waiting.append(done)
        if not self._writing:
            self._write()
        await done

    def stop(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _write(self) -> None:
        lines, told = self._lines, self._waiting
        self._lines, self._waiting = [], []
        self._writing = True
        written = asyncio.get_running_loop().run_in_executor(self._thread, self._spool.append, lines)
        written.add_done_callback(lambda done: self._tell(told, done.exception()))

    def _tell(self, told: Sequence["asyncio.Future[None]"], error: BaseException | None) -> None:
        self._writing = False
        if self._waiting:
            self._write()
        for done in told:
            if done.done():
                continue  # it gave up waiting
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
