"""Service: what one process of the scoring API holds while it runs."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from airlock.governance.engine import connect
from airlock.serving.answering import answer
from airlock.serving.champions import Champions
from airlock.serving.clients import Clients
from airlock.serving.forms import Question, Reply
from airlock.serving.prediction_log import LogUnavailable, PredictionLog
from airlock.serving.refusals import Refusal
from airlock.serving.shadows import Shadows
from airlock.serving.versions import Serving
from airlock.store import Store

STATEMENT_SECONDS = 5.0
#: Longer than connecting and one statement may take together.
LOG_SECONDS = 15.0
THREADS = 2
NOT_LOGGED = "The prediction could not be logged, and nothing is answered that is not. Try again later."


@dataclass(frozen=True)
class Service:
    """What serves, the log, and the threads in which models compute."""

    champions: Champions
    clients: Clients
    log: PredictionLog
    shadows: Shadows
    threads: ThreadPoolExecutor

    async def serving(self, model: str, version: int | None = None) -> Serving:
        """Return what serves a model; what is not known is looked up in the record before it is refused."""
        found = self.champions.of(model)
        if found is None or not found.names(version):
            await asyncio.to_thread(self.champions.look_for, model)
            found = self.champions.of(model)
        if found is not None:
            return found
        if self.champions.trouble:
            raise Refusal(503, self.champions.trouble)
        if self.champions.is_recorded(model):
            raise Refusal(503, f"{model} is being loaded. Try again later.")
        raise Refusal(404, f"No model {model[:100]!r} is deployed. GET /v1/models lists those that are.")

    async def predict(self, model: str, question: Question) -> Reply:
        """Answer a question once its answers are logged; a shadow is asked afterwards."""
        serving = await self.serving(model, question.version)
        loop = asyncio.get_running_loop()
        answered = await loop.run_in_executor(self.threads, answer, serving, question, datetime.now(UTC))
        try:
            async with asyncio.timeout(LOG_SECONDS):
                await asyncio.wrap_future(self.log.write(answered.lines))
        except (LogUnavailable, TimeoutError):
            raise Refusal(503, NOT_LOGGED) from None
        if answered.shadowed is not None:
            self.shadows.put(answered.shadowed)
        return answered.reply


@contextmanager
def running_service(database_url: str, store: Store, own_key: str) -> Iterator[Service]:
    """Run a service; what serves is loaded before the first request, where the record can be read.

    `own_key` is the fingerprint of Airlock's own API key.
    """
    engine = connect(database_url, application="airlock scoring", statement_seconds=STATEMENT_SECONDS)
    log = PredictionLog(engine)
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="model")
    clients = Clients(own_key)
    service = Service(Champions(engine, store, clients), clients, log, Shadows(log), threads)
    service.log.start()
    service.shadows.start()
    service.champions.start()
    try:
        yield service
    finally:
        service.champions.stop()
        service.threads.shutdown()
        service.shadows.stop()
        service.log.stop()
        engine.dispose()
