"""Reading evidence: what the page, the card and the summary all look for in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from airlock.dossier.words import interval, number, percent, plain
from airlock.spec.metrics import DISPARITIES, HIGHER, LOWER, MEASURES, Task

Evidence = Mapping[str, Any]

#: What a part of the chain adds to the evidence; each may be absent, and then it was not examined.
PARTS = (
    "decision", "inspection", "quarantine", "fairness", "proxies", "slices", "robustness", "exposure",
    "latency", "explanation", "portable", "impact", "catalogue", "data_drift",
)  # fmt: skip
#: Which way is better for Airlock's own gates.
BETTER = {"rows": HIGHER, "rows_of_each_class": HIGHER, "champion": LOWER}
#: The group figure that a disparity is about, where it is one.
FIGURE_OF = {
    "demographic_parity_difference": "selection_rate",
    "demographic_parity_ratio": "selection_rate",
    "equal_opportunity_difference": "true_positive_rate",
    "accuracy_difference": "accuracy",
    "mae_ratio": "mae",
    "bias_difference": "bias",
}


def whole(evidence: Evidence) -> dict[str, Any]:
    """Return the evidence with every part, None where it was not examined, and every list of findings."""
    return {**dict.fromkeys(PARTS), "findings": [], **evidence}


def chosen(evidence: Evidence) -> Mapping[str, Any]:
    """Return the result of the candidate that was chosen."""
    evaluation = evidence["evaluation"]
    return next(result for result in evaluation["results"] if result["name"] == evaluation["best"])


def verdicts(evidence: Evidence) -> list[Mapping[str, Any]]:
    """Return the verdicts, the failed ones first."""
    return sorted(evidence["verdicts"], key=lambda verdict: verdict["passed"])


def side_of(evidence: Evidence, gate: str) -> str:
    """Return which way the limit of a gate points, as a sign; nothing where it is no measure.

    >>> side_of({"task": "binary"}, "roc_auc"), side_of({"task": "binary"}, "accuracy_difference by sex")
    ('≥', '≤')
    """
    known = {**BETTER, **MEASURES[Task(evidence["task"])]}
    better = known.get(gate.split(" by ")[0])
    return {None: "", HIGHER: "≥"}.get(better, "≤")


def widest_gap(evidence: Evidence, attribute: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return the first disparity of an attribute that has a figure, in the order of `DISPARITIES`."""
    found = attribute["disparities"]
    names = (*DISPARITIES[Task(evidence["task"])], *sorted(found))
    return next(((name, found[name]) for name in names if found.get(name, {}).get("value") is not None), None)


def gap_sentence(name: str, gap: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> str:
    """Return one disparity as a sentence that names the two groups it is between."""
    figures = {group["group"]: group["figures"].get(FIGURE_OF.get(name, "")) for group in groups}
    spelled = number if name.startswith(("mae", "bias")) else percent
    between = gap.get("between") or []
    named = [
        f"{group} ({spelled(figures[group])})" if figures.get(group) is not None else str(group)
        for group in between
    ]
    bounds = interval([gap.get("low"), gap.get("high")])
    size = f"{plain(name)}: {number(gap['value'])}{f' ({bounds})' if bounds else ''}"
    return f"{size}, between {' and '.join(named)}" if named else size


def comparison_sentence(evidence: Evidence) -> str:
    """Return how the candidate compares with the champion, and how sure that is; nothing without one."""
    found = evidence["evaluation"].get("comparison")
    if not found or found.get("difference") is None:
        return ""
    difference = found["difference"]
    better = "better" if difference > 0 else "worse" if difference < 0 else "no different"
    size = f"{number(abs(difference))} {better}" if difference else better
    bounds = interval([found.get("low"), found.get("high")])
    metric, allowed = f"{plain(found['metric']).lower()} ({found['metric']})", found.get("allowed")
    no_worse = f"worse by no more than {number(allowed)}" if allowed else "no worse"
    return (
        f"In {metric} the candidate is {size} than the champion on the same rows"
        f"{f' (difference {bounds})' if bounds else ''}; in {percent(found['within'])} of the resamples "
        f"it is {no_worse}."
    )
