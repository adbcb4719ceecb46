"""Champions: what serves each model, as the records of deployments and challengers say."""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from airlock.governance import audit_log, challengers, deployments
from airlock.serving.clients import Clients
from airlock.serving.versions import Recorded, Serving, Unavailable, follow
from airlock.store import Store

LOG = logging.getLogger("uvicorn.error.airlock")

LOOK_SECONDS = 0.25
#: Looks come no closer than this, however many unknown models are asked for.
CLOSEST_SECONDS = 0.1
STALE_SECONDS = 15.0
#: So long the champions that were proved answer while the record cannot be read: a rollback goes unseen.
TRUSTED_SECONDS = 300.0
LOADERS = 4
#: So long a request waits for a model that is being loaded.
LOADING_SECONDS = 5.0


class Champions:
    """What serves all models, kept as the record says by a look each quarter of a second.

    A new champion is loaded while the one before still answers and other models are looked after, and takes
    its place in one assignment. One that cannot be proved takes its place too: then nothing answers, because
    the one before was retired. A challenger that ended is gone with the look that sees it.
    """

    def __init__(self, engine: Engine, store: Store, clients: Clients) -> None:
        self._at_one_moment = engine.execution_options(isolation_level="REPEATABLE READ")
        self._store = store
        self._clients = clients  # read with the same look
        self._recorded: Mapping[str, Recorded] = {}
        self._said: Mapping[str | None, int] = {}  # the newest row of the audit log about each model
        self._serving: Mapping[str, Serving] = {}
        self._loads: dict[str, Future[None]] = {}
        self._changing = threading.Lock()  # held for every change of the three
        self._loaders = ThreadPoolExecutor(LOADERS, thread_name_prefix="load")
        self._looking = threading.Lock()
        self._began = self._looked = self._read_at = float("-inf")
        self._trouble = "The deployment record was not read yet."
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name="champions", daemon=True)

    def start(self) -> None:
        """Load what the record names, where it can be read, and go on looking in the background."""
        self.look()
        wait(list(self._loads.values()))
        self._thread.start()

    def stop(self) -> None:
        """End looking."""
        self._stopping.set()
        self._thread.join()
        self._loaders.shutdown(cancel_futures=True)

    def all(self) -> Mapping[str, Serving]:
        """Return what serves, by model."""
        return self._serving

    def of(self, model: str) -> Serving | None:
        """Return what serves a model, as far as the last look saw."""
        return self._serving.get(model)

    def is_recorded(self, model: str) -> bool:
        """Say whether the record names a champion of a model, loaded or not."""
        return model in self._recorded

    def are_trusted(self) -> bool:
        """Say whether the record was read recently enough for what serves to go on answering."""
        return time.monotonic() - self._read_at <= TRUSTED_SECONDS

    def look(self) -> None:
        """Read the record, not before this was asked for, and begin to load what is new."""
        asked = time.monotonic()
        with self._looking:
            if self._began < asked:  # else somebody's look began while this one waited for its turn
                self._stopping.wait(max(0.0, self._looked + CLOSEST_SECONDS - time.monotonic()))
                self._look()

    async def look_for(self, model: str) -> None:
        """Look, and wait for a while until what serves one model is loaded; only the look takes a thread."""
        await asyncio.to_thread(self.look)
        loading = self._loads.get(model)
        if loading is not None:
            await asyncio.wait([asyncio.wrap_future(loading)], timeout=LOADING_SECONDS)

    @property
    def trouble(self) -> str:
        """What kept the last look from reading the record; empty where nothing did."""
        return self._trouble

    def problems(self) -> list[str]:
        """Return what keeps this process from answering for every champion."""
        if self._trouble:
            return [self._trouble]
        age = time.monotonic() - self._looked
        if age > STALE_SECONDS:
            return [f"The deployment record was last read {age:.0f} s ago."]
        recorded, serving = self._recorded, self._serving
        loading = [f"{model} is being loaded." for model in recorded if model not in serving]
        entries = [entry.champion for entry in serving.values()]
        return loading + [entry.reason for entry in entries if isinstance(entry, Unavailable)]

    def _keep_looking(self) -> None:
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(LOOK_SECONDS)

    def _look(self) -> None:
        self._began = time.monotonic()
        problem = ""
        try:
            with self._at_one_moment.connect() as conn:
                new = audit_log.newest(conn, after=max(self._said.values(), default=0))
                self._clients.read(conn, anew=None in new)
                said = {**self._said, **new}
                recorded = _read(conn, said)
            self._said = said
            self._follow(recorded)
            self._read_at = self._began
        except SQLAlchemyError as error:
            problem = "PostgreSQL cannot be reached, so that nothing can be looked up or logged."
            if problem != self._trouble:
                LOG.warning("%s (%s)", problem, type(error).__name__)
        self._trouble = problem
        self._looked = time.monotonic()

    def _follow(self, recorded: Mapping[str, Recorded]) -> None:
        with self._changing:
            known = self._serving
            self._recorded = recorded
            self._serving = {
                model: _without_what_ended(serving, recorded[model])
                for model, serving in known.items()
                if model in recorded
            }
            for model, now in recorded.items():
                before = known.get(model)
                if model not in self._loads and (before is None or not before.is_settled(now)):
                    self._loads[model] = self._loaders.submit(self._load, model, now, before)

    def _load(self, model: str, recorded: Recorded, known: Serving | None) -> None:
        """Take in what the record says of a model, unless it says something else by then."""
        serving = None
        try:
            with self._at_one_moment.connect() as conn:
                if _read(conn, {model: recorded.said}).get(model) == recorded:
                    serving = follow(conn, self._store, recorded, known)
        except Exception as error:  # whatever it is, the next look tries again
            LOG.warning("%s could not be proved, and is tried again: %s", model, type(error).__name__)
        finally:
            with self._changing:
                del self._loads[model]
                if serving is not None and self._recorded.get(model) == recorded:
                    self._serving = {**self._serving, model: serving}


def _read(conn: Connection, said: Mapping[str | None, int]) -> Mapping[str, Recorded]:
    beside = {challenger.model: challenger for challenger in challengers.actives(conn)}
    return {
        one.model: Recorded(one, beside.get(one.model), said.get(one.model, 0))
        for one in deployments.champions(conn)
    }


def _without_what_ended(serving: Serving, recorded: Recorded) -> Serving:
    """Return what serves a model without a challenger that the record no longer names."""
    beside, now = serving.challenger, recorded.challenger
    if beside is None or (now is not None and now.id == beside.record.id):
        return serving
    return replace(serving, challenger=None)
