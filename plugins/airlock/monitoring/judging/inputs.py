"""Whether there are inputs, and whether they keep the suite."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airlock.monitoring.finding import Finding
from airlock.monitoring.measures import Measures
from airlock.spec import ModelSpec

if TYPE_CHECKING:
    from airlock.data.validation import ValidationResult


def judge(spec: ModelSpec, measures: Measures) -> Iterator[Finding]:
    """Yield that nothing was scored where it should have been, or what the suite says of what was."""
    yield from _suite(measures.validation) if measures.rows else _no_predictions(spec, measures.due)


def _no_predictions(spec: ModelSpec, due: bool) -> Iterator[Finding]:
    if spec.deployment.batch and due:
        sentence = (
            f"No prediction was recorded, although the schedule of {spec.name}.score asks for the night."
        )
        yield Finding("no_predictions", None, 0.0, None, sentence, "no_predictions", fault=True)


def _suite(validation: "ValidationResult | None") -> Iterator[Finding]:
    if validation is None:
        sentence = "The inputs were not held against the suite, so nothing is known about them."
        yield Finding("suite", None, None, None, sentence, "suite", fault=True)
        return
    for check in validation.checks:
        if not check.success and check.severity != "info":
            key = f"suite/{check.column or ''}/{check.expectation}"
            critical = check.severity == "critical"
            yield Finding("suite", check.column, None, None, check.sentence, key, fault=critical)
