"""Reading evidence: what the page, the card and the summary all look for in it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from airlock.dossier.impact import in_order
from airlock.dossier.words import interval, number, percent, plain
from airlock.spec.metrics import DISPARITIES, HIGHER, LOWER, MEASURES, Task

Evidence = Mapping[str, Any]

#: What a part of the chain adds to the evidence; each may be absent, and then it was not examined.
PARTS = (
    "decision", "inspection", "quarantine", "fairness", "proxies", "slices", "robustness", "exposure",
    "latency", "explanation", "portable", "impact", "catalogue", "data_drift",
)  # fmt: skip
#: What says how the champion's answers change: absent where there is no champion or it cannot answer.
CHANGE = "change"
#: Where a candidate comes from that was not trained here: absent of all others.
EXTERNAL = "external"
#: Whole sentences of the evidence, and how a percentage is written in some of them.
SENTENCES = ("sentence", "note", "problem")
CLOSE_PERCENT = re.compile(r"(?<=\d)%")
#: A slice that chance alone makes this often is none that stands out.
RARE = 0.05
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
    """Return the evidence as it is read.

    It has every part, None where it was not examined, and a list of findings; percentages are written in one
    way, and the impact assessment is in the order of its form.
    """
    facts = {**dict.fromkeys((*PARTS, CHANGE, EXTERNAL)), "findings": [], **_spelled(evidence)}
    return facts | {"impact": in_order(facts["impact"])}


def _spelled(value: Any, key: str = "") -> Any:
    """Return evidence with the percentages in its sentences written as everywhere else: 10.7 %."""
    if isinstance(value, Mapping):
        return {name: _spelled(inner, name) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(inner, key) for inner in value]
    return CLOSE_PERCENT.sub(" %", value) if isinstance(value, str) and key in SENTENCES else value


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
    better = "better" if difference > 0 else "worse"
    size = f"{number(abs(difference))} {better} than" if difference else "as good as"
    bounds = interval([found.get("low"), found.get("high")])
    metric, allowed = f"{plain(found['metric']).lower()} ({found['metric']})", found.get("allowed")
    no_worse = f"worse by no more than {number(allowed)}" if allowed else "no worse"
    return (
        f"In {metric} the candidate is {size} the champion on the same rows"
        f"{f' (difference {bounds})' if bounds else ''}; in {percent(found['within'])} of the resamples "
        f"it is {no_worse}."
    )


def change_sentences(evidence: Evidence) -> list[str]:
    """Return what would change if the candidate took the champion's place; nothing where nobody knows."""
    change = evidence["change"]
    if not change:
        return []
    version = evidence["champion_version"]
    champion = f"version {version}" if version else "the champion"
    if change.get("yes") is None:
        changed = f"{change['changed']:,} would be answered otherwise than by {champion}"
        return [f"Of {change['rows']:,} rows {changed}."]
    decision = evidence["decision"]
    who, means = ("people", f" ({_aside(decision['yes_means'])})") if decision else ("rows", "")
    sentences = [
        f"Of {change['rows']:,} {who} {percent(change['yes'])} would get a yes{means}; with {champion} it is "
        f"{percent(change['champion_yes'])}.",
        f"{change['changed']:,} decision{' changes' if change['changed'] == 1 else 's change'}.",
    ]
    before, after = change["champion_threshold"], change["threshold"]
    if before != after:
        moved = f"The threshold moves from {percent(before)} to {percent(after)}"
        costs = "; part of the difference in cost is the threshold's" if (decision or {}).get("costs") else ""
        sentences.append(f"{moved}{costs}.")
    return sentences


def _aside(text: str) -> str:
    """Return a sentence as it is said in brackets.

    >>> _aside("The loan is refused."), _aside("EUR 5 are paid")
    ('the loan is refused', 'EUR 5 are paid')
    """
    text = text.rstrip(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def slices_to_see(slices: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the slices that the gate speaks of, then the worst others, without those that may be chance."""
    named = slices.get("named") or []
    known = {one["slice"] for one in named}
    others = [
        one
        for one in slices["worst"]
        if one["slice"] not in known and one["p_value"] is not None and one["p_value"] < RARE
    ]
    return [*named, *sorted(others, key=lambda one: -(one["excess"] or 0.0))]


def unmoved(columns: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether every column was measured and none has moved since the champion's training."""
    return all(one["psi"] == 0 for one in columns)


def answer(evidence: Evidence, label: str) -> str:
    """Return the answer of a binary model as yes or no, and any other as it is.

    >>> answer({"task": "binary", "decision": None}, "false"), answer({"task": "multiclass"}, "fir")
    ('no', 'fir')
    """
    if evidence["task"] != "binary":
        return label
    positive = (evidence["decision"] or {}).get("positive")
    if positive is None:
        return {"true": "yes", "false": "no"}.get(label, label)
    return "yes" if label == positive else "no"


def counterfactual_sentence(evidence: Evidence, one: Mapping[str, Any]) -> str:
    """Return what would have changed an answer, with the answer as yes or no."""
    label = one.get("new_prediction")
    if not label:
        return str(one["sentence"])
    said = "the answer would have been"
    return str(one["sentence"]).replace(f"{said} {label}", f"{said} {answer(evidence, label)}")
