"""Seasons: what each week of the year looked like in the training data."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.monitoring.bins import counts_of, cross_counts, places

#: Weeks counted from the first of January; the last has eight days, or nine.
WEEKS = 52


def week_of(day: date) -> int:
    """Return the week of the year that a day lies in, from 0 to 51.

    >>> week_of(date(2026, 1, 1)), week_of(date(2026, 1, 8)), week_of(date(2026, 12, 31))
    (0, 1, 51)
    """
    return min((day.timetuple().tm_yday - 1) // 7, WEEKS - 1)


def seasons(
    table: pa.Table, described: Mapping[str, Mapping[str, Any]], moments: pa.ChunkedArray
) -> dict[str, Any]:
    """Count the features of every row week by week, in the bins of the reference.

    Parameters
    ----------
    table
        All rows of the training data, those held out among them.
    described
        The reference's features, as `airlock.monitoring.profile` describes them.
    moments
        When each row happened.

    Returns
    -------
    dict
        By the week's number as text: its `rows`, its last day (`until`), in how many `years` it was seen, and
        the `features`, each a list of counts.
    """
    days = moments.cast(pa.timestamp("us")).cast(pa.date32())
    numbers = pc.min_element_wise(pc.divide(pc.subtract(pc.day_of_year(days), 1), 7), WEEKS - 1)
    weeks = numbers.to_numpy().astype(np.int64)
    counted = {
        name: cross_counts(weeks, places(table[name], one), shape=(WEEKS, len(counts_of(one))))
        for name, one in described.items()
    }
    years, dates = pc.year(days).to_numpy(), days.cast(pa.int32()).to_numpy()
    return {
        str(week): {
            "rows": int((weeks == week).sum()),
            "until": date.fromordinal(
                date(1970, 1, 1).toordinal() + int(dates[weeks == week].max())
            ).isoformat(),
            "years": len(np.unique(years[weeks == week])),
            "features": {name: counts[week].tolist() for name, counts in counted.items()},
        }
        for week in np.unique(weeks).tolist()
    }
