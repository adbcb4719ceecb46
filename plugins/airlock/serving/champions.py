"""Champions: what serves, by the deployment record alone, loaded from packages that are proved first."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from airlock.digests import short
from airlock.governance import deployments
from airlock.governance.deployments import Deployment
from airlock.package.package import Package, open_package
from airlock.package.predictor import Predictor
from airlock.store import Store

LOG = logging.getLogger("uvicorn.error.airlock")

LOOK_SECONDS = 1.0
#: A package that could not be used is tried again this much later, so that a restored store heals by itself.
RETRY_SECONDS = 10.0
#: Looks come no closer than this, however many unknown models are asked for.
CLOSEST_SECONDS = 0.1
STALE_SECONDS = 15.0
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Champion:
    """A version that serves and is ready to answer."""

    deployment: Deployment
    predictor: Predictor


@dataclass(frozen=True)
class Unavailable:
    """A version that the record says serves, and that must not answer."""

    deployment: Deployment
    reason: str
    tried: float


class Champions:
    """The champions of all models, kept as the record says by a look each second.

    A new champion is loaded while the one before still answers, and takes its place in one assignment. One
    that cannot be proved takes its place too: then nothing answers, because the one before was retired.
    """

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self._store = store
        self._serving: Mapping[str, Champion | Unavailable] = {}
        self._looking = threading.Lock()
        self._began = self._looked = float("-inf")
        self._trouble = "The deployment record was not read yet."
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name="champions", daemon=True)

    def start(self) -> None:
        """Begin to look, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End looking."""
        self._stopping.set()
        self._thread.join()

    def all(self) -> Mapping[str, Champion | Unavailable]:
        """Return what serves, by model."""
        return self._serving

    def of(self, model: str) -> Champion | Unavailable | None:
        """Return what serves a model, as far as the last look saw."""
        return self._serving.get(model)

    def look(self) -> None:
        """Read the record, not before this was asked for, and load what is new."""
        asked = time.monotonic()
        with self._looking:
            if self._began < asked:  # else somebody's look began while this one waited for its turn
                self._stopping.wait(max(0.0, self._looked + CLOSEST_SECONDS - time.monotonic()))
                self._look()

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
        return [entry.reason for entry in self._serving.values() if isinstance(entry, Unavailable)]

    def _keep_looking(self) -> None:
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(LOOK_SECONDS)

    def _look(self) -> None:
        self._began = time.monotonic()
        try:
            with self._engine.connect() as conn:
                recorded = deployments.champions(conn)
            self._serving = {deployment.model: self._entry(deployment) for deployment in recorded}
            problem = ""
        except SQLAlchemyError as error:
            problem = "PostgreSQL cannot be reached, so that nothing can be looked up or logged."
            if problem != self._trouble:
                LOG.warning("%s (%s)", problem, type(error).__name__)
        self._trouble = problem
        self._looked = time.monotonic()

    def _entry(self, deployment: Deployment) -> Champion | Unavailable:
        known = self._serving.get(deployment.model)
        if known is not None and known.deployment.id == deployment.id:
            waits = isinstance(known, Unavailable) and time.monotonic() - known.tried < RETRY_SECONDS
            if isinstance(known, Champion) or waits:
                return known
        name = f"{deployment.model} version {deployment.version}"
        try:
            champion = Champion(deployment, _load(self._store, deployment))
        except Exception as error:  # whatever is wrong with a package, it must not answer
            reason = f"{name} cannot be used: {error}"
            LOG.error("%s", reason)
            return Unavailable(deployment, reason, time.monotonic())
        LOG.info("%s serves from package %s", name, short(deployment.package_digest))
        return champion


class WrongPackage(Exception):
    """A package is whole, and not what the record speaks of."""


def _load(store: Store, deployment: Deployment) -> Predictor:
    package = open_package(store, deployment.package_digest)
    if package.signature.model != deployment.model:
        raise WrongPackage(f"package {short(package.digest)} is of {package.signature.model}.")
    predictor = Predictor.load(package)
    _prove_answers(package, predictor)
    return predictor


def _prove_answers(package: Package, predictor: Predictor) -> None:
    """Ask for the package's examples: a first answer is slow, and a wrong one must not reach anybody."""
    examples = package.examples()
    answers = predictor.predict([example["features"] for example in examples])
    for example, answer in zip(examples, answers, strict=True):
        if (
            not abs(answer.score - example["score"]) <= TOLERANCE
            or answer.prediction != example["prediction"]
        ):
            raise WrongPackage(
                f"package {short(package.digest)} does not answer its own examples as it must. "
                "Compare the library versions in its provenance.json with those installed."
            )
