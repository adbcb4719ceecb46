"""A folder for the small model, and its CSV file read from a text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from airlock.data.read import read
from airlock.data.window import Window
from tests.airlock.data.loans import ANY_TIME, NOON, loans, no_connection


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """The folder of the models, with the one model's folder in it."""
    (tmp_path / "models" / "loans").mkdir(parents=True)
    return tmp_path / "models"


@pytest.fixture
def read_csv(models: Path) -> Callable[..., pa.Table]:
    """Read a text as the model's CSV file."""

    def reading(text: str, *, window: Window = ANY_TIME, **data: Any) -> pa.Table:
        (models / "loans" / "loans.csv").write_text(text, encoding="utf-8")
        source = {"file": {"path": "loans.csv", "format": "csv"}}
        spec = loans(source, **data)
        return read(spec, window=window, as_of=NOON, models=models, connect=no_connection)

    return reading
