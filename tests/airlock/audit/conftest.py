"""A log of 60 rows with two anchors, made once and never changed for good."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from airlock.governance.engine import connect
from tests.airlock.audit.logs import anchored_log


@pytest.fixture(scope="module")
def kept(new_airlock_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """The engine of the log, and the file of its anchors."""
    engine = connect(new_airlock_database())
    file = tmp_path_factory.mktemp("anchors") / "anchors.jsonl"
    anchored_log(engine, file)
    yield engine, file
    engine.dispose()


@pytest.fixture
def log(kept: tuple[Engine, Path]) -> Engine:
    """An engine on the log: what a test does to it, it undoes."""
    return kept[0]


@pytest.fixture
def file(kept: tuple[Engine, Path], tmp_path: Path) -> Path:
    """The anchors, this test's own."""
    copy = tmp_path / "anchors.jsonl"
    copy.write_bytes(kept[1].read_bytes())
    return copy
