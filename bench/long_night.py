"""A night that fits in nobody's memory: `python -m bench.long_night FILE` writes it piece by piece."""

import sys
from pathlib import Path

import pyarrow.parquet as pq

from bench.lender import rows

PIECE, PIECES = 100_000, 100
ROWS = PIECE * PIECES


def write(file: Path) -> None:
    """Write the rows as Parquet, a row group for each piece; the file is there once it is whole."""
    pieces = (rows(PIECE, seed) for seed in range(PIECES))
    unfinished = file.with_suffix(".unfinished")
    first = next(pieces)
    with pq.ParquetWriter(unfinished, first.schema) as writer:
        writer.write_table(first)
        for piece in pieces:
            writer.write_table(piece)
    unfinished.rename(file)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
