"""Thinning: of rows that stream by a bounded, evenly spread part, for work that needs a table."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa


class Thinned:
    """Every row that passed while they are few, then every second, every fourth and so on.

    `rows` is how many passed. Between half of `most` and `most` are kept once more have passed than `most`.

    Parameters
    ----------
    schema
        The columns to keep, and as what; texts may come as dictionaries.
    most
        How many rows are kept at most.

    Examples
    --------
    >>> numbers = pa.table({"n": range(10)})
    >>> thinned = Thinned(numbers.schema, 4)
    >>> sum(len(piece) for piece in thinned.passing([numbers.slice(0, 3), numbers.slice(3)]))
    10
    >>> thinned.table()["n"].to_pylist()
    [0, 4, 8]
    """

    def __init__(self, schema: pa.Schema, most: int) -> None:
        self.schema, self.most = schema, most
        self.rows, self.step = 0, 1
        self._kept = schema.empty_table()

    def passing(self, pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Yield the pieces as they are, and keep what is due of each."""
        for piece in pieces:
            due = _every(piece.select(self.schema.names), self.step, first=-self.rows % self.step)
            self._kept = pa.concat_tables([self._kept, due.cast(self.schema)])
            self.rows += len(piece)
            while len(self._kept) > self.most:
                self._kept, self.step = _every(self._kept, 2, first=0), 2 * self.step
            yield piece

    def table(self) -> pa.Table:
        """Return what was kept."""
        return self._kept


def _every(rows: pa.Table, step: int, *, first: int) -> pa.Table:
    return rows if step == 1 else rows.take(pa.array(np.arange(first, len(rows), step)))
