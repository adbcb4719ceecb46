"""Slices: whether the finder names a planted weak slice and nothing else, over many credit worlds.

python -m bench.studies.slices [SEEDS]

A fraud ring (tenants who come through a partner) begins inside the hold-out, so that no model can know of it.
What else is named is held against the true probabilities: a slice whose true excess is less than half of what
is material was named by chance. A linear model has real weaknesses in this world, whose law is not linear.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import entr

from airlock.examination.subject import Subject
from airlock.examination.weakness.conditions import cut
from airlock.examination.weakness.slices import MATERIAL, find_slices
from airlock.package.labels import truth_of
from airlock.package.predictor import Predictor
from airlock.samples.credit import Episode, World, generate
from airlock.settings import ROOT
from airlock.spec import ModelSpec, Task
from airlock.training.candidate import fit
from airlock.training.split import split

RING = "channel=partner and housing=rent"
SEEDS = 20
START, DAYS, DAILY = date(2026, 1, 1), 270, 200
RING_STARTS = START + timedelta(days=210)
CANDIDATES: dict[str, Any] = {
    "logistic_regression": {
        "estimator": "sklearn.linear_model.LogisticRegression",
        "parameters": {"max_iter": 1000},
    },
    "boosted_trees": {
        "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
        "preprocessing": "ordinal",
        "parameters": {
            "max_iter": 150,
            "early_stopping": False,
            "learning_rate": 0.06,
            "max_leaf_nodes": 7,
            "min_samples_leaf": 40,
        },
    },
}
NUMBERS = ("amount", "term_months", "income", "employment_years", "existing_debt", "open_loans")
COLUMNS = {
    "application_id": {"role": "identifier", "classification": "business"},
    "applied_at": {"role": "event_time", "classification": "business"},
    **{
        name: {"role": "feature", "kind": "number", "classification": "personal"}
        for name in (*NUMBERS, "previous_defaults")
    },
    **{
        name: {"role": "feature", "kind": "category", "classification": "personal"}
        for name in ("purpose", "housing", "channel")
    },
    **{
        name: {"role": "protected", "kind": "category", "classification": "sensitive"}
        for name in ("sex", "region")
    },
    "defaulted": {"role": "target", "kind": "boolean", "classification": "business"},
}


def spec() -> ModelSpec:
    """Return the spec of a credit model without age, which the law of risk knows and no model here may."""
    return ModelSpec.model_validate(
        {
            "name": "credit_risk",
            "title": "Credit default risk",
            "purpose": "Study what the slice finder finds.",
            "owner": {"name": "Dana Keller", "email": "dana@airlock.example"},
            "risk_tier": "limited",
            "task": "binary",
            "data": {
                "source": {"file": {"path": "rows.parquet", "format": "parquet"}},
                "entity_key": "application_id",
                "event_time": "applied_at",
                "target": "defaulted",
                "positive": True,
                "columns": COLUMNS,
            },
            "training": {
                "select_by": "roc_auc",
                "split": {"by": "time", "holdout": 0.25},
                "cross_validation": {"folds": 2},
                "seed": 7,
                "candidates": CANDIDATES,
            },
            "gates": {"limits": [], "champion": {"metric": "roc_auc"}},
            "approval": {"people": 1, "approvers": ["ria"]},
            "alerts": {"to": ["oncall@airlock.example"]},
        }
    )


def rows(world: World) -> pa.Table:
    """Return the applications of the period with applicants, outcomes and true probabilities, by time."""
    data = generate(world, START, START + timedelta(days=DAYS))
    joined = data.applications.merge(data.customers, on="customer_id")
    for others in (data.outcomes, data.truth):
        joined = joined.merge(others, on="application_id")
    ordered = joined.sort_values("applied_at", ignore_index=True)
    return pa.Table.from_pandas(ordered[[*COLUMNS, "probability"]], preserve_index=False)


def subject(seed: int, candidate: str, *episodes: Episode) -> Subject:
    """Return one candidate beside the hold-out of one world."""
    model, table = spec(), rows(World(seed, DAILY, episodes))
    parts = split(table, model)
    fitted = fit(model, candidate, table.take(parts.train), models=ROOT / "include" / "models")
    holdout = table.take(parts.holdout)
    assert not episodes or holdout["applied_at"][0].as_py().date() < episodes[0].start
    predictor = Predictor(fitted.signature, fitted.pipeline)
    truth = truth_of(holdout, model.data.target, model.task)
    return Subject(model, predictor, holdout, truth, predictor.predict_table(holdout))


def ring(strength: float = 1.0) -> Episode:
    """Return the planted weak slice."""
    return Episode("fraud_ring", start=RING_STARTS, strength=strength)


@dataclass(frozen=True)
class Named:
    """A slice that was named, its excess as measured, and as it is by the world's own probabilities."""

    slice: str
    excess: float
    truly: float


def main(seeds: int) -> None:
    """Print what is named in calm worlds and in worlds with a ring, for each candidate."""
    worlds: dict[str, tuple[Episode, ...]] = {
        "calm": (),
        "ring": (ring(),),
        "half the ring": (ring(0.5),),
        "a fifth of the ring": (ring(0.2),),
    }
    for candidate in CANDIDATES:
        for name, episodes in worlds.items():
            each = list(_named(range(1, seeds + 1), candidate, episodes))
            hits = sum(any(one.slice == RING for one in named) for named in each)
            exactly = sum([one.slice for one in named] == [RING] for named in each)
            others = [one for named in each for one in named if one.slice != RING]
            chance = sum(one.truly < MATERIAL[Task.BINARY] / 2 for one in others)
            print(
                f"{candidate}, {name}, {seeds} worlds: the ring named in {hits}, nothing else in {exactly}; "
                f"nothing at all in {each.count(())}; {len(others)} other slices, {chance} of them by chance",
                flush=True,
            )


def _named(seeds: range, candidate: str, episodes: tuple[Episode, ...]) -> Iterator[tuple[Named, ...]]:
    for seed in seeds:
        it = subject(seed, candidate, *episodes)
        began = time.perf_counter()
        found = find_slices(it)
        took = time.perf_counter() - began
        named = tuple(Named(one.slice, one.excess, _truly(it, one.slice, found.least)) for one in found.named)
        said = "; ".join(f"{one.slice} {one.excess:.3f}, truly {one.truly:.3f}" for one in named) or "nothing"
        print(f"  seed {seed}: {said}; {found.looked_at:,} slices in {took:.2f} s", flush=True)
        yield named


def _truly(it: Subject, words: str, least: int) -> float:
    """Return the mean excess in a slice if each outcome were as likely as the world's law has it."""
    said, law = it.answers.scores, it.rows["probability"].to_numpy()
    excess = -law * np.log(said) - (1 - law) * np.log1p(-said) - entr(said) - entr(1 - said)
    found = cut(it.spec, it.rows, least)
    named = [condition.words in words.split(" and ") for condition in found.conditions]
    return float(excess[found.members[:, named].all(axis=1)].mean())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
