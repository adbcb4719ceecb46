"""Triage: whether the cause of a night is named rightly, over many credit worlds.

python -m bench.studies.triage [SEEDS [FIRST]]

Every world has a season each year. A model learns from thirteen months of it; one night five months later
holds each of the other scenarios, a night of the next season the seventh. The concept drifts as soon as the
training data end, so that its outcomes have arrived; all else is two days to a month old. The outcomes that a
night knows are those of the four weeks that ended ninety days before it. The second table is of scenarios
half as strong; a calm night and the season have no strength. Last come calm quarters, night after night, in
which every cause is a false one; production asks for causes only where a limit was crossed.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from airlock.monitoring.background import background, hits
from airlock.monitoring.profile import profile
from airlock.package.answers import Answers
from airlock.package.labels import truth_of
from airlock.package.predictor import Predictor
from airlock.samples.credit import Episode, World, generate
from airlock.settings import ROOT
from airlock.training.candidate import fit
from airlock.training.split import split
from airlock.triage.cause import Cause
from airlock.triage.decide import find_cause
from airlock.triage.facts import Cohort, Facts
from airlock.triage.recent import MOST_NIGHTS, together
from bench.studies.slices import COLUMNS, spec

SEEDS, FIRST, DAILY = 30, 1, 300
QUARTERS, NIGHTS_OF_A_QUARTER, QUARTER = 3, 91, date(2026, 8, 1)
DAY = timedelta(days=1)
SEASON = Episode("season", date(2024, 1, 1))
TRAINED_FROM, TRAINED_UNTIL = date(2025, 4, 1), date(2026, 5, 1)
NIGHTS, SEASON_NIGHTS = date(2026, 10, 3), date(2026, 11, 25)
BEGINS, CONCEPT_BEGINS = date(2026, 10, 1), date(2026, 5, 15)
DUE, COHORT_DAYS = timedelta(days=90), timedelta(days=28)
EXPECTED = {
    "calm": "calm",
    "feed_fault": "data_fault",
    "bad_source": "bad_source",
    "season": "season",
    "covariate_shift": "covariate_shift",
    "label_shift": "label_shift",
    "concept_drift": "concept_drift",
}
FAULTS, ALWAYS = ("feed_fault", "bad_source"), ("calm", "season")
TRAINS = ("refit", "retrain")
STRENGTHS = (1.0, 0.5)


@dataclass(frozen=True)
class Studied:
    """One world, and a model that was trained in it once."""

    seed: int
    predictor: Predictor
    profile: dict[str, object]
    reference: pa.Table

    def night(self, scenario: str, strength: float) -> Facts:
        """Return the facts of the night that a scenario is at work in."""
        first, days = (SEASON_NIGHTS, 29) if scenario == "season" else (NIGHTS, 30)
        day = first + self.seed % days * DAY
        begins = CONCEPT_BEGINS if scenario == "concept_drift" else BEGINS
        # The season is at work in every world anyway.
        episodes = () if scenario == "season" else (Episode(scenario, begins, strength=strength),)
        rows = _rows(self.seed, day - (MOST_NIGHTS - 1) * DAY, day + DAY, episodes)
        past = _rows(self.seed, day - DUE - COHORT_DAYS, day - DUE, episodes)
        return self.facts(day, rows, past)

    def quarter(self) -> Iterator[Facts]:
        """Yield the facts of the nights of a quarter in which nothing happens."""
        rows = _rows(self.seed, QUARTER - MOST_NIGHTS * DAY, QUARTER + NIGHTS_OF_A_QUARTER * DAY, ())
        past = _rows(self.seed, QUARTER - DUE - COHORT_DAYS, QUARTER + NIGHTS_OF_A_QUARTER * DAY - DUE, ())
        for number in range(NIGHTS_OF_A_QUARTER):
            day = QUARTER + number * DAY
            yield self.facts(day, rows, _between(past, day - DUE - COHORT_DAYS, day - DUE))

    def facts(self, day: date, rows: pa.Table, past: pa.Table) -> Facts:
        """Return what is known of a night, from the rows of a week or more and the outcomes that came."""
        nights = [
            self.answered(_between(rows, day - ago * DAY, day - (ago - 1) * DAY))
            for ago in range(MOST_NIGHTS)
        ]
        scores = self.predictor.predict_table(past)
        came = hits("true", scores.predictions, truth_of(past, "defaulted", spec().task))
        cohort = Cohort(scores.scores, came)
        return Facts(day, self.profile, self.reference, nights[0], cohort, recent=lambda: together(nights))

    def answered(self, rows: pa.Table) -> pa.Table:
        """Return rows with what the model answers."""
        return _answered(rows, self.predictor.predict_table(rows))


def study(seed: int) -> Studied:
    """Draw a world's training data, train a model once, and describe what it learnt from."""
    model = spec()
    table = _rows(seed, TRAINED_FROM, TRAINED_UNTIL, ())
    parts = split(table, model)
    train, holdout = table.take(parts.train), table.take(parts.holdout)
    fitted = fit(model, "boosted_trees", train, models=ROOT / "include" / "models")
    answers = fitted.answer(holdout)
    described = profile(holdout, fitted.signature.kinds, answers)
    whole = described | background(model, described, train, holdout, answers)
    return Studied(seed, Predictor(fitted.signature, fitted.pipeline), whole, _answered(holdout, answers))


