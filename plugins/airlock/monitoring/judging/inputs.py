"""Whether there are inputs, and whether they keep the suite."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airlock.monitoring.finding import Finding
from airlock.spec import ModelSpec

if TYPE_CHECKING:
    from airlock.data.validation import ValidationResult


def judge(spec: ModelSpec, rows: int, validation: "ValidationResult | None") -> Iterator[Finding]:
    """Yield that nothing was scored where it should have been, or what the suite says of what was."""
    yield from _suite(validation) if rows else _no_predictions(spec)


def _no_predictions(spec: ModelSpec) -> Iterator[Finding]:
    if spec.deployment.batch:
        sentence = f"No prediction was recorded, although {spec.name} is scored every night."
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
