"""Nearness: how far apart two rows are, feature by feature, numbers and categories alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from airlock.spec.columns import Kind


@dataclass(frozen=True)
class Nearness:
    """Distances that can be added up: in median absolute deviations of a number; 1 for another category.

    Attributes
    ----------
    scales
        For each number the size of one unit.

    References
    ----------
    Wachter, Mittelstadt and Russell: Counterfactual explanations without opening the black box, Harvard
    Journal of Law and Technology 31, 2018, section IV.
    """

    scales: Mapping[str, float]

    @classmethod
    def of(cls, rows: pd.DataFrame, kinds: Mapping[str, Kind]) -> "Nearness":
        """Take the units from rows made by `airlock.package.frame`."""
        numbers = [name for name, kind in kinds.items() if kind is Kind.NUMBER]
        return cls({name: _scale(rows[name].to_numpy()) for name in numbers})

    def gaps(self, rows: pd.DataFrame, origin: Mapping[str, Any]) -> np.ndarray:
        """Return how far each row is from the origin, float64, rows by features.

        >>> import pandas as pd
        >>> housing = ["own", "own", "rent", ""]
        >>> rows = pd.DataFrame({"debt": [1.0, 2.0, 4.0, float("nan")], "housing": housing})
        >>> kinds = {"debt": Kind.NUMBER, "housing": Kind.CATEGORY}
        >>> Nearness.of(rows, kinds).gaps(rows, {"debt": 2.0, "housing": "own"}).tolist()
        [[1.0, 0.0], [0.0, 0.0], [2.0, 1.0], [1.0, 1.0]]
        """
        return np.column_stack([self._gap(rows[name].to_numpy(), origin[name], name) for name in rows])

    def _gap(self, values: np.ndarray, value: Any, name: str) -> np.ndarray:
        if values.dtype == object:
            return (values != value).astype(np.float64)
        missing = np.isnan(values)
        if np.isnan(value):
            return (~missing).astype(np.float64)
        apart = np.abs(values - value) / self.scales[name] if name in self.scales else values != value
        return np.where(missing, 1.0, apart)


def _scale(values: np.ndarray) -> float:
    """Return the median absolute deviation; the standard deviation where half of the values are one."""
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return 1.0
    deviation = float(np.median(np.abs(known - np.median(known))))
    return deviation or float(known.std()) or 1.0
