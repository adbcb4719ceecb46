"""Scoring a night's rows from the model's source into the prediction log."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine

from airlock.data.read import NoRows, read
from airlock.data.window import night_of
from airlock.governance.deployments import Deployment
from airlock.governance.predictions import versions_of_night
from airlock.package.package import open_package
from airlock.package.predictor import Predictor
from airlock.scoring.batch import score_night
from airlock.spec import ModelSpec
from airlock.store import Store


def score_source(
    spec: ModelSpec,
    champion: Deployment,
    *,
    interval_end: datetime,
    store: Store,
    engine: Engine,
    models: Path,
    connect: Callable[[str], Engine],
    at: datetime,
) -> dict[str, Any]:
    """Score the night with the champion, unless another version has done so: that was its day's answer."""
    window = night_of(interval_end)
    night = window.night.isoformat()
    with engine.connect() as connection:
        others = versions_of_night(connection, spec.name, night) - {champion.version}
    if others:
        return {"night": night, "version": max(others), "rows": 0, "kept": True}
    try:
        table = read(spec, window=window, as_of=interval_end, models=models, connect=connect)
    except NoRows:  # the monitor finds that nothing was scored, and says so
        return {"night": night, "version": champion.version, "rows": 0, "kept": False}
    predictor = Predictor.load(open_package(store, champion.package_digest))
    rows = score_night(engine, spec, predictor, champion.version, table, window=window, at=at)
    return {"night": night, "version": champion.version, "rows": rows, "kept": False}
