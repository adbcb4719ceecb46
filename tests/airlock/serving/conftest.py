"""Packages of the loans model, and scoring APIs that serve them."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from airlock.object_storage import filesystem
from airlock.package.package import Package
from airlock.package.scorer import Scorer
from airlock.store.bucket import Bucket
from airlock.store.bucket_store import BucketStore
from tests.airlock.loans import LINEAR, TREES, loan_spec, loans
from tests.airlock.object_server import ObjectServer
from tests.airlock.packaging import fit_and_build
from tests.airlock.serving.scoring_api import ScoringApi, scoring_api

BREAKS, ENDLESS = 1e14, 1e9
FRAGILE = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Mine(ClassifierMixin, BaseEstimator):
    def fit(self, rows, truth):
        self.classes_ = np.unique(truth)
        return self

    def predict_proba(self, rows):
        far = np.abs(np.asarray(rows, dtype=float)).max(axis=1, keepdims=True)
        if (far > 1e7).any():
            raise RuntimeError("too far")
        return np.where(far > 1e4, np.nan, [[0.25, 0.75]])

    def predict(self, rows):
        return self.classes_[self.predict_proba(rows).argmax(axis=1)]
"""

GATED = """
import os
import time

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Mine(ClassifierMixin, BaseEstimator):
    def fit(self, rows, truth):
        self.classes_ = np.unique(truth)
        return self

    def predict_proba(self, rows):
        while os.path.exists(GATE):
            time.sleep(0.01)
        return np.tile([0.25, 0.75], (len(rows), 1))

    def predict(self, rows):
        return self.classes_[self.predict_proba(rows).argmax(axis=1)]
"""


@dataclass(frozen=True)
class World:
    """Two packages of one model in one store, and rows to ask about."""

    store: Path
    linear: Package
    trees: Package
    rows: list[dict[str, Any]]

    def answers(self, package: Package) -> list[tuple[float, str]]:
        """Return what a package must answer to the rows."""
        return [(one.score, one.prediction) for one in Scorer.load(package).predict(self.rows)]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("loans")
    spec = loan_spec(candidates={"linear": LINEAR, "trees": TREES})
    linear, trees = (fit_and_build(spec, name, loans(), folder)[1] for name in ("linear", "trees"))
    rows = loans(8, seed=5).select(list(linear.signature.kinds)).to_pylist()
    return World(folder / "store", linear, trees, rows)


@dataclass(frozen=True)
class Rivals:
    """Packages of the loans model that fail beside the linear one.

    `fragile` raises where a row has a debt of `BREAKS`, and has no finite score where it is `ENDLESS`; `wide`
    takes a feature more.
    """

    fragile: Package
    wide: Package


@pytest.fixture(scope="session")
def rivals(world: World) -> Rivals:
    folder = world.store.parent
    (folder / "models" / "loans" / "mine.py").write_text(FRAGILE)
    own = loan_spec(candidates={"mine": {"estimator": "airlock_models.loans.mine.Mine"}})
    column = {"age": {"role": "feature", "kind": "number", "classification": "personal"}}
    table = loans()
    aged = table.append_column("age", pa.array([float(20 + n % 50) for n in range(len(table))]))
    wide = fit_and_build(loan_spec(candidates={"linear": LINEAR}, columns=column), "linear", aged, folder)[1]
    return Rivals(fit_and_build(own, "mine", table, folder)[1], wide)


@dataclass(frozen=True)
class Slow:
    """A store with the model `cards` too, which cannot be loaded while the gate is there."""

    store: Path
    package: Package
    gate: Path


@pytest.fixture
def slow(world: World, tmp_path: Path) -> Slow:
    gate, own_code = tmp_path / "gate", tmp_path / "models" / "cards"
    own_code.mkdir(parents=True)
    (own_code / "mine.py").write_text(f"GATE = {str(gate)!r}\n{GATED}")
    shutil.copytree(world.store, tmp_path / "store")
    spec = loan_spec(
        candidates={"mine": {"estimator": "airlock_models.cards.mine.Mine"}}, name="cards", title="Cards"
    )
    return Slow(tmp_path / "store", fit_and_build(spec, "mine", loans(), tmp_path)[1], gate)


@pytest.fixture(scope="module")
def api(
    world: World, new_airlock_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ScoringApi]:
    """A scoring API that serves the linear package as version 1, for tests that change nothing about that."""
    with scoring_api(new_airlock_database(), world.store, tmp_path_factory.mktemp("logs")) as running:
        running.deploy(world.linear, 1)
        yield running


@pytest.fixture
def own_api(world: World, airlock_database: str, tmp_path: Path) -> Iterator[ScoringApi]:
    """A scoring API with a store of its own, for a test that deploys or breaks something."""
    shutil.copytree(world.store, tmp_path / "store")
    with scoring_api(airlock_database, tmp_path / "store", tmp_path) as running:
        yield running


@pytest.fixture
def away(
    object_storage: ObjectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BucketStore]:
    """An evidence store in an object storage that does not answer."""
    store = BucketStore(tmp_path, Bucket(object_storage.new_bucket()))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    filesystem.cache_clear()
    yield store
    filesystem.cache_clear()
