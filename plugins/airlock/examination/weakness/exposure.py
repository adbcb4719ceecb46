"""Exposure: whether a candidate's losses tell which rows it has learned from (F9).

The attack is the loss threshold of Yeom, Giacomelli, Fredrikson, Jha: Privacy Risk in Machine Learning, IEEE
CSF 2018: whoever knows a row and its outcome takes a small loss as a sign of membership. Here every threshold
is tried at once, as the area under its ROC curve.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import rankdata

from airlock.evaluation.figures import spell, to_json
from airlock.examination.subject import Subject
from airlock.examination.weakness.sample import evenly
from airlock.package.labels import truth_of
from airlock.package.predictor import Predictor
from airlock.spec import ModelSpec

#: At most so many rows of either side, taken evenly.
MOST_ROWS = 5_000
#: The normal quantile of a two-sided interval that holds 95 of 100.
Z = 1.959963984540054


@dataclass(frozen=True)
class Exposure:
    """How well training rows are told from others; `low` and `high` bound the AUC in 95 of 100 draws.

    Attributes
    ----------
    rows
        How many rows there were of each side.
    """

    auc: float
    low: float
    high: float
    rows: int
    sentence: str

    @property
    def measures(self) -> dict[str, float]:
        """The AUC, by the name that limits speak of."""
        return {"membership_auc": self.auc}

    def to_json(self) -> dict[str, Any]:
        """Return the exposure as JSON; a figure that is NaN becomes null."""
        return to_json({"measures": self.measures, **asdict(self)})


def measure_exposure(subject: Subject, train: pa.Table) -> Exposure:
    """Hold the losses of training rows against those of as many held-out rows, at most 5,000 of each.

    Where the split is at random, both are taken evenly. Where it is by time, the held-out rows are also the
    newer ones: if the world has become harder to predict, losses tell the sides apart although nothing was
    learned by heart, and the figure is too high; if it has become easier, too low. To keep that small, the
    newest training rows are held against the oldest held-out ones then; what is left of it cannot be told
    from exposure, and the sentence says so.

    Parameters
    ----------
    subject
        The model beside the hold-out.
    train
        The rows it learned from, with the outcome.
    """
    spec, predictor = subject.spec, subject.predictor
    rows = min(len(train), len(subject), MOST_ROWS)
    by_time = spec.training.split.by == "time"
    if by_time:
        members = train.take(_in_time(spec, train)[len(train) - rows :])
        others = subject.rows.take(_in_time(spec, subject.rows)[:rows])
    else:
        members, others = (table.take(pa.array(evenly(len(table), rows))) for table in (train, subject.rows))
    learned, new = (_losses(spec, predictor, table) for table in (members, others))
    if rows < 2 or not (np.isfinite(learned).all() and np.isfinite(new).all()):
        why = "not every answer is a number." if rows >= 2 else f"there are {rows} rows of each side."
        return unknown(why, rows)
    auc, error = auc_and_error(-learned, -new)
    low, high = max(auc - Z * error, 0.0), min(auc + Z * error, 1.0)
    return Exposure(auc, low, high, rows, _sentence(auc, low, high, by_time=by_time))


def unknown(why: str, rows: int = 0) -> Exposure:
    """Return an exposure without a figure, and the reason; a limit on it is not met."""
    nothing = "Whether the model gives away what it learned from cannot be told: "
    return Exposure(math.nan, math.nan, math.nan, rows, nothing + why)


def auc_and_error(positives: np.ndarray, negatives: np.ndarray) -> tuple[float, float]:
    """Return the area under the ROC curve and its standard error.

    References
    ----------
    DeLong, DeLong, Clarke-Pearson: Comparing the Areas under Two or More Correlated ROC Curves, Biometrics
    1988; by ranks as in Sun, Xu: Fast Implementation of DeLong's Algorithm, IEEE SPL 2014.

    Examples
    --------
    >>> auc_and_error(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    (0.875, 0.1767766952966369)
    """
    many, few = len(positives), len(negatives)
    ranks = rankdata(np.concatenate([positives, negatives]))
    above = (ranks[:many] - rankdata(positives)) / few
    below = 1 - (ranks[many:] - rankdata(negatives)) / many
    return float(above.mean()), math.sqrt(above.var(ddof=1) / many + below.var(ddof=1) / few)


def _losses(spec: ModelSpec, predictor: Predictor, rows: pa.Table) -> np.ndarray:
    truth = truth_of(rows, spec.data.target, spec.task)
    return Subject(spec, predictor, rows, truth, predictor.predict_table(rows)).losses


def _in_time(spec: ModelSpec, rows: pa.Table) -> pa.Array:
    """Return the positions of the rows from the oldest to the newest."""
    keys = [key for key in (spec.data.event_time, spec.data.entity_key) if key]
    return pc.sort_indices(rows, sort_keys=[(key, "ascending") for key in keys])


def _sentence(auc: float, low: float, high: float, *, by_time: bool) -> str:
    times = " The rows it did not learn from are newer, and part of this may be the times." if by_time else ""
    return (
        f"Whoever knows a row and its outcome can tell with AUC {spell(auc)} ({spell(low)} to {spell(high)}) "
        f"whether the model learned from it; 0.5 is chance.{times}"
    )
