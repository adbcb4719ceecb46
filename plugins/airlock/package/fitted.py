"""Fitted: a candidate as training leaves it, before it becomes a package."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from airlock.package.answers import Answers, answers_of
from airlock.package.frame import frame
from airlock.package.origin import Origin
from airlock.package.signature import Signature


@dataclass(frozen=True)
class Trial:
    """One combination of parameters that the search tried, and its mean in cross-validation."""

    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Fitted:
    """A trained pipeline, how it was found, and what it takes and gives.

    Attributes
    ----------
    cross_validation
        For each metric its `mean` and `std` over the folds; NaN where a fold has none.
    trained_until
        The event time of the newest training row, ISO 8601; None where rows have no time.
    warnings
        What the libraries warned of while fitting, each once, for the approver to read.
    rows
        How many rows it was trained on; None where nobody knows.
    refitted
        Whether the parameters were given, those of a champion, and not those of the spec and its search.
    origin
        Where it comes from if it was not trained here; then it was not cross-validated either.
    """

    name: str
    estimator: str
    pipeline: Any
    signature: Signature
    parameters: Mapping[str, Any]
    cross_validation: Mapping[str, Mapping[str, float]]
    trials: tuple[Trial, ...]
    rows: int | None
    trained_until: str | None
    seconds: float
    warnings: tuple[str, ...] = ()
    refitted: bool = False
    origin: Origin | None = None

    def answer(self, table: pa.Table) -> Answers:
        """Return the answers for every row of a table that has the features."""
        return answers_of(self.pipeline, frame(table, self.signature.kinds), self.signature)
