"""Gates: pure rules, figures and limits in, verdicts out. A figure that is missing has failed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from airlock.evaluation.comparison import allowance
from airlock.evaluation.evaluation import Champion, Evaluation
from airlock.evaluation.figures import ROUNDING, spell, to_json
from airlock.spec import METRICS, ModelSpec, Task
from airlock.spec.governance import Limit
from airlock.spec.metrics import HIGHER, RELATIVE

#: Fewer rows than these in the hold-out say too little for any gate.
MINIMUM_ROWS = 50
MINIMUM_ROWS_OF_A_CLASS = 5
#: Where a limit comes from that neither the spec nor a policy asks for.
OWN = "Airlock itself"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Verdict:
    """What one gate says.

    Attributes
    ----------
    gate
        Its name: a measure, `<disparity> by <attribute>`, `champion`, `rows` or `rows_of_each_class`.
    value, limit
        The figure and its bound; for the champion, by how much the candidate is worse and may be.
    origin
        Who asks: spec, policy or airlock.
    sentence
        All of it for a person.
    low, high
        The 95 % interval of the value; None where there is none.
    source
        The key and the file that the limit comes from.
    """

    gate: str
    passed: bool
    value: float
    limit: float | None
    origin: str
    sentence: str
    low: float | None = None
    high: float | None = None
    source: str = OWN

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON; a value that is NaN becomes null."""
        return to_json(asdict(self))


def judge(
    spec: ModelSpec,
    evaluation: Evaluation,
    measures: Mapping[str, float | None] = NOTHING,
    by_attribute: Mapping[str, Mapping[str, float | None]] = NOTHING,
    details: Mapping[str, str] = NOTHING,
    rules: Sequence[Mapping[str, Any]] = (),
) -> tuple[Verdict, ...]:
    """Hold the best candidate's figures against every gate.

    Parameters
    ----------
    spec
        With the limits of the spec and of its tier's policy.
    evaluation
        Metrics on the hold-out, for the candidate and the champion.
    measures
        The figures of every other examination, by their names in `airlock.spec.metrics.MEASURES`.
    by_attribute
        For each protected column its own disparities, which limits with an `attribute` are about.
    details
        By the name of a gate, half a sentence that is added to what its verdict says.
    rules
        For each rule of the spec the share of rows that break it, and what its test says.
    """
    found = {**measures, **evaluation.metrics}
    limits = (
        _limit(
            spec,
            limit,
            found if limit.attribute is None else by_attribute.get(limit.attribute, NOTHING),
            evaluation.chosen.intervals,
            details,
        )
        for limit in spec.gates.limits
    )
    return (
        _rows(evaluation),
        *_classes(spec, evaluation),
        *limits,
        *(_rule(rule) for rule in rules),
        _champion(spec, evaluation),
    )


def passed(verdicts: Iterable[Verdict]) -> bool:
    """Say whether there are verdicts and every one of them passed."""
    given = tuple(verdicts)
    return bool(given) and all(verdict.passed for verdict in given)


def _rows(evaluation: Evaluation) -> Verdict:
    rows = evaluation.rows
    sentence = f"The hold-out has {rows:,} rows, and at least {MINIMUM_ROWS} are needed to judge by."
    return Verdict("rows", rows >= MINIMUM_ROWS, rows, MINIMUM_ROWS, "airlock", sentence)


def _classes(spec: ModelSpec, evaluation: Evaluation) -> tuple[Verdict, ...]:
    if spec.task is Task.REGRESSION:
        return ()
    least, rows = min(evaluation.classes.items(), key=lambda item: item[1], default=("", 0))
    enough = rows >= MINIMUM_ROWS_OF_A_CLASS and len(evaluation.classes) > 1
    rarest = f"The rarest class in the hold-out is {least!r} with {rows:,} rows"
    only = f"The hold-out has {len(evaluation.classes)} classes"
    sentence = (
        f"{rarest if len(evaluation.classes) > 1 else only}, "
        f"and at least {MINIMUM_ROWS_OF_A_CLASS} rows of each class are needed to judge by."
    )
    return (Verdict("rows_of_each_class", enough, rows, MINIMUM_ROWS_OF_A_CLASS, "airlock", sentence),)


def _limit(
    spec: ModelSpec,
    limit: Limit,
    found: Mapping[str, float | None],
    intervals: Mapping[str, tuple[float, float]],
    details: Mapping[str, str],
) -> Verdict:
    name = limit.metric if limit.attribute is None else f"{limit.metric} by {limit.attribute}"
    known = found.get(limit.metric)
    value = math.nan if known is None else float(known)
    if limit.at_least is not None:
        bound, side, inside = limit.at_least, "at least", value >= limit.at_least
    else:
        bound, side, inside = float(limit.at_most or 0.0), "at most", value <= float(limit.at_most or 0.0)
    low, high = intervals.get(name, (None, None))
    says = f"is {spell(value, bound)}" if math.isfinite(value) else "was not measured"
    asks = {"spec": "the model's spec", "policy": "the tier's policy"}[limit.origin]
    asked = f"{side} {spell(bound, value)} is asked for by {asks}"
    detail = f"; {details[name]}" if name in details else ""
    return Verdict(
        name,
        bool(math.isfinite(value) and inside),
        value,
        bound,
        limit.origin,
        f"{name} {says}{_interval(low, high)}, and {asked}{detail}.",
        low,
        high,
        _source(spec, limit),
    )


