"""Shadows: what a challenger would have answered, asked and logged once nobody waits for it."""

import logging
import queue
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from airlock.governance.predictions import line
from airlock.serving import metrics
from airlock.serving.answering import Shadowed
from airlock.serving.asked import unheard
from airlock.serving.asking import answers_or_none
from airlock.serving.spool.spool import Spool
from airlock.serving.spool.turns import SpoolFull

LOG = logging.getLogger("uvicorn.error.airlock")

#: Rows beyond these are dropped: a challenger that is slower than the champion must not fill the memory.
MAX_WAITING_ROWS = 5000
QUESTIONS_AT_ONCE = 100
STOP_SECONDS = 5.0


class Shadows:
    """Puts rows to challengers in one thread, after they were answered; what does not fit is dropped."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._waiting: queue.SimpleQueue[Shadowed | None] = queue.SimpleQueue()
        self._counting = threading.Lock()
        self._rows = 0
        self._dropped: Counter[int] = Counter()
        self._thread = threading.Thread(target=self._keep_asking, name="shadows", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask what waits, as far as a few seconds go, and end."""
        self._waiting.put(None)
        self._thread.join(STOP_SECONDS)

    def put(self, shadowed: Shadowed) -> None:
        """Have rows answered later, or drop them where too many wait; never waits."""
        rows = len(shadowed.rows)
        with self._counting:
            fits = self._rows + rows <= MAX_WAITING_ROWS
            self._rows += rows if fits else 0
        if fits:
            self._waiting.put(shadowed)
        else:
            self._drop(shadowed, "too many wait")

    def dropped(self, challenger_id: int) -> int:
        """Return how many rows a challenger should have been asked for and was not, or was not logged."""
        return self._dropped[challenger_id]

    def _keep_asking(self) -> None:
        ends = False
        while not ends:
            taken = [self._waiting.get()]
            while len(taken) < QUESTIONS_AT_ONCE and not self._waiting.empty():
                taken.append(self._waiting.get())
            ends = taken[-1] is None
            self._ask([shadowed for shadowed in taken if shadowed is not None])

    def _ask(self, questions: Sequence[Shadowed]) -> None:
        try:
            lines = [text for shadowed in questions for text in _lines(shadowed)]
            self._spool.append(lines)
        except (SpoolFull, OSError):
            for shadowed in questions:
                self._drop(shadowed, "they could not be logged")
        finally:
            with self._counting:
                self._rows -= sum(len(shadowed.rows) for shadowed in questions)

    def _drop(self, shadowed: Shadowed, because: str) -> None:
        record, rows = shadowed.challenger.record, len(shadowed.rows)
        with self._counting:
            first = record.id not in self._dropped
            self._dropped[record.id] += rows
        metrics.shadow_dropped(record.model, record.version, rows)
        if first:
            name = f"{record.model} version {record.version}"
            LOG.warning("rows for %s in the shadow are dropped, from now on counted: %s", name, because)


def _lines(shadowed: Shadowed) -> list[str]:
    challenger, rows = shadowed.challenger, shadowed.rows
    answers = answers_or_none(challenger, rows, range(len(rows)))
    record, heard = challenger.record, sum(answer is not None for answer in answers.values())
    metrics.answered(record.model, record.version, "shadow", "shadow", heard)
    at = datetime.now(UTC)
    return [line(unheard(record, row, answers[n], at)) for n, row in enumerate(rows)]
