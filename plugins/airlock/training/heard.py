"""What the libraries warn of while a model is made, which its approver reads."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def listening() -> Iterator[list[warnings.WarningMessage]]:
    """Give a list in which every warning inside the block is kept, however often it was given before."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        yield heard


def once(heard: Iterable[warnings.WarningMessage]) -> tuple[str, ...]:
    """Return each warning's kind and text once, in order."""
    said = {
        f"{warning.category.__name__}: {' '.join(str(warning.message).split())[:200]}" for warning in heard
    }
    return tuple(sorted(said))
