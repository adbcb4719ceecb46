"""Units: the share of a number's values that came in another unit."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from airlock.monitoring.sentences import figure
from airlock.triage.expectation import Expected, movements
from airlock.triage.mixture import mixing_share

#: What a number is multiplied by when somebody mistakes its unit, and what one would call it.
UNITS = {100.0: "cents", 1000.0: "thousandths", 12.0: "a year for a month", 60.0: "minutes for hours"}
#: A factor that nobody has a name for is a unit where it is at least this large: people do not earn ten times
#: as much overnight, all of them alike.
LEAST_FACTOR = 10.0
LEAST_ROWS = 30
#: The least share of the values that is worth a word.
LEAST_SHARE = 0.025
PARTS = 10


@dataclass(frozen=True)
class AnotherUnit:
    """The share of the values that came in another unit, and how large they are, in words."""

    share: float
    times: str


def another_unit(before: np.ndarray, now: np.ndarray) -> AnotherUnit | None:
    """Return the share of the values that lies where the reference's would, in another unit, or None.

    The night is taken for a mixture of the reference and of the reference times a factor; the share is the
    most likely one. It is a fault where the mixture leaves nothing to explain and the reference alone does.
    """
    if min(len(before), len(now)) < LEAST_ROWS:
        return None
    for factor, times in _factors(before, now):
        share = _share_in_unit(before, now, factor)
        if share * len(now) >= LEAST_ROWS / 3 and share >= LEAST_SHARE:
            return AnotherUnit(share, times)
    return None


def _factors(before: np.ndarray, now: np.ndarray) -> Iterator[tuple[float, str]]:
    """Yield what values may have been multiplied by, in words: known units, then what their middle says."""
    for unit, word in UNITS.items():
        for factor, times in ((unit, figure(unit)), (1 / unit, f"1/{figure(unit)}")):
            yield factor, f"{times} times as large as they should be, as {word} would be"
    was, is_now = float(np.median(before)), float(np.median(now))
    if was * is_now > 0 and not 1 / LEAST_FACTOR < is_now / was < LEAST_FACTOR:
        yield is_now / was, f"{figure(is_now / was)} times as large as they should be"


def _share_in_unit(before: np.ndarray, now: np.ndarray, factor: float) -> float:
    cuts = np.arange(1, PARTS) / PARTS
    edges = np.unique(np.append(np.quantile(before, cuts), np.quantile(before * factor, cuts)))
    counts = _parts(now, edges)
    alone, other = (Expected.of(_parts(values, edges)) for values in (before, before * factor))
    (one,) = movements({"alone": counts}, {"alone": alone})
    if not one.moved:
        return 0.0
    share = mixing_share(counts, alone.shares, other.shares)
    (both,) = movements({"mixed": counts}, {"mixed": alone.mixed(other, share)})
    return 0.0 if both.moved or both.psi > one.psi / 4 else share


def _parts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Count values between edges; nothing is unseen or missing here, for which two empty places stand."""
    counts: np.ndarray = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 3)
    return counts
