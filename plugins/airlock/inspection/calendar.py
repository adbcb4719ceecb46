"""The calendar: what is known of a moment long before it comes, and so cannot be learned afterwards."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.inspection.sample import Sample

PARTS: tuple[Callable[[pa.ChunkedArray], pa.ChunkedArray], ...] = (
    pc.hour,
    pc.day_of_week,
    pc.day,
    pc.day_of_year,
    pc.iso_week,
    pc.month,
    pc.quarter,
    pc.year,
)


def of_the_calendar(sample: Sample) -> frozenset[str]:
    """Return the features that follow from one part of the event's moment, such as its hour or its month."""
    moment = sample.spec.data.event_time
    if moment is None:
        return frozenset()
    parts = [np.unique(part(sample.table[moment]).to_numpy(), return_inverse=True)[1] for part in PARTS]
    return frozenset(
        name
        for name, values in zip(sample.names, sample.values.T, strict=True)
        if any(_follows(values, part) for part in parts)
    )


def _follows(values: np.ndarray, part: np.ndarray) -> bool:
    """Say whether every value of the part has one value of the column; rows without either do not count."""
    first = np.full(part.max(initial=0) + 1, np.nan)
    first[part[::-1]] = values[::-1]
    return bool(np.array_equal(first[part], values, equal_nan=True))
