"""Versions: what may answer for a model, once its passage through the airlock and its package are proved."""

import logging
import time
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from airlock.digests import short
from airlock.governance import challenger_proof, deployments
from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment
from airlock.package.answers import Answering
from airlock.package.scorer import Scorer
from airlock.serving.loading import load
from airlock.store import Store, StoreAway

LOG = logging.getLogger("uvicorn.error.airlock")

#: What could not be used is tried again this much later, so that a restored store heals by itself.
RETRY_SECONDS = 10.0

R = TypeVar("R", Deployment, Challenger)


@dataclass(frozen=True)
class Ready(Generic[R]):
    """A version that is proved, loaded and ready to answer."""

    record: R
    predictor: Answering

    def is_settled(self, record: object) -> bool:
        """Say whether nothing has to be done to follow a record."""
        return self.record == record


@dataclass(frozen=True)
class Unavailable(Generic[R]):
    """A version that the record names, and that must not answer."""

    record: R
    reason: str
    tried: float

    def is_settled(self, record: object) -> bool:
        """Say whether nothing has to be done to follow a record, until it is tried again."""
        return self.record == record and time.monotonic() - self.tried < RETRY_SECONDS


@dataclass(frozen=True)
class Recorded:
    """What the record says of a model at one moment; `said` is the newest row about it in the audit log."""

    deployment: Deployment
    challenger: Challenger | None
    said: int


@dataclass(frozen=True)
class Serving:
    """What serves a model: its champion, and what runs beside it.

    Both were proved by the audit log as far as its row `said`. Later rows about the model have them proved
    anew: what was ended, and brought back by hand before anybody looked, is in the record as it was before.
    """

    champion: Ready[Deployment] | Unavailable[Deployment]
    challenger: Ready[Challenger] | Unavailable[Challenger] | None
    said: int = 0

    def is_settled(self, recorded: Recorded) -> bool:
        """Say whether nothing has to be done to follow the record."""
        beside = self.challenger
        if beside is None or recorded.challenger is None:
            same = beside is None and recorded.challenger is None
        else:
            same = beside.is_settled(recorded.challenger)
        return same and self.said == recorded.said and self.champion.is_settled(recorded.deployment)

    def names(self, version: int | None) -> bool:
        """Say whether a version is the champion or the challenger; none in particular always is."""
        known = [one.record.version for one in (self.champion, self.challenger) if one is not None]
        return version is None or version in known

    def is_quick(self) -> bool:
        """Say whether all that is loaded answers a row in well under a millisecond, as portable forms do."""
        both = (self.champion, self.challenger)
        return all(isinstance(one.predictor, Scorer) for one in both if isinstance(one, Ready))

    def predictors(self) -> dict[str, Answering]:
        """Return what is loaded, by the digest of its package."""
        both = (self.champion, self.challenger)
        return {one.record.package_digest: one.predictor for one in both if isinstance(one, Ready)}


def follow(conn: Connection, store: Store, recorded: Recorded, known: Serving | None) -> Serving:
    """Return what serves a model as its record says, with what is known already where it still holds.

    Parameters
    ----------
    conn
        In a transaction that sees one moment, and `recorded` in it: what was replaced since proves nothing.

    Raises
    ------
    sqlalchemy.exc.OperationalError
        When PostgreSQL cannot be reached, so that nothing can be proved now.
    """
    beside = known.challenger if known is not None else None
    champion = known.champion if known is not None else None
    loaded = known.predictors() if known is not None else {}
    deployment, challenger = recorded.deployment, recorded.challenger
    proved = known is not None and known.said == recorded.said
    if champion is None or not (proved and champion.is_settled(deployment)):
        champion = _made_ready(conn, store, deployment, loaded, champion)
    if challenger is None:
        beside = None
    elif beside is None or not (proved and beside.is_settled(challenger)):
        beside = _made_ready(conn, store, challenger, loaded, beside)
    return Serving(champion, beside, recorded.said)


def _made_ready(
    conn: Connection,
    store: Store,
    record: R,
    loaded: dict[str, Answering],
    before: Ready[R] | Unavailable[R] | None,
) -> Ready[R] | Unavailable[R]:
    name = f"{record.model} version {record.version}"
    digest = record.package_digest
    try:
        _prove(conn, record)
        ready = Ready(record, loaded.get(digest) or load(store, record.model, digest))
    except OperationalError:
        raise
    except Exception as error:  # whatever is wrong with it, it must not answer
        LOG.error("%s cannot be used: %s", name, _logged(error))
        return Unavailable(record, f"{name} cannot be used: {_told(error)}", time.monotonic())
    if ready != before:
        what = f"as a {record.way}" if isinstance(record, Challenger) else "as the champion"
        LOG.info("%s serves %s from package %s", name, what, short(digest))
    return ready


def _logged(error: Exception) -> str:
    return type(error).__name__ if isinstance(error, SQLAlchemyError) else str(error)


def _told(error: Exception) -> str:
    """Return what a client may read of it: not where the evidence store is."""
    return "the evidence store does not answer." if isinstance(error, StoreAway) else _logged(error)


def _prove(conn: Connection, record: Deployment | Challenger) -> None:
    if isinstance(record, Challenger):
        challenger_proof.prove(conn, record)
    else:
        deployments.prove(conn, record)
