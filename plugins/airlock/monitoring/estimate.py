"""The estimate: what a binary model's answers are worth, before anybody knows what came true."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from airlock.evaluation.weighted import YesOrNo
from airlock.monitoring.calibration import Calibration
from airlock.spec import ModelSpec, Task
from airlock.spec.metrics import METRICS

#: How often the outcomes are drawn.
DRAWS = 200
#: So many different scores are told apart; of more, neighbours count as one.
MOST_SCORES = 2000
INTERVAL = (0.025, 0.975)
#: That scores mean what they did is taken for granted, so how well they are calibrated cannot be said.
NOT_ESTIMATED = ("calibration_error",)


@dataclass(frozen=True)
class Range:
    """A metric before its outcomes: the mean, and where it will lie in 95 of 100 cases."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """Metrics over answers whose outcomes are not known; without them, `reason` says why.

    A metric is None where it may well not be defined, such as the precision of a model that hardly says yes.
    """

    rows: int
    metrics: Mapping[str, Range | None] | None
    reason: str = ""


@dataclass(frozen=True)
class Estimates:
    """What one version's answers are worth by estimate.

    Attributes
    ----------
    night
        Those of the night.
    pending
        Those whose outcomes had no time to arrive yet, as far back as performance is judged over; None where
        no performance is asked for, or outcomes are known at once. The limits of performance are held
        against it.
    since
        Where that stretch of time begins.
    """

    night: Estimate
    pending: Estimate | None = None
    since: datetime | None = None

    @property
    def judged(self) -> bool:
        """Whether limits could be held against it."""
        return self.pending is not None and self.pending.metrics is not None

    def to_json(self) -> dict[str, Any]:
        """Return the estimates as plain JSON values."""
        since = self.since and self.since.isoformat()
        return {**asdict(self), "since": since, "judged": self.judged}


def measure(
    spec: ModelSpec, profile: Mapping[str, Any], scores: np.ndarray, yes: np.ndarray, *, least: int = 1
) -> Estimate:
    """Estimate what a binary model's answers are worth from their scores alone.

    Confidence-based performance estimation: the hold-out says how often a score like this came true; outcomes
    are drawn accordingly, and each draw is measured as if it had happened. The interval holds both what
    chance does to the outcomes and how little the hold-out knows.

    It holds while outcomes follow the scores as they did in training: whatever moves the inputs alone keeps
    that. When the outcomes themselves follow another law (concept drift), the estimate does not see it.

    Parameters
    ----------
    spec
        The model's spec.
    profile
        The profile in the package that gave the answers.
    scores, yes
        float64 and bool, shape (rows,): that package's scores, and whether it answered the positive class.
    least
        Fewer answers are not estimated.

    References
    ----------
    NannyML: Estimation of Performance of the Monitored Model, section CBPE (confidence-based performance
    estimation); nannyml.readthedocs.io. Guillory et al.: Predicting with Confidence on Unseen Distributions,
    ICCV 2021.
    """
    rows = len(scores)
    if rows < least:
        return Estimate(rows, None, f"There are {rows} answers; at least {least} are needed.")
    if not np.isfinite(scores).all():
        return Estimate(rows, None, "Some answers have no score.")
    calibration = Calibration.of(profile)
    if calibration is None:
        return Estimate(
            rows, None, "The package is older than estimates; the next version has what they take."
        )
    return Estimate(rows, _ranges(calibration, scores, yes, spec.training.seed))


def _ranges(
    calibration: Calibration, scores: np.ndarray, yes: np.ndarray, seed: int
) -> dict[str, Range | None]:
    """Return the range of each metric, from rows that are alike counted together."""
    random = np.random.default_rng(seed)
    means, said, rows = _alike(scores, yes)
    came = random.binomial(rows, calibration.draw(means, random, DRAWS))
    happened: np.ndarray = np.repeat([True, False], len(rows))
    prepared = YesOrNo.of(happened, np.tile(said, 2), np.tile(means, 2), None)
    counts = np.hstack([came, rows - came])
    # What is measured takes as many draws as there are rows; here each counts a part.
    figures = prepared.figures(counts * (counts.shape[1] / rows.sum()))
    return {name: _range(figures[name]) for name in METRICS[Task.BINARY] if name not in NOT_ESTIMATED}


def _alike(scores: np.ndarray, yes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean score, the answer and the number of the rows that have nearly the same score."""
    distinct, place = np.unique(scores, return_inverse=True)
    if len(distinct) > MOST_SCORES:
        edges = np.unique(np.quantile(scores, np.linspace(0, 1, MOST_SCORES + 1)[1:-1]))
        place = np.searchsorted(edges, scores, side="left")
    cell = 2 * place + yes
    rows = np.bincount(cell)
    some = rows > 0
    return np.bincount(cell, scores)[some] / rows[some], np.flatnonzero(some) % 2 == 1, rows[some]


def _range(figures: np.ndarray) -> Range | None:
    if not np.isfinite(figures).all():
        return None
    low, high = np.quantile(figures, INTERVAL)
    return Range(float(figures.mean()), float(low), float(high))
