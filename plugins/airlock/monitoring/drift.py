"""Drift: how far a night's columns and answers lie from the training data, in one pass over the night."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from airlock.monitoring.bars import Bar, number_bars, value_bars
from airlock.monitoring.counts import count_numbers, count_values
from airlock.monitoring.distances import excess_psi, jensen_shannon, kolmogorov_smirnov
from airlock.package.answers import Answers
from airlock.spec.columns import Kind

SCORE, PREDICTION = "score", "prediction"
MOST_UNSEEN = 5

Part = Literal["feature", "answer"]


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
    jensen_shannon
        The Jensen-Shannon distance, base 2, of all bins.
    kolmogorov_smirnov
        Numbers only, at the bins' edges.
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
    jensen_shannon: float | None = None
    kolmogorov_smirnov: float | None = None
    missing: float | None = None
    reference_missing: float | None = None
    mean: float | None = None
    reference_mean: float | None = None
    shift: Shift | None = None
    unseen: tuple[str, ...] = ()
    unseen_share: float = 0.0
    fault: str | None = None
    bars: tuple[Bar, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the drift as plain JSON values."""
        return asdict(self)


def measure(reference: Mapping[str, Any], table: pa.Table, answers: Answers) -> tuple[ColumnDrift, ...]:
    """Hold a night against the reference profile of the model that answered.

    Parameters
    ----------
    reference
        What `airlock.monitoring.profile.profile` wrote at training.
    table
        The night's rows, one column a feature.
    answers
        What the model answered, one a row; probabilities are not needed.

    Returns
    -------
    tuple of ColumnDrift
        One a feature in the profile's order, then the score, then the prediction of a classifier.
    """
    said = {SCORE: pa.chunked_array([answers.scores]), PREDICTION: pa.chunked_array([answers.predictions])}
    given = {name: table[name] for name in reference["features"] if name in table.column_names}
    expected: list[tuple[Part, str, Any, pa.ChunkedArray | None]] = [
        *(("feature", name, profile, given.get(name)) for name, profile in reference["features"].items()),
        *(("answer", name, reference[name], column) for name, column in said.items() if reference[name]),
    ]
    return tuple(_column(*each) for each in expected)


def _column(part: Part, name: str, profile: Mapping[str, Any], column: pa.ChunkedArray | None) -> ColumnDrift:
    kind = profile["kind"]
    if column is None:
        return ColumnDrift(part, name, kind, 0, fault="is missing from the night's rows")
    if not len(column) or not profile["rows"]:
        return ColumnDrift(part, name, kind, len(column), fault="has no rows to compare")
    try:
        measured = _numbers(profile, column) if kind == Kind.NUMBER else _values(profile, column)
    except pa.ArrowException:
        return ColumnDrift(
            part, name, kind, len(column), fault=f"holds {column.type} values where a {kind} is due"
        )
    shares = {"reference_missing": profile["missing"] / profile["rows"]}
    return ColumnDrift(part, name, kind, len(column), **shares, **measured)


def _numbers(profile: Mapping[str, Any], column: pa.ChunkedArray) -> dict[str, Any]:
    now = count_numbers(column.chunks, np.array(profile["edges"]))
    before = np.array(profile["counts"])
    seen = before > 0
    unseen = int(now.bins[~seen].sum())
    return {
        **_distances(
            np.append(before[seen], [profile["missing"], 0]),
            np.append(now.bins[seen], [now.missing, unseen]),
        ),
        "kolmogorov_smirnov": kolmogorov_smirnov(before, now.bins) if now.present and before.any() else None,
        "missing": now.missing / len(column),
        "mean": now.mean,
        "reference_mean": profile["mean"],
        "unseen_share": unseen / len(column),
        "bars": number_bars(profile["edges"], before, now.bins, missing=(profile["missing"], now.missing)),
    }


def _values(profile: Mapping[str, Any], column: pa.ChunkedArray) -> dict[str, Any]:
    now, missing = count_values(column.chunks)
    known: Mapping[str, int] = profile["values"]
    strangers = {value: count for value, count in now.items() if value not in known}
    # Values beyond the profile's list were seen in training; only where all are listed is a stranger new.
    other, unseen = (sum(strangers.values()), {}) if profile["other"] else (0, strangers)
    shares = [(v, count / profile["rows"], now[v] / len(column)) for v, count in known.items()]
    moved = max(shares, key=lambda share: abs(share[1] - share[2]), default=None)
    return {
        **_distances(
            np.array([*known.values(), profile["other"], profile["missing"], 0]),
            np.array([*(now[value] for value in known), other, missing, sum(unseen.values())]),
        ),
        "missing": missing / len(column),
        "shift": Shift(*moved) if moved else None,
        "unseen": tuple(sorted(unseen, key=lambda value: (-unseen[value], value))[:MOST_UNSEEN]),
        "unseen_share": sum(unseen.values()) / len(column),
        "bars": value_bars(known, now, other=profile["other"], missing=(profile["missing"], missing)),
    }


def _distances(before: np.ndarray, now: np.ndarray) -> dict[str, float]:
    """Return both distances of counts whose last two are the missing and the never seen."""
    return {
        "psi": excess_psi(before, now, ordinary=len(before) - 2),
        "jensen_shannon": jensen_shannon(before, now),
    }
