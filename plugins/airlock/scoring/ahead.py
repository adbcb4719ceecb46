"""Working ahead: the next item is made while the one before is used, and never more than that."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

T = TypeVar("T")
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
