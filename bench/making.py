"""Making the world: `python -m bench.making FOLDER` fills a folder whose size.json says how much there is."""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from airlock.monitoring.profile import profile
from airlock.package.answers import Answers
from airlock.package.building import build
from airlock.package.fitted import Fitted
from airlock.package.package import PREDICTION, SCORE
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.training.candidate import fit
from airlock.training.split import split
from bench import lender
from bench.world import World


def make(world: World) -> None:
    """Draw the rows, train and package the model, and load the night into PostgreSQL where there is one."""
    spec, size = lender.spec(), world.size
    world.suite.write_text(json.dumps(lender.suite()))
    night, before = lender.rows(size.rows, seed=2), lender.rows(size.rows, seed=1)
    fitted = _package(world, spec)
    features = list(spec.data.features)
    pq.write_table(night, world.night)
    pq.write_table(_with_answers(night.select(features), fitted.answer(night)), world.answered)
    pq.write_table(_with_answers(before.select(features), fitted.answer(before)), world.reference)
    if size.database:
        from bench import filling

        filling.load(size.warehouse, night)
        filling.deploy(size.database, world.package)


def _package(world: World, spec: ModelSpec) -> Fitted:
    table = lender.rows(world.size.training_rows, seed=3)
    parts = split(table, spec)
    models = world.folder / "models"
    (models / spec.name).mkdir(parents=True)
    fitted = fit(spec, "trees", table.take(parts.train), models=models)
    holdout = table.take(parts.holdout)
    answers = fitted.answer(holdout)
    package = build(
        Store(world.store),
        fitted,
        spec=spec,
        reference=holdout,
        answers=answers,
        profile=profile(holdout, fitted.signature.kinds, answers),
        holdout=holdout,
        snapshot_digest="5" * 64,
        code_version="bench",
        models=models,
    )
    (world.folder / "package").write_text(package.digest)
    return fitted


def _with_answers(table: pa.Table, answers: Answers) -> pa.Table:
    scored = table.append_column(SCORE, pa.array(answers.scores))
    return scored.append_column(PREDICTION, pa.array(answers.predictions))


if __name__ == "__main__":
    make(World(Path(sys.argv[1])))