def main(seeds: int, first: int) -> None:
    """Print the confusion table at full strength, then at half, then what calm quarters bring."""
    said: Counter[tuple[float, str, str]] = Counter()
    learnt_faults: Counter[float] = Counter()
    calm: list[Studied] = []
    for seed in range(first, first + seeds):
        world = study(seed)
        calm += [world] * (len(calm) < QUARTERS)
        for strength, scenario, cause in _causes(world):
            said[strength, scenario, cause.kind if cause else "calm"] += 1
            wrong = cause is not None and scenario in FAULTS and cause.proposes in TRAINS
            learnt_faults[strength] += wrong
        print(f"  seed {seed} done", flush=True)
    for strength in STRENGTHS:
        print(f"strength {strength:g}, {seeds} worlds; {learnt_faults[strength]} trainings on faulty data")
        _table({(one, kind): count for (at, one, kind), count in said.items() if at == strength}, seeds)
    _calm(calm)


def _calm(worlds: list[Studied]) -> None:
    """Print how many nights of calm quarters have a cause; the same on nights in a row is one alert."""
    nights = alerts = 0
    for world in worlds:
        before = None
        for facts in world.quarter():
            cause = find_cause(facts)
            named = cause and (cause.kind, cause.about)
            nights += named is not None
            alerts += named is not None and named != before
            before = named
            if cause:
                print(f"  seed {world.seed}, {facts.day}: {cause.to_json()}", flush=True)
    print(
        f"{len(worlds)} calm quarters of {NIGHTS_OF_A_QUARTER} nights: {nights} nights with a cause, "
        f"{alerts / len(worlds):.1f} false alerts a quarter"
    )


def _table(said: dict[tuple[str, str], int], worlds: int) -> None:
    for scenario, right in EXPECTED.items():
        if row := {kind: count for (one, kind), count in said.items() if one == scenario}:
            print(f"  {scenario:16} right {row.get(right, 0) / worlds:4.0%}  {row}")
    right_ones = sum(said.get((scenario, right), 0) for scenario, right in EXPECTED.items())
    print(f"  all: {right_ones / sum(said.values()):.1%} right", flush=True)


def _causes(world: Studied) -> Iterator[tuple[float, str, Cause | None]]:
    for strength in STRENGTHS:
        for scenario, right in EXPECTED.items():
            if strength < 1 and scenario in ALWAYS:
                continue
            cause = find_cause(world.night(scenario, strength))
            if (cause.kind if cause else "calm") != right:
                print(
                    f"  seed {world.seed}, {scenario} at {strength:g}: {cause and cause.to_json()}",
                    flush=True,
                )
            yield strength, scenario, cause


def _rows(seed: int, start: date, end: date, episodes: tuple[Episode, ...]) -> pa.Table:
    data = generate(World(seed, DAILY, (SEASON, *episodes)), start, end)
    joined = data.applications.merge(data.customers, on="customer_id")
    joined = joined.merge(data.outcomes, on="application_id").sort_values("applied_at", ignore_index=True)
    return pa.Table.from_pandas(joined[list(COLUMNS)], preserve_index=False)


def _between(rows: pa.Table, start: date, end: date) -> pa.Table:
    days = pc.cast(rows["applied_at"], pa.date32())
    return rows.filter(pc.and_(pc.greater_equal(days, start), pc.less(days, end)))


def _answered(table: pa.Table, answers: Answers) -> pa.Table:
    scored = table.append_column("score", pa.array(answers.scores))
    return scored.append_column("prediction", pa.array(answers.predictions))


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(*given, *(SEEDS, FIRST)[len(given) :])
