"""Somebody who can write to the evidence store: what serves is the bytes that were approved, or nothing."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from airlock.chain.production.evidence import evidence_differences
from airlock.chain.production.standing import standings
from airlock.package.package import Package
from airlock.serving.champions import Champions
from airlock.serving.clients import Clients
from airlock.serving.versions import Ready, Unavailable
from airlock.store import Store
from tests.airlock.lender import deployed
from tests.airlock.loans import loan_spec, loans
from tests.airlock.packaging import fit_and_build

MINE = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Mine(ClassifierMixin, BaseEstimator):
    def fit(self, rows, truth):
        self.classes_ = np.unique(truth)
        return self

    def predict_proba(self, rows):
        return np.tile([0.25, 0.75], (len(rows), 1))

    def predict(self, rows):
        return self.classes_[self.predict_proba(rows).argmax(axis=1)]
"""


@dataclass(frozen=True)
class Kept:
    """A package with code of its own in a store, and a folder elsewhere with other code of that name."""

    store: Store
    package: Package
    elsewhere: Path
    trace: Path


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    code = tmp_path / "models" / "loans"
    code.mkdir(parents=True)
    (code / "mine.py").write_text(MINE)
    spec = loan_spec(candidates={"mine": {"estimator": "airlock_models.loans.mine.Mine"}})
    package = fit_and_build(spec, "mine", loans(400), tmp_path)[1]
    trace, elsewhere = tmp_path / "it_ran", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "__init__.py").write_text(f"open({str(trace)!r}, 'w').close()\n{MINE}")
    return Kept(Store(tmp_path / "store"), package, elsewhere, trace)


@pytest.fixture
def start(engine: Engine, kept: Kept) -> Iterator[Callable[[], Champions]]:
    """Start what the scoring API follows the record with; started again, it knows nothing from before."""
    running: list[Champions] = []

    def begin() -> Champions:
        running.append(Champions(engine, kept.store, Clients("")))
        running[-1].start()
        return running[-1]

    yield begin
    for one in running:
        one.stop()


def add_a_linked_folder(kept: Kept) -> None:
    """Python takes a folder `mine` before the file `mine.py`."""
    (kept.package.code / "loans" / "mine").symlink_to(kept.elsewhere, target_is_directory=True)


def link_a_file_elsewhere(kept: Kept) -> None:
    """The same bytes for now, in a file that is not the store's."""
    place, own = kept.package.model_file, kept.elsewhere / "model"
    own.write_bytes(place.read_bytes())
    place.unlink()
    place.symlink_to(own)


def share_a_file_and_change_it(kept: Kept) -> None:
    place, own = kept.package.code / "loans" / "mine.py", kept.elsewhere / "mine.py"
    own.write_bytes(place.read_bytes())
    place.unlink()
    os.link(own, place)
    own.write_text((kept.elsewhere / "__init__.py").read_text())


def leave_a_pipe(kept: Kept) -> None:
    """Whoever opens it waits for ever."""
    os.mkfifo(kept.package.folder / "pipe")


def leave_compiled_code(kept: Kept) -> None:
    folder = kept.package.code / "loans" / "__pycache__"
    folder.mkdir(exist_ok=True)
    (folder / "mine.cpython-311.pyc").write_bytes(b"compiled")


@pytest.mark.parametrize(
    "change",
    [
        add_a_linked_folder,
        link_a_file_elsewhere,
        share_a_file_and_change_it,
        leave_a_pipe,
        leave_compiled_code,
    ],
)
def test_a_package_in_use_is_changed_and_the_api_is_started_again(
    kept: Kept, engine: Engine, start: Callable[[], Champions], change: Callable[[Kept], None]
) -> None:
    deployed(engine, kept.package.digest)
    before = start().of("loans")
    assert before is not None and isinstance(before.champion, Ready)
    change(kept)
    after = start().of("loans")
    assert after is not None and isinstance(after.champion, Unavailable)
    assert "was changed" in after.champion.reason
    assert not kept.trace.exists(), "code that nobody approved has run"
    with engine.connect() as conn:
        found = [one.kind for one in evidence_differences(standings(conn), kept.store)]
    assert "package_changed" in found
