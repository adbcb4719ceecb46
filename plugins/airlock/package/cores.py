"""How many cores one model takes: one.

Candidates are trained beside one another and rows are answered beside one another, so more threads in each
only wait for one another: with two busy cores, boosted trees took 20 times as long. And sums are made in the
same order on every machine, so that the same training gives the same digest there.
"""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


def one_core() -> AbstractContextManager:
    """Keep the numerical libraries to one thread inside the block."""
    return _libraries().limit(limits=1)


@cache
def _libraries() -> ThreadpoolController:
    import sklearn.ensemble  # noqa: F401  a library that is not loaded yet would not be found

    return ThreadpoolController()
