"""Gates: pure rules, figures and limits in, verdicts out. A figure that is missing has failed."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from airlock.evaluation.champion_gate import judge_against_champion
from airlock.evaluation.evaluation import Evaluation
from airlock.evaluation.figures import spell
from airlock.evaluation.verdict import Verdict
from airlock.spec import ModelSpec, Task
from airlock.spec.bounds import bound_of, keeps, side_of
from airlock.spec.governance import Limit

#: Fewer rows than these in the hold-out say too little for any gate.
MINIMUM_ROWS = 50
MINIMUM_ROWS_OF_A_CLASS = 5
NOTHING: Mapping[str, Any] = MappingProxyType({})


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
        judge_against_champion(spec, evaluation),
    )


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
    bound = bound_of(limit)
    low, high = intervals.get(name, (None, None))
    says = f"is {spell(value, bound)}" if math.isfinite(value) else "was not measured"
    asks = {"spec": "the model's spec", "policy": "the tier's policy"}[limit.origin]
    asked = f"{side_of(limit)} {spell(bound, value)} is asked for by {asks}"
    detail = f"; {details[name]}" if name in details else ""
    return Verdict(
        name,
        math.isfinite(value) and keeps(limit, value),
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
