"""Random numbers that depend only on what they are for, so that any day can be drawn alone."""

from dataclasses import dataclass
from typing import Self, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

GOLDEN = 0x9E3779B97F4A7C15


def scramble(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Map 64-bit words one-to-one onto words that look random.

    The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
    OOPSLA 2014).

    >>> import numpy as np
    >>> [hex(word) for word in scramble(np.array([1, 2], dtype=np.uint64))]
    ['0x5692161d100b05e5', '0xdbd238973a2b148a']
    """
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


@dataclass(frozen=True)
class Chance:
    """A counter-based random source: one state per thing, one draw per (thing, name).

    A sequential generator gives each row a value that depends on how many were drawn before it. Here a
    value is a hash of seed, subject, keys and name, so it is the same in whatever range it is asked for.

    >>> many = Chance.of(7, "application", np.array([1, 2, 3])).uniform("income")
    >>> alone = Chance.of(7, "application", np.array([2])).uniform("income")
    >>> bool(many[1] == alone[0])
    True
    """

    states: NDArray[np.uint64]

    @classmethod
    def of(cls, seed: int, subject: str, *keys: Integers) -> Self:
        """Make the source of the things numbered by `keys`, arrays of one shape."""
        states = scramble(np.full(1, seed, dtype=np.uint64) + _word(subject))
        for key in keys:
            states = scramble((states ^ key.astype(np.uint64)) + np.uint64(GOLDEN))
        return cls(states)

    def uniform(self, name: str) -> Floats:
        """Draw from the open interval (0, 1)."""
        words = scramble(self.states + _word(name))
        return ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52

    def normal(self, name: str) -> Floats:
        """Draw from the standard normal distribution."""
        return ndtri(self.uniform(name))

    def quantile(self, name: str, levels: tuple[float, ...], values: tuple[float, ...]) -> Floats:
        """Draw from the distribution whose quantile function joins the given points by straight lines."""
        return np.interp(self.uniform(name), levels, values)

    def category(self, name: str, log_weights: Floats) -> Integers:
        """Draw a position in the last axis of `log_weights`, in proportion to its exponentials."""
        cumulated = np.exp(log_weights - log_weights.max(axis=-1, keepdims=True)).cumsum(axis=-1)
        threshold = self.uniform(name) * cumulated[..., -1]
        return (cumulated[..., :-1] < threshold[..., None]).sum(axis=-1)


def _word(name: str) -> np.uint64:
    return np.uint64(crc32(name.encode()) * GOLDEN % 2**64)
