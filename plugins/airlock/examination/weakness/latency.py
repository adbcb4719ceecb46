"""Latency: how long an answer takes, measured (F26)."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.evaluation.figures import to_json
from airlock.examination.subject import Subject
from airlock.examination.weakness.sample import evenly
from airlock.monitoring.sentences import figure
from airlock.package.predictor import Predictor

#: So many rows are asked for one by one, after some that count for nothing.
SINGLES, WARMING = 200, 5
#: So many times a thousand rows are asked for at once; the median counts.
THOUSAND, TIMES = 1_000, 5


@dataclass(frozen=True)
class Latency:
    """How long answers take in this process, on this machine, without a network: milliseconds."""

    row_p50_ms: float
    row_p99_ms: float
    thousand_ms: float
    sentence: str

    @property
    def measures(self) -> dict[str, float]:
        """The medians, by the names that limits speak of."""
        return {"latency_ms": self.row_p50_ms, "latency_per_thousand_ms": self.thousand_ms}

    def to_json(self) -> dict[str, Any]:
        """Return the latency as JSON; a figure that is NaN becomes null."""
        return to_json({"measures": self.measures, **asdict(self)})


def measure_latency(subject: Subject) -> Latency:
    """Ask for real rows of the hold-out, one by one and a thousand at once, as a server would."""
    rows = _rows(subject, SINGLES + WARMING)
    try:
        singles = [_milliseconds(subject.predictor, [row]) for row in rows][WARMING:]
        many = [rows[place % len(rows)] for place in range(THOUSAND)] if rows else []
        thousands = [_milliseconds(subject.predictor, many) for _ in range(TIMES)] if rows else []
    except Exception as error:  # whatever an estimator raises: no answer has no latency, and a limit fails
        return _unknown(f"there is no answer: {type(error).__name__}.")
    if not singles:
        return _unknown(f"there are {len(rows)} rows, and more than {WARMING} are needed.")
    p50, p99 = (float(np.quantile(singles, share)) for share in (0.5, 0.99))
    thousand = float(np.median(thousands))
    return Latency(
        p50,
        p99,
        thousand,
        f"One row is answered in {figure(p50)} ms (99 of 100 in {figure(p99)} ms), "
        f"a thousand at once in {figure(thousand)} ms.",
    )


def _rows(subject: Subject, count: int) -> list[dict[str, Any]]:
    table = subject.rows.select(list(subject.predictor.signature.kinds))
    return table.take(pa.array(evenly(len(table), count))).to_pylist()


def _milliseconds(predictor: Predictor, rows: Sequence[Mapping[str, Any]]) -> float:
    began = time.perf_counter()
    predictor.predict(rows)
    return (time.perf_counter() - began) * 1000


def _unknown(why: str) -> Latency:
    return Latency(math.nan, math.nan, math.nan, f"How long an answer takes cannot be told: {why}")