def _rule(rule: Mapping[str, Any]) -> Verdict:
    share = math.nan if rule["share"] is None else float(rule["share"])
    return Verdict(
        f"rule_violations by {rule['feature']}",
        bool(rule["passed"] and share <= rule["at_most"]),
        share,
        rule["at_most"],
        "spec",
        rule["sentence"],
        source="rules of model.yaml",
    )


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f" (95 % interval {spell(low)} to {spell(high)})"


def _source(spec: ModelSpec, limit: Limit) -> str:
    about = limit.metric if limit.attribute is None else f"{limit.metric} ({limit.attribute})"
    if limit.origin == "policy":
        return f"limits.{spec.task}.{about} of policies/{spec.risk_tier}.yaml"
    return f"gates.limits.{about} of model.yaml"


def _champion(spec: ModelSpec, evaluation: Evaluation) -> Verdict:
    asked, champion = spec.gates.champion, evaluation.champion
    source = "gates.champion of model.yaml"
    if champion is None:
        sentence = "There is no champion to compare with: this would be the first."
        return Verdict("champion", True, math.nan, asked.tolerance, "spec", sentence, source=source)
    ours, theirs = (one.metrics.get(asked.metric, math.nan) for one in (evaluation.chosen, champion))
    worse = theirs - ours if METRICS[spec.task][asked.metric] == HIGHER else ours - theirs
    allowed = float(allowance(asked.metric, asked.tolerance, np.array(theirs)))
    compared = evaluation.comparison
    sure = compared is not None and compared.within >= asked.confidence
    return Verdict(
        "champion",
        bool(math.isfinite(worse) and worse <= allowed + ROUNDING and sure),
        worse,
        allowed,
        "spec",
        _no_comparison(asked.metric, ours, worse, champion)
        or f"{_difference(spec, ours, theirs, worse, evaluation.rows)} {_confidence(spec, evaluation)}",
        None if compared is None else -compared.high,
        None if compared is None else -compared.low,
        source,
    )


def _no_comparison(metric: str, ours: float, worse: float, champion: Champion) -> str:
    """Say why the two cannot be compared; nothing where they can."""
    if champion.problem:
        return (
            f"The champion cannot be compared: {champion.problem} Keep what it takes in the data, "
            "or withdraw it from production first."
        )
    if math.isfinite(worse):
        return ""
    whose = "the candidate" if not math.isfinite(ours) else "the champion"
    return f"{metric} has no figure for {whose} on the hold-out, so the two cannot be compared."


def _difference(spec: ModelSpec, ours: float, theirs: float, worse: float, rows: int) -> str:
    metric, tolerance = spec.gates.champion.metric, spec.gates.champion.tolerance
    allowed = float(allowance(metric, tolerance, np.array(theirs)))
    share = f" ({spell(100 * tolerance, least=0)} % of the champion's)" if metric in RELATIVE else ""
    at_most = (
        f"at most {spell(allowed, worse)} worse{share} is allowed"
        if tolerance
        else "nothing worse is allowed"
    )
    return (
        f"{metric} is {spell(ours, theirs)} and the champion's is {spell(theirs, ours)} "
        f"on the same {rows:,} rows: {_better(-worse, allowed)}, and {at_most}."
    )


def _confidence(spec: ModelSpec, evaluation: Evaluation) -> str:
    """Say how sure it is that the candidate is within what is allowed."""
    least = 100 * spec.gates.champion.confidence
    compared = evaluation.comparison
    if compared is None or not math.isfinite(compared.within):
        return f"How sure that is could not be measured, and at least {spell(least, least=0)} % is asked for."
    within = 100 * compared.within
    return (
        f"Were such rows drawn again, the candidate would be within that in "
        f"{spell(within, least, least=0)} % of the draws "
        f"(95 % interval: {_better(compared.low)} to {_better(compared.high)}), "
        f"and at least {spell(least, within, least=0)} % is asked for."
    )


def _better(by: float, *beside: float) -> str:
    """Say how much better or worse the candidate is.

    >>> _better(-0.01), _better(0.2), _better(0.0)
    ('0.010 worse', '0.200 better', 'no difference')
    """
    if abs(by) <= ROUNDING:
        return "no difference"
    return f"{spell(abs(by), *beside, 0.0)} {'worse' if by < 0 else 'better'}"
