"""What two versions answered: counts and moments, as the prediction log adds them up."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Moments:
    """How many numbers there are, their mean, and their sample variance; NaN where it is not defined."""

    rows: int = 0
    mean: float = float("nan")
    variance: float = float("nan")

    @property
    def of_the_mean(self) -> float:
        """The variance of the mean."""
        return self.variance / self.rows if self.rows else float("nan")


@dataclass(frozen=True)
class Arm:
    """What one version answered to the entities it was given, and on how many of them it failed.

    `labels` counts its answers by class; a regression's are in `scores` alone.
    """

    failures: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)
    scores: Moments = Moments()

    @property
    def answered(self) -> int:
        """On how many entities it did not fail."""
        return self.scores.rows

    def of_label(self, label: str) -> Moments:
        """Return the share of a label among its answers as the mean of zeros and ones."""
        rows, ones = self.answered, self.labels.get(label, 0)
        if rows < 2:
            return Moments(rows)
        share = ones / rows
        return Moments(rows, share, share * (1 - share) * rows / (rows - 1))


@dataclass(frozen=True)
class Pairs:
    """A shadow's answers beside the champion's to the same rows.

    `changed` says how many decisions differ, `differences` how far the numbers lie apart.
    """

    failures: int = 0
    changed: int = 0
    differences: Moments = Moments()

    @property
    def answered(self) -> int:
        """On how many rows the shadow did not fail."""
        return self.differences.rows
