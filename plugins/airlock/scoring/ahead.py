"""Working ahead: items are made while those before are used, and never more than a few."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")
END = object()


def ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield items, the next one being made in a thread meanwhile; an error comes where its item would have.

    >>> list(ahead(number * number for number in range(4)))
    [0, 1, 4, 9]
    """
    source = iter(items)
    with ThreadPoolExecutor(1, "ahead") as maker:
        coming = maker.submit(next, source, END)
        while (item := coming.result()) is not END:
            coming = maker.submit(next, source, END)
            yield cast(T, item)


def side_by_side(work: Callable[[T], R], items: Iterable[T], hands: int) -> Iterator[R]:
    """Yield what work makes of each item, in their order, so many being worked on at a time.

    >>> list(side_by_side(abs, [-3, 2, -1], hands=2))
    [3, 2, 1]
    """
    with ThreadPoolExecutor(hands, "side_by_side") as workers:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(workers.submit(work, item))
            if len(waiting) > hands:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
