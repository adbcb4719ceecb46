"""Before outcomes, and who it hits: how near estimates come, and how seldom calm groups are a finding.

PYTHONPATH=plugins python -m bench.studies.early [SEEDS]

A model learns from thirteen months of a credit world and answers for a quarter. At the end of each week the
four weeks before it are estimated, and compared by sex and region with the limits of credit_risk: once as if
no outcome were known, once against the outcomes that the world knows.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa

from airlock.evaluation.metrics import compute
from airlock.monitoring import estimate
from airlock.monitoring.estimate import Range
from airlock.monitoring.fairness import Fairness, of_answers, of_outcomes
from airlock.monitoring.judging.fairness import judge
from airlock.monitoring.performance import joined, logged_answers
from airlock.package.labels import truth_of
from airlock.samples.credit import Episode, World, generate
from airlock.settings import ROOT
from airlock.spec import ModelSpec, load_model
from bench.studies.slices import COLUMNS, spec
from bench.studies.triage import DAILY, NIGHTS, SEASON, Studied, study

WEEK = timedelta(days=7)
SEEDS, WEEKS, COMPARED = 5, 13, timedelta(days=28)
SCENARIOS = ("calm", "covariate_shift", "label_shift", "concept_drift")
METRICS = ("roc_auc", "accuracy", "recall", "brier")


@dataclass(frozen=True)
class Window:
    """Four weeks of one world: each metric's estimate beside the truth, and what was found of the groups."""

    estimates: dict[str, tuple[Range, float]]
    found: tuple[str, ...]


def main(seeds: int) -> None:
    """Print for each scenario how far estimates lie from the truth, and what was found of the groups."""
    worlds = [study(seed) for seed in range(1, seeds + 1)]
    for scenario in SCENARIOS:
        quarters = [tuple(_windows(world, scenario)) for world in worlds]
        print(f"{scenario}: {seeds} quarters, {WEEKS} windows of four weeks each")
        for metric in METRICS:
            pairs = [one.estimates[metric] for quarter in quarters for one in quarter]
            off = np.mean([abs(one.mean - true) for one, true in pairs])
            held = np.mean([one.low <= true <= one.high for one, true in pairs])
            print(f"  {metric:9} off by {off:.3f} in the mean; the interval holds {held:4.0%}")
        found = [{key for one in quarter for key in one.found} for quarter in quarters]
        print(
            f"  groups found in {sum(map(bool, found))} quarters: {sorted(set().union(*found))}", flush=True
        )


def _windows(world: Studied, scenario: str) -> Iterator[Window]:
    """Draw a quarter after four weeks, and look at the end of each week."""
    days = COMPARED + WEEKS * WEEK
    episodes = () if scenario == "calm" else (Episode(scenario, NIGHTS - COMPARED),)
    data = generate(
        World(world.seed, DAILY, (SEASON, *episodes)), NIGHTS - COMPARED, NIGHTS - COMPARED + days
    )
    whole = data.applications.merge(data.customers, on="customer_id").merge(
        data.outcomes, on="application_id"
    )
    ordered = whole.sort_values("applied_at", ignore_index=True)
    people = pa.Table.from_pandas(ordered[list(COLUMNS)], preserve_index=False)
    answers = world.predictor.predict_table(people)
    columns = {"entity_key": people["application_id"], "event_time": people["applied_at"]}
    said = pa.table({"score": answers.scores, "prediction": answers.predictions, **columns})
    moments = ordered["applied_at"]
    for week in range(1, WEEKS + 1):
        end = pd.Timestamp(NIGHTS + week * WEEK, tz="UTC")
        inside = pa.array(((moments >= end - COMPARED) & (moments < end)).to_numpy())
        yield _window(world, said.filter(inside), people.filter(inside))


def _window(world: Studied, said: pa.Table, people: pa.Table) -> Window:
    spec, answers = watched(), logged_answers(said)
    truth = truth_of(people, "defaulted", spec.task)
    true = compute(spec.task, truth, answers, positive="true")
    yes = np.array(answers.predictions) == "true"
    found = estimate.measure(spec, world.profile, answers.scores, yes).metrics or {}
    asked = spec.monitoring.fairness
    assert asked is not None
    errors = of_outcomes(spec, asked, joined(spec, said, people))
    groups = Fairness.of(asked, of_answers(spec, asked, said, people), errors)
    return Window(
        {name: (one, true[name]) for name in METRICS if (one := found[name])},
        tuple(finding.key for finding in judge(spec, groups)),
    )


@cache
def watched() -> ModelSpec:
    """Return the study's model, with the limits of credit_risk and its policy where it knows the column."""
    asked = load_model(ROOT / "include", "credit_risk").monitoring
    return spec().model_copy(update={"monitoring": asked})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
