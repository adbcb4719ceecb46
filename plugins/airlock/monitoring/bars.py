"""The shares of a column's values as a few bars: training beside the night, to be drawn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: So many bars at most are of ranges or of values; then come the rest, the missing and the never seen.
MOST_BARS = 19
THE_REST, MISSING, NEVER_SEEN = "all others", "missing", "never seen"


@dataclass(frozen=True)
class Bar:
    """The share of the rows that hold something: `before` in training, `now` in the night.

    `name` is a range's upper edge (None: above all edges), or a text: a value, or one of the names above.
    """

    name: float | str | None
    before: float
    now: float


def number_bars(
    edges: Sequence[float], before: np.ndarray, now: np.ndarray, *, missing: tuple[int, int]
) -> tuple[Bar, ...]:
    """Return the bars of a numeric column; neighbouring bins are joined where there are too many.

    Parameters
    ----------
    edges
        The bins' inner edges; bin i holds e[i-1] < v <= e[i].
    before, now
        Counts, shape (bins,).
    missing
        How many rows had no value, in training and now.

    Examples
    --------
    >>> for bar in number_bars([1.0], np.array([30, 10]), np.array([2, 6]), missing=(10, 0)):
    ...     print(bar.name, bar.before, bar.now)
    1.0 0.6 0.25
    None 0.2 0.75
    missing 0.2 0.0
    """
    starts = _starts(before)
    uppers = [*edges, None]
    joined = (np.add.reduceat(counts, starts) for counts in (before, now))
    last = [*(starts[1:] - 1), len(before) - 1]
    named = [(uppers[end], *pair) for end, pair in zip(last, zip(*joined, strict=True), strict=True)]
    return _shares([*named, (MISSING, *missing)])


def value_bars(
    before: Mapping[str, int], now: Mapping[str, int], *, other: int, missing: tuple[int, int]
) -> tuple[Bar, ...]:
    """Return the bars of a column of texts or booleans, the most frequent values first.

    Parameters
    ----------
    before, now
        How often each value occurred; what only `now` holds was never seen, or is one of the others.
    other
        How many training rows held values that `before` does not list.
    missing
        How many rows had no value, in training and now.

    Examples
    --------
    >>> bars = value_bars({"rent": 6, "own": 4}, {"rent": 1, "lease": 3}, other=0, missing=(0, 0))
    >>> [(bar.name, bar.before, bar.now) for bar in bars]
    [('rent', 0.6, 0.25), ('own', 0.4, 0.0), ('never seen', 0.0, 0.75)]
    """
    all_before, all_now = sum(before.values()) or 1, sum(now.values()) or 1
    size = {value: max(count / all_before, now.get(value, 0) / all_now) for value, count in before.items()}
    shown = sorted(size, key=lambda value: (-size[value], value))[:MOST_BARS]
    rest = [value for value in before if value not in set(shown)]
    strangers = sum(count for value, count in now.items() if value not in before)
    among_others, new = (strangers, 0) if other else (0, strangers)
    return _shares(
        [
            *((value, before[value], now.get(value, 0)) for value in shown),
            (
                THE_REST,
                other + sum(before[value] for value in rest),
                among_others + sum(now.get(value, 0) for value in rest),
            ),
            (MISSING, *missing),
            (NEVER_SEEN, 0, new),
        ]
    )


def _starts(before: np.ndarray) -> np.ndarray:
    """Return the first bin of each bar, so that the bars hold about equally many of the training rows."""
    if len(before) <= MOST_BARS + 1:
        return np.arange(len(before))
    level = (np.cumsum(before) - before / 2) / max(before.sum(), 1)
    bar = np.minimum((level * MOST_BARS).astype(int), MOST_BARS - 1)
    return np.unique(bar, return_index=True)[1]


def _shares(counted: Sequence[tuple[float | str | None, int, int]]) -> tuple[Bar, ...]:
    before, now = sum(was for _, was, _ in counted), sum(is_now for _, _, is_now in counted)
    return tuple(_bars(counted, max(before, 1), max(now, 1)))


def _bars(counted: Sequence[tuple[float | str | None, int, int]], before: int, now: int) -> Iterator[Bar]:
    for name, was, is_now in counted:
        if was or is_now:
            yield Bar(name, float(was / before), float(is_now / now))
