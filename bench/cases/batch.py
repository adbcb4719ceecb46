"""Batch scoring: a night from PostgreSQL to PostgreSQL."""

from datetime import UTC, datetime, timedelta

from bench.case import Case, Measured, timed
from bench.world import World


def ours(world: World) -> Measured:
    """The night's rows read, checked and scored; each logged with its features, as one transaction."""
    import sqlalchemy as sa

    from airlock.data.read import read
    from airlock.data.window import Window
    from airlock.governance.engine import connect
    from airlock.package.predictor import Predictor
    from airlock.scoring.batch import score_night
    from bench.lender import DAY

    spec, predictor = world.spec, Predictor.load(world.package)
    window = Window(DAY, DAY + timedelta(days=1))
    engine, warehouse = connect(world.size.database), sa.create_engine(world.size.warehouse)

    def work() -> None:
        night = read(
            spec,
            window=window,
            as_of=DAY + timedelta(days=2),
            models=world.folder / "models",
            connect=lambda name: warehouse,
        )
        scored = score_night(engine, spec, predictor, 1, night, window=window, at=datetime.now(UTC))
        assert scored == world.size.rows

    return timed(work)


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


CASES = (
    Case(
        name="batch scoring, PostgreSQL to PostgreSQL, logged",
        unit="s",
        ours=ours,
        peers={"read_sql + predict_proba + to_sql": pandas_to_sql},
        database=True,
    ),
)
