"""Inspection: every check of the rows a training would learn from, and what the rows are like."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from airlock.data.errors import DataError
from airlock.evaluation.figures import to_json
from airlock.findings import Finding
from airlock.inspection.check import BY_GROUP, Check, CheckKind, accept
from airlock.inspection.columns import columns
from airlock.inspection.describe import described_columns, described_groups
from airlock.inspection.duplicates import duplicates
from airlock.inspection.imbalance import classes, imbalance
from airlock.inspection.label_rates import label_rates
from airlock.inspection.leakage import leakage
from airlock.inspection.representation import representation
from airlock.inspection.rows import Rows
from airlock.package.cores import one_core
from airlock.spec import ModelSpec

CHECKS: tuple[Callable[[Rows], list[Check]], ...] = (
    leakage,
    representation,
    imbalance,
    label_rates,
    duplicates,
    columns,
)


@dataclass(frozen=True)
class Inspection:
    """What was found in the rows of a snapshot."""

    rows: int
    checks: tuple[Check, ...]
    columns: tuple[dict[str, Any], ...]
    groups: tuple[dict[str, Any], ...]
    classes: dict[str, int]

    @property
    def stopping(self) -> tuple[Check, ...]:
        """The failed checks that stop a training."""
        return tuple(check for check in self.checks if check.stops)

    @property
    def warnings(self) -> tuple[Check, ...]:
        """The failed checks that do not."""
        return tuple(check for check in self.checks if not check.passed and not check.blocks)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What somebody should know: all that failed, was accepted, or is real and within its limit."""
        return tuple(
            Finding(check.kind.value, "=".join(filter(None, (check.column, check.group))), _told(check))
            for check in self.checks
            if check.notable or check.accepted or not check.passed
        )

    def to_json(self) -> dict[str, Any]:
        """Return the inspection as JSON; a figure that is NaN becomes null."""
        return to_json(
            {
                "rows": self.rows,
                "checks": [check.to_json() for check in self.checks],
                "columns": list(self.columns),
                "groups": list(self.groups),
                "classes": self.classes,
                "findings": [finding.to_json() for finding in self.findings],
            }
        )


def inspect(spec: ModelSpec, table: pa.Table) -> Inspection:
    """Look at the rows that a training would learn from and be measured on.

    Raises
    ------
    DataError
        When the spec accepts a finding that no check can have.
    """
    rows = Rows(spec, table)
    with one_core():
        checks = tuple(check for look in CHECKS for check in look(rows))
    _require_known(spec, checks)
    return Inspection(
        rows=len(rows),
        checks=accept(checks, spec.data.inspection.accept),
        columns=described_columns(rows),
        groups=described_groups(rows),
        classes=classes(rows),
    )


def _told(check: Check) -> str:
    """Return what was found, and why it is accepted where it is."""
    return f"{check.sentence} Accepted, because: {check.accepted}" if check.accepted else check.sentence


def _require_known(spec: ModelSpec, checks: tuple[Check, ...]) -> None:
    known = [check.key for check in checks]
    by_group = tuple(f"{kind}.{name}." for kind in BY_GROUP for name in spec.data.protected)
    for key in spec.data.inspection.accept:
        if key not in known and not key.startswith(by_group):
            alike = [one for one in known if one.startswith(key.split(".")[0])] or list(CheckKind)
            raise DataError(
                spec.name,
                "data.inspection.accept",
                f"{key!r} is no finding that a check can have.",
                f"Write one of {', '.join(alike)}.",
            )
