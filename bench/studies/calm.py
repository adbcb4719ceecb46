"""Calm: how often a quarter of calm nights alerts of drift, with the chance of it and without.

python -m bench.studies.calm [SEEDS]

Every world is one in which nothing happens. A model learns from a year of it; each of the ninety nights after
it is held against the held-out quarter, whose profile the package keeps, as the nightly task does. P-values
alone, without the limit on the effect, say how little they would be worth by themselves.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pyarrow as pa

from airlock.monitoring.chance import FALSE_DISCOVERIES
from airlock.monitoring.drift import ColumnDrift, answered, measure
from airlock.monitoring.profile import profile
from airlock.package.predictor import Predictor
from airlock.samples.credit import World, generate
from airlock.settings import ROOT
from airlock.training.candidate import fit
from airlock.training.split import split
from bench.studies.slices import COLUMNS, spec

SEEDS, NIGHTS = 5, 90
DAILY = (100, 300)
DAY = timedelta(days=1)
TRAINED_FROM, TRAINED_UNTIL = date(2025, 4, 1), date(2026, 4, 1)
LIMITS = (0.25, 0.1)


def quarter(world: World) -> Iterator[tuple[ColumnDrift, ...]]:
    """Train once, and yield what is measured in each night of the quarter after that."""
    model = spec()
    table = _rows(world, TRAINED_FROM, TRAINED_UNTIL)
    parts = split(table, model)
    train, holdout = table.take(parts.train), table.take(parts.holdout)
    fitted = fit(model, "boosted_trees", train, models=ROOT / "include" / "models")
    reference = profile(holdout, fitted.signature.kinds, fitted.answer(holdout))
    predictor = Predictor(fitted.signature, fitted.pipeline)
    for number in range(NIGHTS):
        night = _rows(world, TRAINED_UNTIL + number * DAY, TRAINED_UNTIL + (number + 1) * DAY)
        yield measure(reference, [answered(night, predictor.predict_table(night))])


def alerts(drifts: tuple[ColumnDrift, ...]) -> Iterator[str]:
    """Yield for each column the rules by which it would alert."""
    for drift in drifts:
        assert drift.psi is not None and drift.adjusted is not None
        beyond = drift.adjusted <= FALSE_DISCOVERIES
        yield from ["beyond chance, however little"] * beyond
        for limit in LIMITS:
            far = drift.psi > limit
            yield from [f"PSI over {limit:g}"] * far
            yield from [f"PSI over {limit:g}, beyond chance"] * (far and beyond)


def main(seeds: int) -> int:
    """Print for each size of night how many false alerts a quarter has, column by column."""
    rules = [f"PSI over {limit:g}{more}" for limit in LIMITS for more in ("", ", beyond chance")]
    for daily in DAILY:
        quarters = [quarter(World(seed, daily)) for seed in range(1, seeds + 1)]
        said = Counter(rule for nights in quarters for drifts in nights for rule in alerts(drifts))
        print(f"{daily} rows a night, {seeds} quarters of {NIGHTS} nights")
        for rule in (*rules, "beyond chance, however little"):
            print(f"  {rule:32} {said[rule] / seeds:6.2f} false alerts a quarter", flush=True)
    return 0


def _rows(world: World, start: date, end: date) -> pa.Table:
    data = generate(world, start, end)
    joined = data.applications.merge(data.customers, on="customer_id")
    joined = joined.merge(data.outcomes, on="application_id").sort_values("applied_at", ignore_index=True)
    return pa.Table.from_pandas(joined[list(COLUMNS)], preserve_index=False)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS))
