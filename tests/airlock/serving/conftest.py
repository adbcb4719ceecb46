"""Packages of the loans model, and scoring APIs that serve them."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airlock.package.package import Package
from airlock.package.predictor import Predictor
from tests.airlock.loans import LINEAR, TREES, loan_spec, loans
from tests.airlock.packaging import fit_and_build
from tests.airlock.serving.scoring_api import ScoringApi, scoring_api


@dataclass(frozen=True)
class World:
    """Two packages of one model in one store, and rows to ask about."""

    store: Path
    linear: Package
    trees: Package
    rows: list[dict[str, Any]]

    def answers(self, package: Package) -> list[tuple[float, str]]:
        """Return what a package must answer to the rows."""
        return [(one.score, one.prediction) for one in Predictor.load(package).predict(self.rows)]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("loans")
    spec = loan_spec(candidates={"linear": LINEAR, "trees": TREES})
    linear, trees = (fit_and_build(spec, name, loans(), folder)[1] for name in ("linear", "trees"))
    rows = loans(8, seed=5).select(list(linear.signature.kinds)).to_pylist()
    return World(folder / "store", linear, trees, rows)


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
