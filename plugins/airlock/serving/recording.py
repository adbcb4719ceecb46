"""Recording: what applications report is committed before they hear that it was taken."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from airlock.serving.refusals import Refusal

R = TypeVar("R")

NOT_RECORDED = "PostgreSQL cannot be reached, so that nothing was recorded. Send the same again later."
RETRY_AFTER = {"Retry-After": "10"}


class Recording:
    """Writes into the records beside the event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def write(self, function: Callable[[Connection], R]) -> R:
        """Call a function with a transaction, and return what it does once that is committed.

        Raises
        ------
        Refusal
            503, when PostgreSQL does not take it; what `function` refuses, too. Nothing was written then.
        """
        return await asyncio.to_thread(self._written, function)

    def _written(self, function: Callable[[Connection], R]) -> R:
        try:
            with self._engine.begin() as conn:
                return function(conn)
        except SQLAlchemyError:
            raise Refusal(503, NOT_RECORDED, headers=RETRY_AFTER) from None
