"""Explaining: explanations and accounts of past decisions, one after another, beside the predictions."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment
from airlock.governance.past_decisions import find
from airlock.governance.predictions import PredictionRow
from airlock.governance.retention import DecisionDeleted
from airlock.package.explaining import Explanation
from airlock.serving.accounts import Account, Explainers, account_of, explain
from airlock.serving.refusals import Refusal
from airlock.store import Store, StoreAway, StoreError

LOG = logging.getLogger("uvicorn.error.airlock")

R = TypeVar("R")

#: So many requests wait for their turn; one row takes about 50 ms.
MOST_WAITING = 20
#: Ids of the API's answers are random UUIDs; a batch's are on record before anybody is told of them.
OF_THE_API = 4
#: An answer is in PostgreSQL a moment after it was given: so long apart one looks for it again.
LOOKS = (0.1, 0.2, 0.4, 0.6, 0.7)
BUSY = "Too many explanations are asked for at once. Try again later."
UNREACHABLE = "PostgreSQL cannot be reached, so that nothing can be looked up. Try again later."
STORE_AWAY = "The evidence store does not answer. Try again later."
RETRY_AFTER = {"Retry-After": "2"}


class Explaining:
    """Explains in one thread, so that predictions never lose more than one core to it."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self._store = store
        self._explainers = Explainers(store)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="explain")
        self._asked = 0

    def stop(self) -> None:
        """End once what was begun is done."""
        self._thread.shutdown(cancel_futures=True)

    async def found(self, decision_id: uuid.UUID) -> PredictionRow:
        """Return a past decision; an answer of the API that was given a moment ago is waited for.

        Raises
        ------
        Refusal
            404 where there is none; 410 where retention deleted it; 503 when PostgreSQL or the evidence store
            cannot be reached, or the answers of its batch are not what they were.
        """
        decision = await asyncio.to_thread(self._looked_up, decision_id)
        for wait in LOOKS if decision_id.version == OF_THE_API else ():
            if decision is None:
                await asyncio.sleep(wait)
                decision = await asyncio.to_thread(self._looked_up, decision_id)
        if decision is not None:
            return decision
        raise Refusal(404, f"No decision {decision_id} is on record.")

    async def account(self, decision: PredictionRow) -> Account:
        """Return everything that can be said of a past decision.

        Raises
        ------
        Refusal
            503, when too many wait already, or PostgreSQL or the evidence store cannot be reached.
        """
        return await self._in_turn(lambda conn: account_of(conn, self._explainers, decision))

    async def explain(
        self, record: Deployment | Challenger, rows: Sequence[Mapping[str, Any]]
    ) -> list[Explanation]:
        """Explain what a version answers to rows.

        Raises
        ------
        Unexplained
            When it cannot be used, or takes other rows.
        Refusal
            503, when too many wait already, or PostgreSQL or the evidence store cannot be reached.
        """
        name = f"{record.model} version {record.version}"

        def explained(conn: Connection) -> list[Explanation]:
            explainer = self._explainers.of(conn, record.model, record.package_digest, record.candidate_id)
            return [explain(explainer, name, row) for row in rows]

        return await self._in_turn(explained)

    async def _in_turn(self, function: Callable[[Connection], R]) -> R:
        if self._asked >= MOST_WAITING:
            raise Refusal(503, BUSY, headers=RETRY_AFTER, kind="busy")
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._connected, function)
        finally:
            self._asked -= 1

    def _looked_up(self, decision_id: uuid.UUID) -> PredictionRow | None:
        return self._connected(lambda conn: find(conn, self._store, decision_id))

    def _connected(self, function: Callable[[Connection], R]) -> R:
        try:
            with self._engine.connect() as conn:
                return function(conn)
        except SQLAlchemyError:
            raise Refusal(503, UNREACHABLE, headers=RETRY_AFTER) from None
        except DecisionDeleted as error:
            raise Refusal(410, str(error)) from None
        except StoreAway as error:
            LOG.error("Nothing can be looked up or explained: %s", error)
            raise Refusal(503, STORE_AWAY, headers=RETRY_AFTER) from None
        except StoreError as error:
            raise Refusal(503, f"What was answered cannot be read: {error}") from None
