"""Drift: how far a night's columns and answers lie from the training data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.monitoring.bars import Bar, number_bars, value_bars
from airlock.monitoring.chance import adjusted, chi_square, rare, smallest
from airlock.monitoring.distances import (
    excess_psi,
    jensen_shannon,
    joined,
    kolmogorov_smirnov,
    quantiles,
    wasserstein,
)
from airlock.monitoring.tally import PREDICTION, SCORE, AnyTally, NumberTally, Part, ValueTally, count
from airlock.package.answers import Answers

MOST_UNSEEN = 5
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Shift:
    """The value whose share of the rows moved most."""

    value: str
    before: float
    now: float


@dataclass(frozen=True)
class ColumnDrift:
    """One column of a night beside the training data.

    Attributes
    ----------
    part
        `feature`, or `answer` for the model's score and prediction.
    psi
        The population stability index above what chance gives at this number of rows; None where it cannot
        be measured, and then `fault` says why. Nobody may take a None for calm.
    chi_square
        Pearson's statistic over the bins of the values, joined as for the index.
    p_value
        How often chance alone moves as much: by chi-square the values, by exact counts the missing and the
        never seen, together.
    adjusted
        The p-value after Benjamini and Hochberg, over all columns of the night.
    jensen_shannon
        The Jensen-Shannon distance, base 2, of all bins.
    kolmogorov_smirnov
        Numbers only, at the bins' edges.
    wasserstein
        Numbers only, in standard deviations of the training data; None for a package that was made before
        profiles kept the sums it takes, and where training knew one value only.
    quantiles
        Numbers only: the night's, on a straight line within each bin.
    missing, reference_missing
        The share of the rows without a value, now and in training.
    unseen
        Values that training did not have (at most five), and `unseen_share`, the share of the rows with one.
    bars
        The shares of the rows in a few ranges or values, to be drawn.
    """

    part: Part
    column: str
    kind: str
    rows: int
    psi: float | None = None
    chi_square: float | None = None
    p_value: float | None = None
    adjusted: float | None = None
    jensen_shannon: float | None = None
    kolmogorov_smirnov: float | None = None
    wasserstein: float | None = None
    missing: float | None = None
    reference_missing: float | None = None
    mean: float | None = None
    reference_mean: float | None = None
    quantiles: Mapping[str, float] | None = None
    shift: Shift | None = None
    unseen: tuple[str, ...] = ()
    unseen_share: float = 0.0
    fault: str | None = None
    bars: tuple[Bar, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the drift as plain JSON values."""
        return asdict(self)


def measure(reference: Mapping[str, Any], night: Iterable[pa.Table]) -> tuple[ColumnDrift, ...]:
    """Hold a night against the reference profile of the model that answered, in one pass over its chunks.

    Parameters and order are those of `airlock.monitoring.tally.count`.
    """
    return compare(count(reference, night))


def compare(tallies: Sequence[AnyTally]) -> tuple[ColumnDrift, ...]:
    """Return how far each counted column lies from its profile."""
    drifts = [_column(tally) for tally in tallies]
    measured = [drift for drift in drifts if drift.p_value is not None]
    after = iter(adjusted([drift.p_value for drift in measured if drift.p_value is not None]))
    return tuple(drift if drift.p_value is None else replace(drift, adjusted=next(after)) for drift in drifts)


def answered(rows: pa.Table, answers: Answers) -> pa.Table:
    """Return rows with what a model answered about them, as a night has them."""
    said = {SCORE: pa.array(answers.scores), PREDICTION: pa.array(answers.predictions, pa.string())}
    for name, values in said.items():
        rows = rows.append_column(name, values)
    return rows


def _column(tally: AnyTally) -> ColumnDrift:
    empty = None if tally.rows and tally.profile["rows"] else "has no rows to compare"
    drift = ColumnDrift(tally.part, tally.column, tally.kind, tally.rows, fault=tally.fault or empty)
    if drift.fault:
        return drift
    measured = _numbers(tally) if isinstance(tally, NumberTally) else _values(tally)
    return replace(drift, reference_missing=tally.profile["missing"] / tally.profile["rows"], **measured)


def _numbers(tally: NumberTally) -> dict[str, Any]:
    now, profile = tally.counts, tally.profile
    before = np.array(profile["counts"])
    seen = before > 0
    unseen = int(now.bins[~seen].sum())
    both = bool(now.present and before.any())
    return {
        **_distances(
            np.append(before[seen], [profile["missing"], 0]),
            np.append(now.bins[seen], [now.missing, unseen]),
        ),
        "kolmogorov_smirnov": kolmogorov_smirnov(before, now.bins) if both else None,
        "wasserstein": _wasserstein(tally) if both else None,
        "missing": now.missing / tally.rows,
        "mean": now.mean,
        "reference_mean": profile["mean"],
        "quantiles": _quantiles(tally) if now.present else None,
        "unseen_share": unseen / tally.rows,
        "bars": number_bars(profile["edges"], before, now.bins, missing=(profile["missing"], now.missing)),
    }


def _wasserstein(tally: NumberTally) -> float | None:
    profile, now = tally.profile, tally.counts
    if "sums" not in profile or not profile["std"]:
        return None
    before = np.array(profile["counts"]), np.array(profile["sums"])
    return wasserstein(tally.edges, before, (now.bins, now.sums), origin=now.origin) / profile["std"]


def _quantiles(tally: NumberTally) -> dict[str, float]:
    now = tally.counts
    found = quantiles(tally.edges, now.bins, np.array(QUANTILES), least=now.minimum, most=now.maximum)
    return {str(share): value for share, value in zip(QUANTILES, found.tolist(), strict=True)}


def _values(tally: ValueTally) -> dict[str, Any]:
    now, profile, rows = tally.counts, tally.profile, tally.rows
    known: Mapping[str, int] = profile["values"]
    # Values beyond the profile's list were seen in training; only where all are listed is a stranger new.
    other, unseen = (tally.others, 0) if profile["other"] else (0, tally.others)
    strangers = tally.strangers if unseen else {}
    shares = [(value, count / profile["rows"], now[value] / rows) for value, count in known.items()]
    moved = max(shares, key=lambda share: abs(share[1] - share[2]), default=None)
    return {
        **_distances(
            np.array([*known.values(), profile["other"], profile["missing"], 0]),
            np.array([*(now[value] for value in known), other, tally.missing, unseen]),
        ),
        "missing": tally.missing / rows,
        "shift": Shift(*moved) if moved else None,
        "unseen": tuple(sorted(strangers, key=lambda value: (-strangers[value], value))[:MOST_UNSEEN]),
        "unseen_share": unseen / rows,
        "bars": value_bars(
            known, now + tally.strangers, other=profile["other"], missing=(profile["missing"], tally.missing)
        ),
    }


def _distances(before: np.ndarray, now: np.ndarray) -> dict[str, float]:
    """Return the distances of counts whose last two are the missing and the never seen."""
    ordinary = len(before) - 2
    bins_before, bins_now = joined(before, now, ordinary=ordinary)
    statistic, p_value = chi_square(bins_before[:-2], bins_now[:-2])
    rows = int(before.sum()), int(now.sum())
    burst = [rare(int(before[place]), rows[0], int(now[place]), rows[1]) for place in (-2, -1)]
    return {
        "psi": excess_psi(before, now, ordinary=ordinary),
        "chi_square": statistic,
        "p_value": smallest([p_value, *burst]),
        "jensen_shannon": jensen_shannon(before, now),
    }
