"""A check: one thing that rows must be like, what was found, and whether a training may go on."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from airlock.evaluation.figures import to_json


class CheckKind(StrEnum):
    """What a check is about; the first part of its key."""

    REPRESENTATION = "representation"
    IMBALANCE = "imbalance"
    LABEL_RATES = "label_rates"
    DUPLICATES = "duplicates"
    SPLIT_DUPLICATES = "split_duplicates"
    LEAKAGE = "leakage"
    IDENTIFIER = "identifier"
    CONSTANT = "constant"
    OUTLIERS = "outliers"
    MISSING = "missing"


#: These are worth a word, and no reason not to train.
WARNINGS = (CheckKind.CONSTANT, CheckKind.OUTLIERS, CheckKind.MISSING)
#: These have a key for each group, and which groups occur differs from one training to the next.
BY_GROUP = (CheckKind.REPRESENTATION, CheckKind.LABEL_RATES)

#: What YAML takes for one text without quotes.
PLAIN = re.compile(r"[a-z_]\w*([. ]\w+)*")


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    column, group
        What it is about; empty where it is about all rows.
    passed
        Whether the rows are as they must be, or what they are like is accepted.
    value, limit
        The figure that was held against the limit; NaN where there is none.
    sentence
        What was found; can be read alone.
    mend
        What could be done about it, should it fail.
    notable
        Whether somebody should know although it passed.
    accepted
        The spec's reason for letting through what failed.
    """

    kind: CheckKind
    passed: bool
    value: float
    limit: float
    sentence: str
    mend: str
    column: str = ""
    group: str = ""
    notable: bool = False
    accepted: str | None = None

    @property
    def key(self) -> str:
        """What the check is called in a spec: kind, column and group.

        >>> Check(CheckKind.LEAKAGE, False, 0.82, 0.79, "", "", column="duration").key
        'leakage.duration'
        """
        return ".".join(part for part in (self.kind.value, self.column, self.group) if part)

    @property
    def acceptance(self) -> str:
        """The line of a spec's YAML, below data.inspection.accept, that lets this through.

        >>> Check(CheckKind.LABEL_RATES, False, 0.3, 0.2, "", "", column="sex", group="f: x").acceptance
        '"label_rates.sex.f: x": "why it is let through"'
        """
        key = self.key if PLAIN.fullmatch(self.key) else json.dumps(self.key, ensure_ascii=False)
        return f'{key}: "why it is let through"'

    @property
    def blocks(self) -> bool:
        """Whether a training must not go on when this fails."""
        return self.kind not in WARNINGS

    @property
    def stops(self) -> bool:
        """Whether this stops the training."""
        return self.blocks and not self.passed

    def to_json(self) -> dict[str, Any]:
        """Return the check as JSON; a figure that is NaN becomes null."""
        return to_json({"key": self.key, **asdict(self), "kind": self.kind.value, "blocks": self.blocks})


def accept(checks: Iterable[Check], reasons: Mapping[str, str]) -> tuple[Check, ...]:
    """Let through the failed checks that a spec accepts, with its reasons."""
    return tuple(
        replace(check, passed=True, accepted=reasons[check.key])
        if not check.passed and check.key in reasons
        else check
        for check in checks
    )
