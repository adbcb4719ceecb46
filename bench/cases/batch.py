"""Batch scoring: a night from PostgreSQL to PostgreSQL, and from Parquet to Parquet."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.case import Case, Measured, Side, timed
from bench.long_night import ROWS
from bench.world import World

if TYPE_CHECKING:
    from airlock.spec import ModelSpec
    from airlock.store import Store

#: So many rows are prepared at once for a peer that has them all in memory afterwards.
PREPARED = 100_000
Night = Callable[[World], Path]
Number = Callable[[World], int]


def from_database(world: World) -> Measured:
    """The night's rows read, checked, scored and kept; the answers written as one transaction."""
    import sqlalchemy as sa

    from airlock.governance import batch_answers, batches
    from airlock.governance.engine import connect
    from airlock.store import Store
    from bench.lender import DAY

    store, engine = Store(world.store), connect(world.size.database)
    warehouse = sa.create_engine(world.size.warehouse)
    answer = _answering(world, world.spec, store, lambda name: warehouse)

    def work() -> None:
        answered = answer()
        with engine.begin() as conn:
            batch = batches.record(
                conn,
                model=world.spec.name,
                night=DAY.date(),
                part=1,
                parts=1,
                version=1,
                package_digest=world.package.digest,
                rows=answered.rows,
                answers_digest=answered.digest,
                dag_run_id="bench",
                at=datetime.now(UTC),
            )
            batch_answers.copy_rows(conn, store, batch)
        assert answered.rows == world.size.rows

    return timed(work)


def from_file(night: Night, number: Number) -> Side:
    """The night's rows read from Parquet, checked, scored, and kept with their answers as Parquet."""

    def measured(world: World) -> Measured:
        from airlock.spec.data import Source
        from airlock.store import Store

        source = Source.model_validate({"file": {"path": str(night(world)), "format": "parquet"}})
        data = world.spec.data.model_copy(update={"source": source})
        spec = world.spec.model_copy(update={"data": data})
        answer = _answering(world, spec, Store(world.store), _no_connection)

        def work() -> None:
            assert answer().rows == number(world)

        return timed(work)

    return measured


def pandas_to_sql(world: World) -> Measured:
    """The night's rows by read_sql, scored, and keys and scores (no features) written by to_sql."""
    import pandas as pd
    import sqlalchemy as sa

    from airlock.package.predictor import Predictor

    pipeline = Predictor.load(world.package).pipeline
    features = list(world.spec.data.features)
    categories = [name for name in features if name.startswith("category")]
    warehouse, database = sa.create_engine(world.size.warehouse), sa.create_engine(world.size.database)

    def work() -> None:
        night = pd.read_sql("SELECT * FROM loans", warehouse)
        night[categories] = night[categories].fillna("")
        night["insured"] = night["insured"].astype("float64")
        night["score"] = pipeline.predict_proba(night[features])[:, 1]
        night["prediction"] = night["score"] >= 0.5
        kept = night[["loan", "asked_at", "score", "prediction"]]
        kept.to_sql("plain_scores", database, if_exists="replace", index=False)

    return timed(work)


def bare_predict_proba(night: Night, number: Number) -> Side:
    """Nothing but the estimator's predict_proba, on an array that is read and prepared already."""

    def measured(world: World) -> Measured:
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq

        from airlock.package.frame import frame
        from airlock.package.predictor import Predictor

        prepare, estimator = Predictor.load(world.package).pipeline
        kinds = world.package.signature.kinds
        pieces = pq.ParquetFile(night(world), pre_buffer=False).iter_batches(PREPARED, columns=list(kinds))
        prepared = np.concatenate(
            [prepare.transform(frame(pa.Table.from_batches([piece]), kinds)) for piece in pieces]
        )

        def work() -> None:
            assert len(estimator.predict_proba(prepared)) == number(world)

        return timed(work)

    return measured


def _answering(
    world: World, spec: "ModelSpec", store: "Store", connect: Callable[[str], Any]
) -> Callable[[], Any]:
    from datetime import timedelta

    from airlock.data.read import stream
    from airlock.data.window import whole_day
    from airlock.scoring.many import for_many_rows
    from airlock.scoring.part import answer_part
    from airlock.serving.loading import load
    from bench.lender import DAY

    answering = for_many_rows(load(store, spec.name, world.package.digest), world.package)
    asked: dict[str, Any] = {
        "window": whole_day(DAY.date()),
        "as_of": DAY + timedelta(days=2),
        "models": world.folder / "models",
        "connect": connect,
    }

    def answer() -> Any:
        rows = stream(spec, list(answering.signature.kinds), **asked)
        return answer_part(store, spec, answering, rows, {"model": spec.name, "version": 1})

    return answer


def _no_connection(name: str) -> None:
    raise AssertionError(f"the connection {name} was opened")


CASES = (
    Case(
        name="batch scoring, PostgreSQL to PostgreSQL, logged",
        unit="s",
        ours=from_database,
        peers={"read_sql + predict_proba + to_sql": pandas_to_sql},
        database=True,
    ),
    *(
        Case(
            name=f"batch scoring{what}, Parquet to Parquet",
            unit="s",
            ours=from_file(night, number),
            peers={"bare predict_proba, array in memory": bare_predict_proba(night, number)},
            runs=runs,
            peer_runs=runs,
        )
        for what, night, number, runs in (
            ("", lambda world: world.night, lambda world: world.size.rows, 3),
            (f" of {ROWS // 1_000_000}M rows", lambda world: world.long_night, lambda world: ROWS, 1),
        )
    ),
)
