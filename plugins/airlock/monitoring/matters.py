"""Matters: what the findings of a night are about, alike on every night, so that each is one incident."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from airlock.monitoring.finding import Finding

Kind = Literal[
    "data", "no_predictions", "drift", "performance", "estimate", "fairness", "indicator", "service"
]

#: What is so because of faulty data, where there are such.
MOVED_BY_FAULTS: tuple[Kind, ...] = ("drift", "estimate")
#: At most so many findings are told in one sentence.
MOST_TOLD = 3


@dataclass(frozen=True)
class Matter:
    """One thing that a person must look at, with all that was found of it; `key` names it across nights.

    `fault` says that the data themselves are wrong: a model trained on them would learn that.
    """

    kind: Kind
    key: str
    findings: tuple[Finding, ...]
    fault: bool

    @property
    def sentence(self) -> str:
        """What was found, the first findings in full."""
        told = " ".join(finding.sentence for finding in self.findings[:MOST_TOLD])
        more = len(self.findings) - MOST_TOLD
        return f"{told} And {more} more." if more > 0 else told


def matters(model: str, findings: Sequence[Finding], *, source: str = "") -> tuple[Matter, ...]:
    """Return what findings are about, in their order.

    All that is found in a faulty column is one matter, so are all other drift and all performance: a person
    works on one thing, however many figures it moved. Where data are at fault, the score, what is estimated
    from it and the share of columns moved with them and belong to the fault; another column that drifted is
    still a matter of its own. Where triage found that the data of a `source` (a column, or a value of one)
    are wrong, all drift is about that. Each indicator is a matter of its own, with whoever answers for it.

    >>> drift = [Finding("column_drift", name, 1.2, 0.25, "", f"column_drift/{name}") for name in "ab"]
    >>> wrong = Finding("suite", "a", None, None, "", "suite/a/range", fault=True)
    >>> [(one.key, len(one.findings)) for one in matters("loans", drift)]
    [('night/loans/drift', 2)]
    >>> score = Finding("prediction_drift", "score", 1.2, 0.25, "", "prediction_drift/score")
    >>> [(one.key, len(one.findings)) for one in matters("loans", [wrong, *drift, score])]
    [('night/loans/data/a', 3), ('night/loans/drift', 1)]
    >>> [(one.key, one.fault) for one in matters("loans", drift, source="channel=web")]
    [('night/loans/data/channel=web', True)]
    """
    faulty = {finding.column for finding in findings if finding.fault and finding.column}
    fault = _first_fault(findings) or (f"data/{source}" if source else "")
    groups: dict[tuple[Kind, str], list[Finding]] = {}
    for finding in findings:
        kind, about = _about(finding, faulty)
        if kind in MOVED_BY_FAULTS and fault and (source or finding.kind != "column_drift"):
            kind, about = "data", fault
        groups.setdefault((kind, f"night/{model}/{about}"), []).append(finding)
    wrong = f"night/{model}/data/{source}"
    return tuple(
        Matter(kind, key, tuple(found), fault=key == wrong or any(one.fault for one in found))
        for (kind, key), found in groups.items()
    )


def is_worse(now: Finding, told: float | None) -> bool:
    """Say whether a finding is much worse than the figure that was told of it.

    It lies twice as far beyond its limit, and by a step that counts: as much as the limit itself for drift, a
    tenth of it for a metric. What could be measured and no longer can is worse, too.

    >>> drift = Finding("column_drift", "debt", 0.62, 0.25, "", "column_drift/debt")
    >>> is_worse(drift, told=0.3), is_worse(drift, told=0.5)
    (True, False)
    """
    if now.value is None or told is None or now.limit is None:
        return now.value is None and told is not None
    beyond, before = abs(now.value - now.limit), abs(told - now.limit)
    step = abs(now.limit) * (1.0 if now.is_drift else 0.1)
    return beyond >= 2 * before and beyond - before >= step


def _first_fault(findings: Sequence[Finding]) -> str:
    about = (_about(finding, ()) for finding in findings if finding.fault)
    return next((name for kind, name in about if kind == "data"), "")


def _about(finding: Finding, faulty: Collection[str | None]) -> tuple[Kind, str]:
    match finding.kind:
        case "no_predictions" | "performance" | "estimate" | "fairness" | "service":
            return finding.kind, finding.kind
        case "indicator":
            return "indicator", finding.key
        case "suite":
            return "data", f"data/{finding.column}" if finding.column else "data"
        case _ if finding.fault or finding.column in faulty:
            return "data", f"data/{finding.column}"
        case _:
            return "drift", "drift"
