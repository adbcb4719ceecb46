"""Service: what one process of the scoring API holds while it runs."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from airlock.governance.engine import connect
from airlock.serving import metrics
from airlock.serving.answering import answer
from airlock.serving.champions import TRUSTED_SECONDS, Champions
from airlock.serving.clients import Clients
from airlock.serving.explaining import Explaining
from airlock.serving.forms import Question, Reply
from airlock.serving.hours import Hours
from airlock.serving.recording import Recording
from airlock.serving.refusals import Refusal
from airlock.serving.shadows import Shadows
from airlock.serving.spool.gathering import Gathering
from airlock.serving.spool.spool import MAX_BYTES, Spool
from airlock.serving.spool.turns import SpoolFull
from airlock.serving.versions import Serving
from airlock.store import Store

R = TypeVar("R")
LOG = logging.getLogger("uvicorn.error.airlock")

STATEMENT_SECONDS = 5.0
#: A disk that takes longer has failed.
DISK_SECONDS = 15.0
#: So long PostgreSQL may be behind with the log before this process calls itself not ready.
LATE_SECONDS = 60.0
THREADS = 2
#: So few rows are answered in the event loop: a thread would take longer to be asked than to answer.
ROWS_AT_ONCE = 20
NOT_LOGGED = "The prediction could not be logged, and nothing is answered that is not. Try again later."
FULL = (
    f"No more predictions can be logged: {MAX_BYTES >> 20} MiB wait for PostgreSQL, and nothing is answered "
    "that is not logged. Try again when PostgreSQL is back; GET /readyz says so."
)
UNTRUSTED = (
    f"The deployment record could not be read for {TRUSTED_SECONDS / 60:.0f} minutes, so that what serves "
    "may have been rolled back unseen. Try again when PostgreSQL is back; GET /readyz says so."
)
RETRY_AFTER = {"Retry-After": "10"}


@dataclass(frozen=True)
class Service:
    """What serves, the way into the log, what is counted, and the threads in which models compute."""

    champions: Champions
    clients: Clients
    spool: Spool
    log: Gathering
    shadows: Shadows
    explaining: Explaining
    recording: Recording
    hours: Hours
    threads: ThreadPoolExecutor

    async def serving(self, model: str, version: int | None = None) -> Serving:
        """Return what serves a model; what is not known is looked up in the record before it is refused."""
        found = self.champions.of(model)
        if found is None or not found.names(version):
            await self.champions.look_for(model)
            found = self.champions.of(model)
        if found is not None:
            if not self.champions.are_trusted():
                raise Refusal(503, UNTRUSTED, headers=RETRY_AFTER, kind="untrusted")
            return found
        if self.champions.trouble:
            raise Refusal(503, self.champions.trouble)
        if self.champions.is_recorded(model):
            raise Refusal(503, f"{model} is being loaded. Try again later.")
        raise Refusal(404, f"No model {model[:100]!r} is deployed. GET /v1/models lists those that are.")

    async def predict(self, model: str, question: Question, client: str) -> Reply:
        """Answer a client's question once its answers are logged; a shadow is asked afterwards."""
        serving = await self.serving(model, question.version)
        now = datetime.now(UTC)
        if len(question.rows) <= ROWS_AT_ONCE and serving.is_quick():
            answered = answer(serving, question, client, now)
        else:
            answered = await self.in_thread(answer, serving, question, client, now)
        try:
            async with asyncio.timeout(DISK_SECONDS):
                await self.log.write(answered.lines)
        except SpoolFull:
            raise Refusal(503, FULL, headers=RETRY_AFTER, kind="spool_full") from None
        except (OSError, TimeoutError) as error:
            LOG.error("A prediction could not be written to the spool: %s", type(error).__name__)
            raise Refusal(503, NOT_LOGGED, kind="not_logged") from None
        for by, role, rows in answered.counts:
            metrics.answered(serving.champion.record.model, by, role, question.purpose, rows)
        if answered.shadowed is not None:
            self.shadows.put(answered.shadowed)
        return answered.reply

    async def in_thread(self, function: Callable[..., R], *given: Any) -> R:
        """Call what takes long beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *given)

    def problems(self) -> list[str]:
        """Return what keeps this process from answering for every champion, or the log from PostgreSQL."""
        since = self.spool.backlog().since
        late = 0.0 if since is None else time.monotonic() - since
        if late <= LATE_SECONDS:
            return self.champions.problems()
        return [*self.champions.problems(), f"The prediction log waits for PostgreSQL since {late:.0f} s."]


@contextmanager
def running_service(database_url: str, store: Store, spool_folder: Path, own_key: str) -> Iterator[Service]:
    """Run a service; what serves is loaded before the first request, where the record can be read.

    `own_key` is the fingerprint of Airlock's own API key.
    """
    engine = connect(database_url, application="airlock scoring", statement_seconds=STATEMENT_SECONDS)
    spool = Spool(engine, spool_folder)
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="model")
    clients = Clients(own_key)
    champions = Champions(engine, store, clients)
    service = Service(
        champions,
        clients,
        spool,
        Gathering(spool),
        Shadows(spool),
        Explaining(engine, store),
        Recording(engine),
        Hours(engine, spool_folder),
        threads,
    )
    service.spool.start()
    service.shadows.start()
    service.champions.start()
    service.hours.start()
    try:
        yield service
    finally:
        service.champions.stop()
        service.explaining.stop()
        service.threads.shutdown()
        service.shadows.stop()
        service.log.stop()
        service.spool.stop()
        service.hours.stop()
        engine.dispose()
