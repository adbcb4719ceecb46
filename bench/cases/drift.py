"""Drift: a night held against the training data, from Parquet to figures for every column."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airlock.governance.prediction_table import ROWS_AT_ONCE
from airlock.spec.columns import Kind
from bench.case import Case, Measured, timed
from bench.long_night import ROWS
from bench.measure import MAXRSS_A_MB
from bench.world import World

if TYPE_CHECKING:
    import pyarrow as pa


def ours(world: World) -> Measured:
    """One pass against the profile that is kept with the model."""
    from airlock.governance.batch_answers import pieces
    from airlock.monitoring.drift import measure

    package = world.package

    def work() -> None:
        drifts = measure(package.profile(), pieces(world.answered, package.signature.kinds))
        assert {drift.rows for drift in drifts} == {world.size.rows}
        assert all(drift.psi is not None for drift in drifts)

    return timed(work)


def evidently(world: World) -> Measured:
    """The preset as its documentation writes it, on the same columns and as many rows of the time before."""
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    def work() -> None:
        reference, night = pd.read_parquet(world.reference), pd.read_parquet(world.answered)
        assert Report([DataDriftPreset()]).run(night, reference).dict()["metrics"]

    return timed(work)


def reading(world: World) -> Measured:
    """The limit: nothing but reading the columns."""
    import pyarrow.dataset  # noqa: F401
    import pyarrow.parquet as pq

    return timed(lambda: pq.read_table(world.answered))


def memory_of_a_long_night(world: World) -> Measured:
    """The most memory that ten million rows take."""
    import resource

    from airlock.monitoring.drift import measure

    package = world.package
    assert {drift.rows for drift in measure(package.profile(), _long_night(world))} == {ROWS}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MAXRSS_A_MB
    return Measured(peak, peak)


def _long_night(world: World) -> "Iterator[pa.Table]":
    """Yield the pieces of a night that nobody answered; two columns of theirs stand for the answers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    words = [name for name, kind in world.package.signature.kinds.items() if kind is Kind.CATEGORY]
    night = pq.ParquetFile(world.long_night, read_dictionary=words, pre_buffer=False)
    for rows in night.iter_batches(ROWS_AT_ONCE):
        piece = pa.Table.from_batches([rows])
        yield piece.append_column("score", piece["number_01"]).append_column(
            "prediction", piece["category_01"]
        )


CASES = (
    Case(
        name=f"memory for the drift of {ROWS // 1_000_000}M rows",
        unit="MB",
        ours=memory_of_a_long_night,
        limits={"a GiB": 1024.0},
        runs=1,
    ),
    Case(
        name="drift of a night's 31 features and answers",
        unit="s",
        ours=ours,
        peers={"Evidently DataDriftPreset": evidently, "reading the columns once": reading},
    ),
)
