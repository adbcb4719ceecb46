"""Explanations of a night that moved: each says what to expect, and holds if nothing is left to explain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from airlock.monitoring.bins import counts_of
from airlock.monitoring.seasons import WEEKS, week_of
from airlock.triage.expectation import LEVEL, Expected, Movement, moved, movements, total
from airlock.triage.facts import SCORE, Facts
from airlock.triage.mixture import mixing_share

#: An explanation leaves at most this part of what there is to explain.
LEFT = 0.4
#: A week of the training data is a season's only if it is from another year than the night's.
ANOTHER_YEAR = timedelta(days=180)
#: The least rows of a week that tell what it is like.
LEAST_ROWS = 100
#: The least change of the share of a class that is worth a word, in parts of that share.
WORTH_SHARE = 0.5


@dataclass(frozen=True)
class Season:
    """The week of the training data that the night is like."""

    week: int
    until: date
    years: int
    rows: int
    before: float
    left: float


@dataclass(frozen=True)
class Prior:
    """How much more of one class came: its share in training and now, and what that leaves unexplained."""

    label: str
    before: float
    now: float
    explained: float
    left: float


def against_training(facts: Facts) -> tuple[Movement, ...]:
    """Hold the night against the reference, column by column."""
    expected = {name: Expected.of(counts_of(one)) for name, one in facts.described.items()}
    return movements(night_counts(facts), expected)


def night_counts(facts: Facts) -> dict[str, np.ndarray]:
    """Return the night's counts at each place of each column."""
    return {name: facts.counts(placed, name) for name, placed in facts.placed.items()}


def season(facts: Facts, found: tuple[Movement, ...]) -> Season | None:
    """Return the week of the year, in the training data, that explains all that moved in the features."""
    features = tuple(one for one in found if one.column != SCORE)
    if not moved(features):
        return None
    now, before = night_counts(facts), total(features)
    fits = []
    for number, week in _weeks(facts):
        left = movements(now, {name: Expected.of(np.array(one)) for name, one in week["features"].items()})
        if not any(each.doubted for each in left) and total(left) <= LEFT * before:
            until = date.fromisoformat(week["until"])
            fits.append(Season(number, until, week["years"], week["rows"], before, total(left)))
    return min(fits, key=lambda one: one.left, default=None)


def label_shift(facts: Facts, found: tuple[Movement, ...]) -> Prior | None:
    """Return the class of which more (or fewer) came, where that alone explains every column and the score.

    The night is taken for a mixture of the profiles that the training data had for each outcome. The share of
    one class is the most likely one by the score's places, which needs no calibrated score.

    References
    ----------
    Lipton, Wang, Smola: Detecting and correcting for label shift with black box predictors, ICML 2018.
    Garg, Wu, Balakrishnan, Lipton: A unified view of label shift estimation, NeurIPS 2020.
    """
    from scipy.special import chdtrc, xlogy

    known: Mapping[str, Any] = facts.profile.get("classes") or {}
    now = night_counts(facts)
    if len(known) != 2 or not now[SCORE].sum():
        return None
    label = facts.profile.get("positive") or max(known)
    one, other = (_class(known[name]) for name in (next(k for k in known if k != label), label))
    rows = {name: known[name]["rows"] for name in known}
    before = rows[label] / sum(rows.values())
    share = mixing_share(now[SCORE], one[SCORE].shares, other[SCORE].shares)
    likely = [
        float(xlogy(now[SCORE], one[SCORE].mixed(other[SCORE], part).shares).sum())
        for part in (before, share)
    ]
    chance = float(chdtrc(1, max(2 * (likely[1] - likely[0]), 0.0)))
    if chance > LEVEL / 10 or abs(share - before) < WORTH_SHARE * before:
        return None
    left = movements(now, {name: one[name].mixed(other[name], share) for name in one})
    if any(each.doubted for each in left) or total(left) >= total(found):
        return None
    return Prior(label, before, share, total(found), total(left))


def _class(known: Mapping[str, Any]) -> dict[str, Expected]:
    columns = {**known["features"], SCORE: known[SCORE]}
    return {name: Expected.of(np.array(counts)) for name, counts in columns.items()}


def _weeks(facts: Facts) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the same week of another year, and its neighbours: a season does not begin on the same day."""
    weeks: Mapping[str, Any] = facts.profile.get("seasons") or {}
    for step in (0, -1, 1):
        number = (week_of(facts.day) + step) % WEEKS
        week = weeks.get(str(number))
        if week is None or week["rows"] < LEAST_ROWS:
            continue
        if date.fromisoformat(week["until"]) <= facts.day - ANOTHER_YEAR:
            yield number, week
