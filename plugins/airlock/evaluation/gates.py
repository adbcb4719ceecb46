"""Gates: pure rules, figures and limits in, verdicts out. A figure that is missing has failed."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from airlock.evaluation.evaluation import Champion, Evaluation
from airlock.evaluation.figures import ROUNDING, spell, to_json
from airlock.spec import METRICS, ModelSpec, Task
from airlock.spec.governance import Limit
from airlock.spec.metrics import HIGHER

#: Fewer rows than these in the hold-out say too little for any gate.
MINIMUM_ROWS = 50
MINIMUM_ROWS_OF_A_CLASS = 5


@dataclass(frozen=True)
class Verdict:
    """What one gate says; `origin` is who asks: the spec, the policy or Airlock itself."""

    gate: str
    passed: bool
    value: float
    limit: float | None
    origin: str
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON; a value that is NaN becomes null."""
        return to_json(asdict(self))


def judge(spec: ModelSpec, evaluation: Evaluation) -> tuple[Verdict, ...]:
    """Hold the best candidate's figures on the hold-out against every gate."""
    limits = (_limit(limit, evaluation.metrics.get(limit.metric, math.nan)) for limit in spec.gates.limits)
    return (_rows(evaluation), *_classes(spec, evaluation), *limits, _champion(spec, evaluation))


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


def _limit(limit: Limit, value: float) -> Verdict:
    if limit.at_least is not None:
        bound, side, inside = limit.at_least, "at least", value >= limit.at_least
    else:
        bound, side, inside = float(limit.at_most or 0.0), "at most", value <= float(limit.at_most or 0.0)
    asks = {"spec": "the model's spec", "policy": "the tier's policy"}[limit.origin]
    asked = f"{side} {spell(bound, value)} is asked for by {asks}."
    says = f"is {spell(value, bound)}" if math.isfinite(value) else "has no figure on the hold-out"
    sentence = f"{limit.metric} {says}, and {asked}"
    return Verdict(limit.metric, bool(math.isfinite(value) and inside), value, bound, limit.origin, sentence)


def _champion(spec: ModelSpec, evaluation: Evaluation) -> Verdict:
    metric, tolerance = spec.gates.champion.metric, spec.gates.champion.tolerance
    champion = evaluation.champion
    ours = evaluation.metrics.get(metric, math.nan)
    if champion is None:
        sentence = "There is no champion to compare with: this would be the first."
        return Verdict("champion", True, math.nan, tolerance, "spec", sentence)
    theirs = champion.metrics.get(metric, math.nan)
    worse = theirs - ours if METRICS[spec.task][metric] == HIGHER else ours - theirs
    inside = math.isfinite(worse) and worse <= tolerance + ROUNDING
    sentence = _comparison(metric, ours, champion, worse, tolerance, evaluation.rows)
    return Verdict("champion", inside, worse, tolerance, "spec", sentence)


def _comparison(
    metric: str, ours: float, champion: Champion, worse: float, tolerance: float, rows: int
) -> str:
    theirs = champion.metrics.get(metric, math.nan)
    if champion.problem:
        return (
            f"The champion cannot be compared: {champion.problem} Keep what it takes in the data, "
            "or withdraw it from production first."
        )
    if not math.isfinite(worse):
        whose = "the candidate" if not math.isfinite(ours) else "the champion"
        return f"{metric} has no figure for {whose} on the hold-out, so the two cannot be compared."
    difference = f"{spell(abs(worse), tolerance, 0.0)} {'worse' if worse > 0 else 'better'}"
    by = difference if abs(worse) > ROUNDING else "no difference"
    allowed = f"{spell(tolerance, worse)} worse is allowed" if tolerance else "nothing worse is allowed"
    return (
        f"{metric} is {spell(ours, theirs)} and the champion's is {spell(theirs, ours)} "
        f"on the same {rows:,} rows: {by}, and {'at most ' if tolerance else ''}{allowed}."
    )
