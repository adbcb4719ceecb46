"""The page of one past decision: what was known, answered, and why, and what people said of it since."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse

from airlock.governance import outcomes
from airlock.governance.outcomes import Known
from airlock.governance.past_decisions import find
from airlock.governance.retention import DecisionDeleted
from airlock.settings import database_url, settings
from airlock.store import StoreError, open_store
from airlock.ui.looks import Person, log_look
from airlock.ui.queries import engine
from airlock.ui.rendering import html

if TYPE_CHECKING:
    from airlock.serving.accounts import Account, Explainers

#: Explanations are made one after another, so that the other pages lose no more than one core to them.
TURN = Lock()
#: So many are in their turn or wait for it, each so long at most: a thread is held for each of them.
PLACES = BoundedSemaphore(4)
PATIENCE_SECONDS = 10.0


class Busy(Exception):
    """Others have their turn."""


@dataclass(frozen=True)
class Looked:
    """What was found of a decision, or why nothing is told of it; with the status to answer with."""

    told: "Account | None" = None
    outcome: Known | None = None
    problem: str = ""
    status: int = 200


def decisions_page(request: Request, person: Person, decision: str = "") -> HTMLResponse:
    """Show a form, and the decision whose id was asked for."""
    asked = decision.strip()
    found = _looked_up(asked) if asked else Looked()
    if found.told:
        log_look(person, f"decision {found.told.decision.id}")
    return html("decisions", request, found.status, forms=True, asked=asked, found=found)


def _looked_up(asked: str) -> Looked:
    try:
        number = uuid.UUID(asked)
    except ValueError:
        return Looked(
            problem="That is no id of a decision. The scoring API returns one with each answer, as does "
            "each row of batch_scores: 32 hexadecimal digits in five groups.",
            status=422,
        )
    try:
        with _turn():
            return _told(number)
    except Busy:
        return Looked(problem="Others are being explained now. Try again.", status=503)
    except DecisionDeleted as error:
        return Looked(problem=str(error), status=410)
    except StoreError:
        problem = (
            f"Decision {number} was made in a batch whose answers are missing in the evidence store, or were "
            "changed. Nothing of them is told. Restore them from the backup and look for who changed them."
        )
        return Looked(problem=problem, status=409)


def _told(number: uuid.UUID) -> Looked:
    store = open_store(settings())
    with engine(database_url()).connect() as connection:
        row = find(connection, store, number)
        if row is None:
            return Looked(problem=f"No decision {number} is on record.", status=404)
        outcome = outcomes.of_decision(connection, row.model, row.id, row.entity_key, row.event_time)
        from airlock.serving.accounts import account_of  # brings onnxruntime: for those who look, not for all

        return Looked(account_of(connection, _explainers(settings().store), row), outcome)


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for one's turn, with no connection held meanwhile; whoever cannot have it soon is `Busy`."""
    if not PLACES.acquire(blocking=False):
        raise Busy
    try:
        if not TURN.acquire(timeout=PATIENCE_SECONDS):
            raise Busy
        try:
            yield
        finally:
            TURN.release()
    finally:
        PLACES.release()


@lru_cache(maxsize=1)
def _explainers(_place: Path | str) -> "Explainers":
    """Return what keeps the versions loaded that were asked about last, of the store at a place."""
    from airlock.serving.accounts import Explainers

    return Explainers(open_store(settings()))
