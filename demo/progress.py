"""Showing what the demo does while it does it, and what took how long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class DemoFailed(Exception):
    """A step of the demo did not happen as it must."""


class Progress:
    """Prints steps and what happens in them, and remembers their times."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._steps: list[tuple[str, float]] = []
        self._last = ""

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step and measure it."""
        began = time.monotonic()
        print(f"\n[{began - self._began:4.0f} s] {title}", flush=True)
        yield
        self._steps.append((title, time.monotonic() - began))

    def say(self, line: str) -> None:
        """Show something that happened; the same line twice in a row is shown once."""
        if line != self._last:
            print(f"         {line}", flush=True)
            self._last = line

    def show(self, text: str) -> None:
        """Show a text of several lines as it is."""
        for line in text.strip().splitlines():
            print(f"         | {line}", flush=True)

    def times(self) -> Iterator[str]:
        """Give a line for each step with its time, and one for the whole."""
        for title, seconds in self._steps:
            yield f"{seconds:6.0f} s  {title}"
        yield f"{time.monotonic() - self._began:6.0f} s  in all"


def require(condition: object, wrong: str) -> None:
    """Stop the demo, saying what is wrong, unless the condition holds."""
    if not condition:
        raise DemoFailed(wrong)
