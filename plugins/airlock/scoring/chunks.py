"""Chunks: rows in tables of one size, however the source cut them."""

from collections.abc import Iterable, Iterator

import pyarrow as pa


def in_chunks(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Yield the rows of batches in tables of so many, the last one of what is left.

    Where the cuts are depends on the rows alone, so that the same rows make the same file.

    >>> batches = [pa.record_batch({"n": [1]}), pa.record_batch({"n": [2, 3, 4]})]
    >>> [table["n"].to_pylist() for table in in_chunks(batches, 3)]
    [[1, 2, 3], [4]]
    """
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        while count >= rows:
            table = pa.Table.from_batches(held)
            yield table.slice(0, rows).combine_chunks()
            held, count = table.slice(rows).to_batches(), count - rows
    if count:
        yield pa.Table.from_batches(held).combine_chunks()
