"""Judging: a challenger's answers beside the champion's, for each way in which it may run."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from airlock.spec.deployment import Trial
from airlock.spec.durations import spell_duration
from airlock.spec.metrics import Task
from airlock.trial.answers import Arm, Moments, Pairs
from airlock.trial.bounds import evidence_above, radius
from airlock.trial.verdict import ERROR, Finding, Verdict, verdict

#: Fewer numbers than these have no mean that bounds for large samples can speak of.
FEWEST = 20


@dataclass(frozen=True)
class Terms:
    """What a trial is judged by: `positive` is the label of yes, `spread` the unit of a regression's mean."""

    trial: Trial
    task: Task
    positive: str | None = None
    spread: float = float("nan")


def judge_canary(terms: Terms, champion: Arm, challenger: Arm, elapsed: timedelta) -> Verdict:
    """Judge one step of a canary: both arms are different entities, given out by chance."""
    lacking = _lacking(terms.trial, elapsed, champion=champion.answered, challenger=challenger.answered)
    return verdict(_findings(terms, champion, challenger), missing=lacking)


def judge_shadow(terms: Terms, pairs: Pairs, elapsed: timedelta) -> Verdict:
    """Judge a shadow: it answered the same rows as the champion."""
    trial = terms.trial
    rows = pairs.answered
    if terms.task is Task.REGRESSION:
        found = _far(terms, "Its mean answer", pairs.differences, scale=terms.spread)
    else:
        share = pairs.changed / rows if rows else math.nan
        certain = evidence_above(trial.difference, hits=pairs.changed, rows=rows) >= 1 / ERROR
        told = f"It decides {pairs.changed} of {rows} rows otherwise (at most {trial.difference:.0%})."
        found = Finding(share, trial.difference, certain, told)
    findings = (_failing(trial, pairs.failures, rows), found)
    return verdict(findings, missing=_lacking(trial, elapsed, challenger=rows))


def judge_ab(
    terms: Terms, champion: Arm, challenger: Arm, losses: tuple[Moments, Moments], elapsed: timedelta
) -> Verdict:
    """Judge an A/B test: the outcomes decide who is better, and a canary's limits hold meanwhile.

    Parameters
    ----------
    champion, challenger
        What both answered.
    losses
        What the champion's and the challenger's answers cost, over the entities whose outcome is known.
    elapsed
        Since it began.

    Returns
    -------
    Verdict
        Passed where the whole confidence sequence of the difference says that the challenger costs less.
    """
    trial = terms.trial
    before, now = losses
    lacking = _lacking(trial, elapsed, what="outcomes", champion=before.rows, challenger=now.rows)
    limits = _findings(terms, champion, challenger)
    if lacking or any(finding.certain for finding in limits):
        return verdict(limits, missing=lacking)
    gap, reach = _gap(before, now, error=1 - trial.confidence, around=2 * trial.rows)
    told = (
        f"By {now.rows} and {before.rows} outcomes its answers cost {now.mean:.4g} in the mean and the "
        f"champion's {before.mean:.4g}: {gap:+.4g}, and surely ({trial.confidence:.0%}) between "
        f"{gap - reach:+.4g} and {gap + reach:+.4g}."
    )
    if gap + reach < 0:
        held = verdict(limits, missing="")
        return replace(held, sentence=f"{told} {held.sentence}")
    if gap - reach > 0:
        return Verdict("broke", told)
    return Verdict("continue", f"{told} Nobody can say yet who is better.")


def in_time(trial: Trial, found: Verdict, elapsed: timedelta) -> Verdict:
    """Return the verdict, or `undecided` where there is none and the trial's time is over."""
    if found.outcome != "continue" or elapsed < trial.within:
        return found
    return replace(
        found,
        outcome="undecided",
        sentence=f"No verdict within {spell_duration(trial.within)}. {found.sentence}",
    )


def _findings(terms: Terms, champion: Arm, challenger: Arm) -> tuple[Finding, ...]:
    return (
        _failing(terms.trial, challenger.failures, challenger.answered),
        *_differing(terms, champion, challenger),
    )


def _failing(trial: Trial, failures: int, answered: int) -> Finding:
    rows = failures + answered
    certain = evidence_above(trial.failures, hits=failures, rows=rows) >= 1 / ERROR
    told = f"It failed on {failures} of {rows} rows (at most {trial.failures:.2%})."
    return Finding(failures / rows if rows else math.nan, trial.failures, certain, told)


def _differing(terms: Terms, champion: Arm, challenger: Arm) -> Iterable[Finding]:
    if terms.task is Task.REGRESSION:
        yield _apart(terms, "Its mean answer", champion.scores, challenger.scores, scale=terms.spread)
    elif terms.task is Task.BINARY:
        told, yes = "Its share of yes", str(terms.positive)
        yield _apart(terms, told, champion.of_label(yes), challenger.of_label(yes))
    else:
        labels = sorted({*champion.labels, *challenger.labels}) or [""]
        every = [
            _apart(
                terms,
                f"Its share of {label}",
                champion.of_label(label),
                challenger.of_label(label),
                of=len(labels),
            )
            for label in labels
        ]
        yield max(every, key=lambda one: (one.certain, math.inf if math.isnan(one.value) else one.value))


def _apart(
    terms: Terms, what: str, champion: Moments, challenger: Moments, *, scale: float = 1.0, of: int = 1
) -> Finding:
    """Hold the difference of two arms' means against the limit, as one of several differences."""
    gap, reach = _gap(champion, challenger, error=ERROR / of, around=2 * terms.trial.rows)
    sure = min(champion.rows, challenger.rows) >= FEWEST
    return _finding(terms, what, gap, reach, scale=scale, sure=sure)


def _far(terms: Terms, what: str, differences: Moments, *, scale: float) -> Finding:
    """Hold the mean of paired differences against the limit."""
    reach = radius(differences.of_the_mean, differences.rows, error=ERROR, around=terms.trial.rows)
    return _finding(terms, what, differences.mean, reach, scale=scale, sure=differences.rows >= FEWEST)


def _finding(terms: Terms, what: str, gap: float, reach: float, *, scale: float, sure: bool) -> Finding:
    limit = terms.trial.difference
    apart, least = (abs(gap) / scale, (abs(gap) - reach) / scale) if scale > 0 else (math.nan, math.nan)
    unit = " standard deviations" if terms.task is Task.REGRESSION else ""
    told = f"{what} lies {apart:.3g}{unit} from the champion's (at most {limit:g})."
    if not math.isfinite(apart):
        told = f"{what} cannot be held against the champion's."
    return Finding(apart, limit, sure and least > limit, told)


def _gap(champion: Moments, challenger: Moments, *, error: float, around: int) -> tuple[float, float]:
    """Return by how much the challenger's mean is larger, and the radius around that."""
    rows = champion.rows + challenger.rows
    if not rows:
        return math.nan, math.nan
    variance = champion.of_the_mean + challenger.of_the_mean
    return challenger.mean - champion.mean, radius(variance, rows, error=error, around=around)


def _lacking(trial: Trial, elapsed: timedelta, *, what: str = "answers", **counted: int) -> str:
    """Say what a step needs yet, or nothing."""
    parts = [
        f"{count} of {trial.rows} {what} of the {who}" for who, count in counted.items() if count < trial.rows
    ]
    if elapsed < trial.at_least:
        parts.append(f"a step lasts {spell_duration(trial.at_least)}")
    return f"It goes on: {', '.join(parts)}." if parts else ""
