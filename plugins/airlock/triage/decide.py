"""Deciding: the facts of a night are held against each cause in turn, and the first that fits is it.

The order is: wrong data, the season, a movement of the inputs, another mix of outcomes, a world that works
otherwise. Another mix of outcomes moves inputs too; so it is tried before the inputs are said to have moved
for another reason.
"""

from dataclasses import replace

import numpy as np

from airlock.monitoring.sentences import figure, percent
from airlock.triage.cause import Cause, Evidence
from airlock.triage.concept import Calibration, calibration
from airlock.triage.expectation import Movement, moved
from airlock.triage.explanations import Prior, Season, against_training, label_shift, season
from airlock.triage.facts import SCORE, Facts
from airlock.triage.faults import faulty
from airlock.triage.multivariate import Distinction, distinguish
from airlock.triage.origin import origin
from airlock.triage.source import bad_source

#: Columns named in evidence.
MOST_NAMED = 5


def find_cause(facts: Facts) -> Cause | None:
    """Return why the night is as it is, or None where nothing is to be explained.

    Where a night of few rows does not tell, it is asked again with the nights before it.
    """
    cause = _cause_of(facts)
    if facts.recent is None or not (cause is None or cause.kind == "unclear"):
        return cause
    recent = facts.recent()
    wider = _cause_of(replace(facts, now=recent.rows, recent=None))
    if wider is None or wider.kind == "unclear":
        return cause
    sentence = (
        f"The night's {facts.now.num_rows:,} rows alone do not tell. The {recent.rows.num_rows:,} of "
        f"{recent.nights} nights do."
    )
    return replace(wider, evidence=(*wider.evidence, Evidence("nights", sentence)))


def _cause_of(facts: Facts) -> Cause | None:
    told = tuple(Evidence("", sentence) for sentence in facts.faults)
    if wrong := _wrong_data(facts):
        return replace(wrong, evidence=(*told, *wrong.evidence))
    if told:
        return _wrong("", told)
    if not facts.now.num_rows:
        return None
    found = against_training(facts)
    outcomes = calibration(facts)
    drifted = outcomes if outcomes and outcomes.drifted else None
    if (week := season(facts, found)) and not drifted:
        return _season(facts, week)
    prior = label_shift(facts, found)
    inputs = tuple(name for name in moved(found) if name != SCORE)
    if prior and not drifted:
        return _prior(prior)
    if inputs and not (week or prior):
        return _covariate(facts, found, None, outcomes)
    if drifted:
        return _concept(drifted)
    apart = distinguish(facts)
    if apart and apart.clear:
        return _covariate(facts, found, apart, outcomes)
    return _unclear(facts, found, outcomes)


def _wrong_data(facts: Facts) -> Cause | None:
    """Say where the data are wrong: in one source, or in what column of all."""
    if not facts.now.num_rows:
        return None
    if source := bad_source(facts):
        return _source(*source)
    wrong = tuple(faulty(facts))
    if not wrong:
        return None
    evidence = tuple(fault.evidence for fault in wrong)
    if source_of := origin(facts, wrong[0]):
        name, more = source_of
        return _source(name, (*evidence, more))
    return _wrong(evidence[0].about, evidence)


def _wrong(about: str, evidence: tuple[Evidence, ...]) -> Cause:
    sentence = "The data themselves are wrong: a model trained on them would learn the fault."
    return Cause("data_fault", about, sentence, evidence, "mend")


def _source(name: str, evidence: tuple[Evidence, ...]) -> Cause:
    sentence = f"One source delivers something else than it did: {name}. The others are as they were."
    return Cause("bad_source", name, sentence, evidence, "mend")


def _season(facts: Facts, found: Season) -> Cause:
    years = f"in {found.years} years" if found.years > 1 else "once"
    sentence = "The night is as this time of the year was in the training data."
    evidence = Evidence(
        f"week {found.week + 1}",
        f"Against the reference the features' PSIs add up to {figure(found.before)}; against week "
        f"{found.week + 1} of the year, which training saw {years} ({found.rows:,} rows until "
        f"{found.until}), to {figure(found.left)}.",
    )
    return Cause("season", evidence.about, sentence, (evidence,), "nothing")


def _prior(found: Prior) -> Cause:
    more = "More" if found.now > found.before else "Fewer"
    sentence = f"{more} come of those whose outcome is {found.label}; what they look like is the same."
    evidence = (
        Evidence(
            SCORE,
            f"By the scores {percent(found.now)} are {found.label}, {percent(found.before)} in training.",
        ),
        Evidence(
            "",
            f"With that mix the columns' PSIs add up to {figure(found.left)}; without it, to "
            f"{figure(found.explained)}.",
        ),
    )
    return Cause("label_shift", found.label, sentence, evidence, "refit")


def _covariate(
    facts: Facts, found: tuple[Movement, ...], apart: Distinction | None, outcomes: Calibration | None
) -> Cause:
    by_name = {one.column: one for one in found}
    names = [name for name in moved(found) if name != SCORE]
    evidence = [
        Evidence(name, f"{name} has moved: PSI {figure(by_name[name].psi)}.") for name in names[:MOST_NAMED]
    ]
    if apart:
        sentence = (
            f"A classifier tells the night from the reference: area {figure(apart.area)}, by chance 0.5."
        )
        evidence.append(Evidence("", sentence))
    touched = SCORE in moved(found)
    score = by_name[SCORE]
    evidence.append(
        Evidence(SCORE, f"The score has {'' if touched else 'not '}moved with them: PSI {figure(score.psi)}.")
    )
    evidence.extend(_decided(facts))
    if outcomes:
        evidence.append(_told(outcomes))
    return Cause(
        "covariate_shift",
        ", ".join(names[:MOST_NAMED]),
        "Other cases come than in training, and neither the season nor another mix of outcomes explains it.",
        tuple(evidence),
        "retrain" if touched or (outcomes is not None and outcomes.broken) else "nothing",
    )


def _concept(outcomes: Calibration) -> Cause:
    sentence = "What came true is no longer what the score says, and no other mix of outcomes explains it."
    return Cause("concept_drift", SCORE, sentence, (_told(outcomes),), "retrain")


def _unclear(facts: Facts, found: tuple[Movement, ...], outcomes: Calibration | None) -> Cause | None:
    evidence = [Evidence("", sentence) for sentence in facts.crossed]
    if SCORE in moved(found):
        evidence.append(Evidence(SCORE, "The score has moved although the inputs have not."))
    if outcomes and outcomes.broken:
        evidence.append(_told(outcomes))
    if not evidence:
        return None
    sentence = "Something has changed, and none of the known causes explains it."
    return Cause("unclear", "", sentence, tuple(evidence), "ask")


def _told(outcomes: Calibration) -> Evidence:
    turned = f" Scores tell outcomes apart {figure(outcomes.slope)} times as well as they did (log-odds)."
    return Evidence(
        "outcomes",
        f"{percent(outcomes.came)} of {outcomes.outcomes:,} outcomes came true, {percent(outcomes.promised)} "
        f"should have at their scores; from score to score the rates differ by {figure(outcomes.gap)} beyond "
        f"chance.{turned if outcomes.turned else ''}",
    )


def _decided(facts: Facts) -> list[Evidence]:
    positive = facts.profile.get("positive")
    if positive is None:
        return []
    before, now = (
        float(np.mean(np.array(table["prediction"].to_pylist()) == positive))
        for table in (facts.before, facts.now)
    )
    return [Evidence("prediction", f"{percent(now)} are decided {positive}, {percent(before)} were.")]
