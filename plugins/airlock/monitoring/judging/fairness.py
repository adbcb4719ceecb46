"""Whether protected groups lie too far apart, by more than chance."""

import math
from collections.abc import Iterator

from airlock.examination.fairness.disparities import Disparity
from airlock.examination.fairness.figures import words_of
from airlock.monitoring.fairness import Comparison, Fairness
from airlock.monitoring.finding import Finding
from airlock.monitoring.sentences import figure, side
from airlock.spec import ModelSpec
from airlock.spec.bounds import bound_of, surely_breaks
from airlock.spec.governance import Limit


def judge(spec: ModelSpec, fairness: Fairness | None) -> Iterator[Finding]:
    """Yield the limits between groups that are broken by more than chance, or that nobody can judge.

    Rows that are too few are no finding, nor are outcomes that are late. Groups that the source no longer
    tells are one: the watch would be blind.
    """
    asked = spec.monitoring.fairness
    if asked is None or fairness is None:
        return
    found: set[str] = set()
    for bound in asked.limits:
        compared = fairness.over(bound.metric)
        for finding in _broken(bound, compared) if compared else ():
            if finding.key not in found:
                found.add(finding.key)
                yield finding


def _broken(bound: Limit, compared: Comparison) -> Iterator[Finding]:
    if compared.attributes is None:
        if compared.blind:
            of = f" of {bound.attribute}" if bound.attribute else ""
            sentence = f"{bound.metric}{of} cannot be judged in production. {compared.reason}"
            yield _finding(bound, bound.attribute or "", None, sentence)
        return
    for one in compared.attributes:
        if bound.attribute not in (None, one.attribute):
            continue
        disparity = one.disparities[bound.metric]
        if not math.isfinite(disparity.value):
            sentence = (
                f"{bound.metric} of {one.attribute} cannot be judged over {_rows(compared)}: no two groups "
                f"have enough rows to tell their {words_of(disparity.figure)}."
            )
            yield _finding(bound, one.attribute, None, sentence)
        elif surely_breaks(bound, disparity.low, disparity.high):
            yield _finding(
                bound, one.attribute, disparity.value, _sentence(bound, one.attribute, disparity, compared)
            )


def _sentence(bound: Limit, attribute: str, disparity: Disparity, compared: Comparison) -> str:
    (first, last), (high, low) = disparity.between, disparity.figures
    return (
        f"{bound.metric} of {attribute} is {figure(disparity.value)} ({figure(disparity.low)} to "
        f"{figure(disparity.high)}) over {_rows(compared)}; it must be {side(bound)}. The "
        f"{words_of(disparity.figure)} is {figure(high)} for {first} and {figure(low)} for {last}."
    )


def _rows(compared: Comparison) -> str:
    assert compared.start is not None and compared.end is not None
    return f"{compared.rows:,} people of {compared.start:%Y-%m-%d} to {compared.end:%Y-%m-%d}"


def _finding(bound: Limit, attribute: str, value: float | None, sentence: str) -> Finding:
    about = f"{bound.metric}/{attribute}".rstrip("/")
    return Finding("fairness", about, value, bound_of(bound), sentence, f"fairness/{about}")
