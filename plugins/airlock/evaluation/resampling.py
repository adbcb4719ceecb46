"""Resamples: rows drawn anew with replacement, as how often each row was drawn."""

from collections.abc import Iterator

import numpy as np

RESAMPLES = 1000
#: Draws of all resamples together; beyond them there are fewer resamples, never below `FEWEST`.
MOST_DRAWS = 100_000_000
FEWEST = 200
#: How many counts are in memory at once: 8 MB of float64 for each array that is made of them.
CELLS = 1_000_000


def resamples_of(rows: int) -> int:
    """Return how many resamples are drawn: 1,000 up to 100,000 rows, then as many as time allows.

    >>> resamples_of(12_000), resamples_of(200_000), resamples_of(5_000_000)
    (1000, 500, 200)
    """
    return min(RESAMPLES, max(FEWEST, MOST_DRAWS // max(rows, 1)))


def counts(rows: int, seed: int, resamples: int | None = None) -> Iterator[np.ndarray]:
    """Draw resamples, in chunks that fit in memory; the same seed gives the same ones.

    Resample after resample takes `rows` positions from one generator, so that whoever draws positions with
    `numpy.random.default_rng(seed).integers(0, rows, rows)` has the same resamples.

    Parameters
    ----------
    rows
        How many rows there are.
    seed
        Of the generator.
    resamples
        How many; by default as many as `resamples_of` says.

    Yields
    ------
    np.ndarray
        float64, shape (some resamples, rows): how often each row was drawn.

    Examples
    --------
    >>> (chunk,) = counts(3, seed=1, resamples=2)
    >>> chunk.sum(axis=1).tolist()
    [3.0, 3.0]
    """
    draw = np.random.default_rng(seed)
    left = resamples_of(rows) if resamples is None else resamples
    while left:
        some = min(left, max(1, CELLS // rows))
        yield np.stack(
            [np.bincount(draw.integers(0, rows, rows), minlength=rows) for _ in range(some)]
        ).astype(np.float64)
        left -= some
