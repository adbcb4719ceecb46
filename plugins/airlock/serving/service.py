"""Service: what one process of the scoring API holds while it runs."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from airlock.governance.engine import connect
from airlock.serving.answering import answer
from airlock.serving.champions import Champion, Champions, Unavailable
from airlock.serving.forms import Question, Reply
from airlock.serving.prediction_log import LogUnavailable, PredictionLog
from airlock.serving.refusals import Refusal
from airlock.store import Store

STATEMENT_SECONDS = 5.0
#: Longer than connecting and one statement may take together.
LOG_SECONDS = 15.0
THREADS = 2
NOT_LOGGED = "The prediction could not be logged, and nothing is answered that is not. Try again later."


@dataclass(frozen=True)
class Service:
    """The champions, the log, and the threads in which models compute."""

    champions: Champions
    log: PredictionLog
    threads: ThreadPoolExecutor

    async def champion(self, model: str) -> Champion | Unavailable:
        """Return what serves a model; an unknown one is looked up in the record before it is refused."""
        found = self.champions.of(model)
        if found is None:
            await asyncio.to_thread(self.champions.look)
            found = self.champions.of(model)
        if found is None and self.champions.trouble:
            raise Refusal(503, self.champions.trouble)
        if found is None:
            raise Refusal(404, f"No model {model[:100]!r} is deployed. GET /v1/models lists those that are.")
        return found

    async def predict(self, model: str, question: Question) -> Reply:
        """Answer a question once its answers are logged."""
        champion = await self.champion(model)
        if isinstance(champion, Unavailable):
            raise Refusal(503, champion.reason)
        loop = asyncio.get_running_loop()
        answered = await loop.run_in_executor(self.threads, answer, champion, question, datetime.now(UTC))
        try:
            async with asyncio.timeout(LOG_SECONDS):
                await asyncio.wrap_future(self.log.write(answered.lines))
        except (LogUnavailable, TimeoutError):
            raise Refusal(503, NOT_LOGGED) from None
        return answered.reply


@contextmanager
def running_service(database_url: str, store: Store) -> Iterator[Service]:
    """Run a service; what serves is loaded before the first request, where the record can be read."""
    engine = connect(database_url, application="airlock scoring", statement_seconds=STATEMENT_SECONDS)
    service = Service(
        Champions(engine, store),
        PredictionLog(engine),
        ThreadPoolExecutor(THREADS, thread_name_prefix="model"),
    )
    service.log.start()
    service.champions.look()
    service.champions.start()
    try:
        yield service
    finally:
        service.champions.stop()
        service.threads.shutdown()
        service.log.stop()
        engine.dispose()
