"""Examples: rows whose answers a package knows, and which other answers to them are the same."""

from collections.abc import Iterable, Sequence
from typing import Any

from airlock.package.package import Package
from airlock.spec.metrics import Task

#: So many rows of the hold-out.
EXAMPLES = 5
#: ONNX computes with 32 bits: a probability may differ by this, a number by this share of the largest.
LARGEST_DIFFERENCE = 1e-5
#: What arithmetic in another order may add to a score of the original.
ROUNDING = 1e-9


def largest_difference(scores: Iterable[float]) -> float:
    """Return how far the scores of a portable form may lie from the original's.

    >>> largest_difference([0.2, 0.7]), largest_difference([-300.0])
    (1e-05, 0.003)
    """
    return LARGEST_DIFFERENCE * max(1.0, *map(abs, scores))


def first_unexpected(package: Package, answers: Sequence[tuple[Any, Any]]) -> int | None:
    """Return the place of the first answer that is not the one to expect; None where all are.

    Every decision must be the same, and every score as near as the form that serves allows.

    Parameters
    ----------
    package
        What answers: its portable form where it has one, else the original.
    answers
        Score and prediction for each of the package's examples; a score that is no number, or not a
        number, is never expected.
    """
    examples = package.examples()
    known = [example["score"] for example in examples]
    tolerance = largest_difference(known) if package.is_portable else ROUNDING
    regression = package.signature.task is Task.REGRESSION
    for place, (example, (score, prediction)) in enumerate(zip(examples, answers, strict=True)):
        if not isinstance(score, int | float) or not abs(score - example["score"]) <= tolerance:
            return place
        if prediction != (repr(float(score)) if regression else example["prediction"]):
            return place
    return None
