import threading
from collections.abc import Iterator

import pytest

from airlock.scoring.ahead import ahead, side_by_side


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


def test_two_are_worked_on_at_a_time_and_come_in_their_order() -> None:
    together = threading.Barrier(2, timeout=10)

    def work(number: int) -> int:
        together.wait()
        return number * 10

    assert list(side_by_side(work, range(6), hands=2)) == [0, 10, 20, 30, 40, 50]


def test_no_more_items_are_taken_than_hands_and_one_can_use() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    for used, number in enumerate(side_by_side(abs, items(), hands=2)):
        assert used == number and len(taken) <= number + 3


def test_an_error_of_work_comes_where_its_result_would_have() -> None:
    found = side_by_side(lambda number: 1 // number, [1, 0, 1], hands=2)
    assert next(found) == 1
    with pytest.raises(ZeroDivisionError):
        next(found)
