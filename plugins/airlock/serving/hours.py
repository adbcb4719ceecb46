"""Hours: how many requests each model had, how they went and how long they took, kept in PostgreSQL.

A request costs an addition in memory. A thread writes the counts of the hour each minute, and at the end;
while PostgreSQL is away they wait. What waits when the process ends stays in a file for any other one.
"""

import json
import logging
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy.engine import Engine
from sqlalchemy.exc import DataError, IntegrityError

from airlock.governance import api_hours
from airlock.governance.api_hours import ApiHour
from airlock.serving.spool import folders
from airlock.spec.service import BOUNDS

LOG = logging.getLogger("uvicorn.error.airlock")

EVERY_SECONDS = 60.0
HOUR = 3600
#: So many hours a worker remembers what it wrote: the clock may be set back by less.
REMEMBERED = 24
SUFFIX = ".hours"
#: What is not what a worker left, or what PostgreSQL will never take: a person may look at it.
REFUSED = ".refused"


class Hours:
    """Counts the requests of one process; safe from several threads."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._worker = uuid4()
        self._counting = threading.Lock()
        self._counts: dict[tuple[str, int], list[int]] = {}
        self._changed: set[tuple[str, int]] = set()
        self._failing = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_writing, name="hours", daemon=True)

    def start(self) -> None:
        """Begin to write what is counted."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is counted, or leave it in a file where PostgreSQL does not take it, and end."""
        self._stopping.set()
        self._thread.join()
        if not self._written():
            self._leave()

    def add(self, model: str, status: int, seconds: float) -> None:
        """Count a request that was answered now; never waits for anything but another addition."""
        key = model, int(time.time()) // HOUR
        with self._counting:
            counts = self._counts.get(key)
            if counts is None:
                counts = self._counts[key] = [0] * (3 + len(BOUNDS) + 1)
            counts[0] += 1
            counts[1] += status >= 500
            if 400 <= status < 500:
                counts[2] += 1
            else:
                counts[3 + bisect_left(BOUNDS, seconds)] += 1
            self._changed.add(key)

    def _keep_writing(self) -> None:
        while not self._stopping.is_set():
            self._written()
            self._stopping.wait(EVERY_SECONDS)

    def _written(self) -> bool:
        """Write what changed and what others left, and say whether that worked."""
        taken, hours = self._taken()
        try:
            self._write(hours)
            self._adopt()
        except Exception as error:  # whatever it is, the counts are tried again, and the thread must live on
            with self._counting:
                self._changed |= taken
            if not self._failing:
                LOG.warning("What the API counts waits for PostgreSQL: %s.", type(error).__name__)
            self._failing = True
            return False
        self._failing = False
        return True

    def _taken(self) -> tuple[set[tuple[str, int]], list[ApiHour]]:
        """Return what changed since it was taken last, and forget hours that are long over."""
        with self._counting:
            taken, self._changed = self._changed, set()
            over = int(time.time()) // HOUR - REMEMBERED
            hours = [self._hour(model, hour) for model, hour in sorted(taken)]
            for key in [key for key in self._counts if key[1] < over and key not in taken]:
                del self._counts[key]
        return taken, hours

    def _hour(self, model: str, hour: int) -> ApiHour:
        requests, failures, refusals, *buckets = self._counts[model, hour]
        began = datetime.fromtimestamp(hour * HOUR, UTC)
        return ApiHour(model, began, self._worker, requests, failures, refusals, buckets)

    def _write(self, hours: Iterable[ApiHour]) -> None:
        if hours := list(hours):
            with self._engine.begin() as conn:
                api_hours.write(conn, hours)

    def _leave(self) -> None:
        """Keep in a file what PostgreSQL does not have; it is there whole, or not at all."""
        _, hours = self._taken()
        if not hours:
            return
        new = self._folder / f"{self._worker}.new"
        folders.write(new, json.dumps([asdict(hour) for hour in hours], default=str).encode())
        os.replace(new, new.with_suffix(SUFFIX))
        folders.force(self._folder)

    def _adopt(self) -> None:
        """Write what processes left that ended without PostgreSQL; two may do so at once."""
        for file in sorted(self._folder.glob(f"*{SUFFIX}")):
            try:
                self._write(_read(file))
            except FileNotFoundError:
                continue  # another process has written it
            except (ValueError, TypeError, KeyError, IntegrityError, DataError) as error:
                LOG.error("%s cannot be kept (%s). It is set aside.", file, type(error).__name__)
                file.rename(file.with_suffix(REFUSED))
                continue
            file.unlink(missing_ok=True)


def _read(file: Path) -> list[ApiHour]:
    return [
        ApiHour(**one | {"hour": datetime.fromisoformat(one["hour"]), "worker": UUID(one["worker"])})
        for one in json.loads(file.read_text())
    ]
