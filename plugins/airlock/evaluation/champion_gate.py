"""The gate of the champion: a candidate is as good as what serves, or it goes no further."""

import math

import numpy as np

from airlock.evaluation.comparison import allowance
from airlock.evaluation.evaluation import Champion, Evaluation
from airlock.evaluation.figures import ROUNDING, spell
from airlock.evaluation.verdict import Verdict
from airlock.spec import METRICS, ModelSpec
from airlock.spec.metrics import HIGHER, RELATIVE


def judge_against_champion(spec: ModelSpec, evaluation: Evaluation) -> Verdict:
    """Say whether the candidate is as good as what serves, within what the spec allows, and surely so."""
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
