"""The comparison: the record, the log, the evidence store, MLflow, and what the scoring API really serves."""

import time
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Engine

from airlock.chain.production.answers import answer_differences
from airlock.chain.production.difference import Difference
from airlock.chain.production.evidence import evidence_differences
from airlock.chain.production.record import record_differences
from airlock.chain.production.registry import registry_differences
from airlock.chain.production.standing import standings
from airlock.store import Store

#: Seconds to wait before each further look at what was found: a deployment of this moment is no difference.
PAUSES = (1.0, 2.0, 4.0, 8.0)


def differences(
    engine: Engine, store: Store, *, scoring_url: str, at: datetime, pauses: Sequence[float] = PAUSES
) -> tuple[Difference, ...]:
    """Return what is otherwise than the records say, and is still so at every further look; changes nothing.

    The scoring API is asked for the champions' examples, which it logs as smoke tests.

    Parameters
    ----------
    engine, store
        The airlock database and the evidence store: what must be.
    scoring_url
        Where production answers.
    at
        Now: for ten minutes after a deployment, MLflow's alias may still show the version before.
    pauses
        Seconds before each further look; production may be a moment behind the record.
    """
    found = _look(engine, store, scoring_url, at)
    for pause in pauses:
        if not found:
            break
        time.sleep(pause)
        again = {one.key: one for one in _look(engine, store, scoring_url, at)}
        found = [again[one.key] for one in found if one.key in again]
    return tuple(found)


def _look(engine: Engine, store: Store, scoring_url: str, at: datetime) -> list[Difference]:
    with engine.connect() as conn:
        known = standings(conn)
    return [
        *record_differences(known),
        *answer_differences(known, store, scoring_url=scoring_url),
        *registry_differences(known, at=at),
        *evidence_differences(known, store),
    ]
