"""Recent nights: what one night has too few rows to tell, several together do."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

#: The rows of one night that tell as much as triage asks for: a population stability index of `WORTH`
#: (0.1) is then a chi-square of 200, where 44 of a column of twenty bins are beyond one chance in 1,000.
ENOUGH_ROWS = 2_000
#: No more nights are taken together: a week, in which each day of the week is once.
MOST_NIGHTS = 7


@dataclass(frozen=True)
class Recent:
    """The rows of some nights together, the last of which is the one that is looked into."""

    nights: int
    rows: pa.Table


def together(newest_first: Iterable[pa.Table]) -> Recent:
    """Join nights, the newest first, until their rows are enough or they are a week.

    >>> night = pa.table({"score": [0.5] * 900})
    >>> recent = together([night] * 9)
    >>> recent.nights, recent.rows.num_rows
    (3, 2700)
    """
    nights: list[pa.Table] = []
    for night in newest_first:
        nights.append(night)
        if len(nights) == MOST_NIGHTS or sum(one.num_rows for one in nights) >= ENOUGH_ROWS:
            break
    return Recent(len(nights), pa.concat_tables(nights))
