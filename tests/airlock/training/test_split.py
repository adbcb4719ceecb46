"""The split: stable, whole, and never cutting a moment in two."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.spec import ModelSpec
from airlock.training.split import SplitError, held_out, split
from tests.airlock.loans import loan_spec, loans


def random_spec(share: float = 0.25, seed: int = 7) -> ModelSpec:
    return loan_spec(training={"split": {"by": "random", "holdout": share}, "seed": seed})


def keys(table: pa.Table, rows: np.ndarray) -> set[str]:
    return set(table["loan"].take(rows).to_pylist())


@pytest.mark.parametrize("spec", [loan_spec(), random_spec()], ids=["time", "random"])
def test_every_row_is_in_exactly_one_part(spec: ModelSpec) -> None:
    parts = split(loans(), spec)
    assert sorted([*parts.train, *parts.holdout]) == list(range(1000))
    assert 200 <= len(parts.holdout) <= 300


def test_a_split_by_time_holds_out_the_newest() -> None:
    table = loans()
    parts = split(table, loan_spec())
    times = table["asked_at"].to_numpy()
    assert times[parts.train].max() < times[parts.holdout].min()


def test_rows_of_one_moment_stay_together() -> None:
    table = loans(100)
    days = pa.array(
        [datetime(2026, 1, 1 + row // 20, tzinfo=UTC) for row in range(100)], pa.timestamp("us", "UTC")
    )
    table = table.set_column(table.column_names.index("asked_at"), "asked_at", days)
    assert len(split(table, loan_spec()).holdout) == 40


def test_a_row_is_held_out_in_every_training_or_in_none() -> None:
    table, spec = loans(), random_spec()
    grown = pa.concat_tables([loans(1500).slice(1000), table.take(np.arange(999, -1, -1))])
    once, later = split(table, spec), split(grown, spec)
    assert keys(table, once.holdout) == keys(grown, later.holdout) & keys(table, np.arange(1000))


def test_another_seed_holds_out_other_rows() -> None:
    table = loans()
    assert keys(table, split(table, random_spec(seed=1)).holdout) != keys(
        table, split(table, random_spec(seed=2)).holdout
    )


@given(st.integers(0, 2**31), st.text(max_size=20), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_larger_share_only_adds_rows(seed: int, key: str, one: float, other: float) -> None:
    smaller, larger = sorted((one, other))
    assert held_out(seed, key, larger) or not held_out(seed, key, smaller)


def test_all_rows_of_one_moment_cannot_be_split_by_time() -> None:
    table = loans(20)
    moment = pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 20, pa.timestamp("us", "UTC"))
    table = table.set_column(table.column_names.index("asked_at"), "asked_at", moment)
    with pytest.raises(SplitError, match=r"training\.split.*leaves 0 rows to train on and 20 to hold out"):
        split(table, loan_spec())


def test_no_rows_cannot_be_split() -> None:
    with pytest.raises(SplitError, match="leaves 0 rows to train on and 0"):
        split(loans(10).slice(0, 0), loan_spec())
