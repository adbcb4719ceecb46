"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class WaitedTooLong(Exception):
    """A condition did not come true in time."""


def wait_until(condition: Callable[[], T | None], *, what: str, timeout: float, every: float = 1.0) -> T:
    """Look again and again until the condition returns something true, and return that.

    Raises
    ------
    WaitedTooLong
        When `timeout` seconds have passed; the message says what was waited for.
    """
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise WaitedTooLong(f"Waited {timeout:.0f} s in vain for {what}.")
        time.sleep(every)
    return found
