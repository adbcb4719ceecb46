"""Gathering: the answers of one event loop that wait at the same moment are forced to the disk together."""

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from airlock.serving.spool.spool import Spool


class Gathering:
    """Writes to the spool in one thread for all requests of an event loop."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gathering")
        self._waiting: dict[asyncio.Future[None], Sequence[str]] = {}
        self._writing = False

    async def write(self, lines: Sequence[str]) -> None:
        """Return once lines are on the disk; of who gives up before their turn, nothing is written.

        Raises
        ------
        SpoolFull, OSError
            As `Spool.append`; then none of those that were written together is in the spool.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting[done] = lines
        if not self._writing:
            self._write()
        try:
            await done
        finally:
            self._waiting.pop(done, None)

    def stop(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _write(self) -> None:
        waiting = {done: lines for done, lines in self._waiting.items() if not done.done()}
        self._waiting = {}
        if not waiting:
            return
        self._writing = True
        lines = list(chain.from_iterable(waiting.values()))
        written = asyncio.get_running_loop().run_in_executor(self._thread, self._spool.append, lines)
        written.add_done_callback(lambda done: self._tell(waiting, done.exception()))

    def _tell(self, told: Iterable["asyncio.Future[None]"], error: BaseException | None) -> None:
        self._writing = False
        self._write()
        for done in told:
            if done.done():
                continue  # it gave up waiting
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
