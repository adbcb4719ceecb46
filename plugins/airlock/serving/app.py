"""The scoring API: `python -m airlock.serving`. Applications ask it, and what is released answers."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from airlock.serving import refusals
from airlock.serving.limits import BodyLimit
from airlock.serving.measuring import Measured, keep_measuring
from airlock.serving.routes import router
from airlock.serving.service import running_service
from airlock.settings import database_url, scoring_key_fingerprint, settings
from airlock.store import open_store

DESCRIPTION = """
Scores rows by the **champion** of a model: the version that came through the airlock and that the
deployment record names. While a released **challenger** runs beside it, the entities of its share are
answered by the challenger; each answer says which version gave it. Every answer is on the disk, on its way
to the prediction log, before it is given; when it cannot be kept, there is none.
"""


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    where = settings()
    with running_service(
        database_url(), open_store(where), where.spool, scoring_key_fingerprint()
    ) as service:
        app.state.service = service
        measuring = asyncio.create_task(keep_measuring(service))
        gc.freeze()  # what is loaded by now stays: collecting garbage need not look through it again
        yield
        measuring.cancel()


def _make() -> FastAPI:
    made = FastAPI(
        title="Airlock scoring",
        version="1",
        description=DESCRIPTION,
        lifespan=_lifespan,
        # airlock.serving.routes.documentation has these, with nothing loaded from elsewhere.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    made.include_router(router)
    made.add_middleware(BodyLimit)
    made.add_middleware(Measured)
    refusals.register(made)
    return made


app = _make()
