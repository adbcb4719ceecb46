import threading
from collections.abc import Iterator

import pytest

from airlock.scoring.ahead import ahead


def test_the_next_item_is_made_while_one_is_used() -> None:
    second = threading.Event()

    def making() -> Iterator[int]:
        yield 1
        second.set()
        yield 2

    items = ahead(making())
    assert next(items) == 1
    assert second.wait(10)
    assert list(items) == [2]


def test_no_more_than_one_item_is_made_ahead() -> None:
    made: list[int] = []

    def making() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    for used, number in enumerate(ahead(making())):
        assert used == number and len(made) <= number + 2
    assert len(made) == 10


def test_an_error_comes_where_its_item_would_have() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise LookupError("the second")

    items = ahead(failing())
    assert next(items) == 1
    with pytest.raises(LookupError, match="the second"):
        next(items)


def test_who_stops_early_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    items = ahead(iter(range(10)))
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
