"""Python functions: a model's own code gives a DataFrame, and what it gives is held like any source."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from airlock.data.read import DataError, read
from airlock.data.window import Window
from tests.airlock.data.loans import ANY_TIME, NOON, loans, no_connection

CODE = """
import pandas as pd

def load(*, start, end, as_of, rows=3):
    from airlock_models.loans.numbers import INCOMES
    return pd.DataFrame({
        "loan_id": range(rows),
        "made_at": pd.date_range("2026-01-01", periods=rows, freq="D", tz="Europe/Berlin"),
        "income": INCOMES[:rows],
        "channel": pd.Categorical(["web", None, "branch"][:rows]),
        "urban": [True, None, False][:rows],
        "defaulted": [1.0, float("nan"), 0.0][:rows],
    })
"""
Load = Callable[..., pa.Table]


@pytest.fixture
def load(models: Path) -> Load:
    """Read from the function of a module, its text edited."""

    def reading(
        old: str = "", new: str = "", window: Window = ANY_TIME, function: str = "data.load"
    ) -> pa.Table:
        assert old in CODE
        (models / "loans" / "data.py").write_text(CODE.replace(old, new, 1) if old else CODE)
        (models / "loans" / "numbers.py").write_text("INCOMES = [1, None, 3]\n")
        spec = loans({"callable": {"function": f"airlock_models.loans.{function}", "arguments": {"rows": 3}}})
        return read(spec, window=window, as_of=NOON, models=models, connect=no_connection)

    return reading


def test_a_frame_is_read_and_the_function_may_import_beside_itself(load: Load) -> None:
    table = load()
    assert table["loan_id"].to_pylist() == ["0", "1", "2"]
    assert table["income"].to_pylist() == [1.0, None, 3.0]
    assert table["channel"].to_pylist() == ["web", None, "branch"]
    assert table["defaulted"].to_pylist() == [True, None, False]
    assert table["made_at"][0].as_py().isoformat() == "2025-12-31T23:00:00+00:00"


def test_the_window_is_held(load: Load) -> None:
    assert load(window=Window(None, NOON.replace(month=1, day=2, hour=0)))["loan_id"].to_pylist() == [
        "0",
        "1",
    ]


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("return pd.DataFrame(", "return dict(", "returned a dict. Return a pandas DataFrame"),
        ("import pandas as pd", "import pandass as pd", "cannot be imported: No module named 'pandass'"),
        (
            "INCOMES[:rows]",
            "INCOMES[:2]",
            r"failed: ValueError: All arrays must be of the same length\. Mend it",
        ),
        ("rows=3)", "size=3)", "failed: TypeError: .*'rows'"),
        (', tz="Europe/Berlin"', "", r"data.columns.made_at: .*without a time zone.*tz_localize"),
        ("INCOMES[:rows]", "[1, 'two', 3]", r"data.columns.income: .*row 2 \(loan_id 1\).*'two'"),
        ('"urban": [True, None, False]', '"urban": ["a", object(), None]', "data.columns.urban: .*row 1"),
        ("range(rows)", "[0, 0, 0]", "data.entity_key: .*more than once: 0"),
        ('"defaulted"', '"default"', "data.columns.defaulted: .*Did you mean 'default'"),
    ],
)
def test_a_mistake_is_named(load: Load, old: str, new: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        load(old, new)


def test_a_function_that_is_not_there_is_named(load: Load) -> None:
    with pytest.raises(DataError, match=r"data.source.callable.function: .* has nothing called 'lode'"):
        load(function="data.lode")
