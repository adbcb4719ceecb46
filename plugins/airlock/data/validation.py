"""Validation: Great Expectations holds data against a suite; what could not be checked has failed."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa

from airlock.data.gx import exception, results
from airlock.data.sentences import sentence, spell
from airlock.data.suite import Expectation, Suite, load_suite

__all__ = ["Check", "Suite", "ValidationResult", "load_suite", "validate"]

EXAMPLES = 5
SUMMARY = {"result_format": "SUMMARY", "partial_unexpected_count": EXAMPLES}


@dataclass(frozen=True)
class Check:
    """What came of one expectation.

    `column` is empty where it speaks of the whole table; the unexpected figures are None where it counts no
    single values (a mean, a quantile) or could not be checked.
    """

    expectation: str
    column: str
    severity: str
    success: bool
    sentence: str
    observed: str
    unexpected_count: int | None = None
    unexpected_share: float | None = None
    examples: tuple[str, ...] = ()

    @property
    def finding(self) -> str:
        """What was expected and what was there instead; no single value, for mails and logs leave the house.

        >>> Check("expect_x", "age", "critical", False, "age: x.", "not checked: there are no rows").finding
        'age: x. Not checked: there are no rows.'
        >>> Check("expect_x", "age", "warning", False, "age must be over 18", "6 of 1,000 unexpected").finding
        'age must be over 18. Observed: 6 of 1,000 unexpected.'
        """
        return finding(self.sentence, self.observed)


def finding(sentence: str, observed: str) -> str:
    """Return what was expected and what was there instead, as one text.

    >>> finding("age must be over 18", "6 of 1,000 unexpected")
    'age must be over 18. Observed: 6 of 1,000 unexpected.'
    """
    expected = sentence.rstrip(".") + "."
    if not observed:
        return expected
    found = observed if observed.startswith("not checked") else f"observed: {observed}"
    return f"{expected} {found[0].upper()}{found[1:].rstrip('.')}."


@dataclass(frozen=True)
class ValidationResult:
    """What came of a suite."""

    suite: str
    rows: int
    checks: tuple[Check, ...]

    @property
    def success(self) -> bool:
        """Whether there were checks and all passed."""
        return bool(self.checks) and all(check.success for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.success)

    @property
    def failed_critical(self) -> tuple[Check, ...]:
        """The checks that did not pass and must stop a training."""
        return tuple(check for check in self.failed if check.severity == "critical")

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON value."""
        checks = [asdict(check) | {"examples": list(check.examples)} for check in self.checks]
        return {"suite": self.suite, "rows": self.rows, "success": self.success, "checks": checks}


def validate(
    table: pa.Table, suite: Suite, *, columns: Collection[str] | None = None, few: bool = False
) -> ValidationResult:
    """Check a table against a suite, or against what it says about some columns only.

    An expectation fails when it raises, when a column it speaks of is missing, and when there is not one
    value to check: no rows, or every one of them missing.

    Parameters
    ----------
    columns : collection of str, optional
        Keeps only the expectations that speak of these columns and no other, and none about the table.
    few
        The rows are so few that a column may well be without a value: that is no failure then.
    """
    chosen = [
        expectation
        for expectation in suite.expectations
        if columns is None or (expectation.columns and set(expectation.columns) <= set(columns))
    ]
    checks: dict[int, Check] = {}
    for place, expectation in enumerate(chosen):
        if reason := _uncheckable(expectation, table):
            checks[place] = _unchecked(expectation, reason)
    wanted = {place: expectation for place, expectation in enumerate(chosen) if place not in checks}
    for place, result in results(table, suite.name, wanted, SUMMARY):
        checks[place] = _check(wanted[place], result, few)
    for place in wanted.keys() - checks.keys():
        checks[place] = _unchecked(wanted[place], "Great Expectations gave no result")
    return ValidationResult(suite.name, table.num_rows, tuple(checks[place] for place in sorted(checks)))


def _uncheckable(expectation: Expectation, table: pa.Table) -> str:
    if table.num_rows == 0:
        return "there are no rows"
    # A set of the table's columns is itself what is checked; the others must be there to be looked at.
    needed = () if "column_set" in expectation.kwargs else expectation.columns
    missing = [name for name in needed if name not in table.column_names]
    return f"the data have no column {missing[0]!r}" if missing else ""


def _check(expectation: Expectation, result: Any, few: bool) -> Check:
    if problem := exception(result):
        return _unchecked(expectation, problem)
    found = result.result
    elements = found.get("element_count")
    if elements and found.get("missing_count") == elements:
        return replace(_unchecked(expectation, f"all {elements} values are missing"), success=few)
    counted = found.get("unexpected_percent") is not None
    share = found["unexpected_percent"] / 100 if counted else None
    return Check(
        expectation=expectation.type,
        column=", ".join(expectation.columns),
        severity=expectation.severity,
        success=bool(result.success),
        sentence=sentence(expectation, result),
        observed=_observed(found),
        unexpected_count=int(found["unexpected_count"]) if counted else None,
        unexpected_share=share,
        examples=_examples(found),
    )


def _unchecked(expectation: Expectation, reason: str) -> Check:
    return Check(
        expectation=expectation.type,
        column=", ".join(expectation.columns),
        severity=expectation.severity,
        success=False,
        sentence=sentence(expectation),
        observed=f"not checked: {reason}",
    )


def _observed(found: dict[str, Any]) -> str:
    if found.get("unexpected_percent") is not None:
        return f"{found['unexpected_count']:,} of {found['element_count']:,} unexpected"
    observed = found.get("observed_value")
    if isinstance(observed, dict) and "values" in observed:
        observed = observed["values"]
    return (
        spell(observed) if observed is not None else ("no value" if not found.get("unexpected_count") else "")
    )


def _examples(found: dict[str, Any]) -> tuple[str, ...]:
    examples = dict.fromkeys(spell(value) for value in found.get("partial_unexpected_list") or ())
    return tuple(examples)[:EXAMPLES]
