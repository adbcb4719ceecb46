"""One bound, on one side: what limits and indicators have in common."""

from typing import Protocol


class Bounded(Protocol):
    """What has exactly one of the two."""

    @property
    def at_least(self) -> float | None:
        """The lowest value that is good enough."""

    @property
    def at_most(self) -> float | None:
        """The highest value that is good enough."""


def bound_of(asked: Bounded) -> float:
    """Return the value that is just good enough.

    Raises
    ------
    ValueError
        When there is no bound at all.
    """
    bound = asked.at_least if asked.at_least is not None else asked.at_most
    if bound is None:
        raise ValueError("a limit has one bound. Write either at_least or at_most.")
    return bound


def side_of(asked: Bounded) -> str:
    """Say on which side a value may lie: "at least" or "at most"."""
    return "at least" if asked.at_least is not None else "at most"


def keeps(asked: Bounded, value: float | None) -> bool:
    """Say whether a value is known and good enough; NaN never is.

    >>> from airlock.spec.governance import Limit
    >>> limit = Limit(metric="roc_auc", at_least=0.7)
    >>> keeps(limit, 0.7), keeps(limit, 0.69), keeps(limit, None), keeps(limit, float("nan"))
    (True, False, False, False)
    """
    if value is None:
        return False
    return value >= bound_of(asked) if asked.at_least is not None else value <= bound_of(asked)


def surely_breaks(asked: Bounded, low: float, high: float) -> bool:
    """Say whether the good end of an interval breaks the bound, too.

    >>> from airlock.spec.governance import Limit
    >>> limit = Limit(metric="roc_auc", at_least=0.7)
    >>> surely_breaks(limit, 0.5, 0.6), surely_breaks(limit, 0.5, 0.8)
    (True, False)
    """
    return high < bound_of(asked) if asked.at_least is not None else low > bound_of(asked)
