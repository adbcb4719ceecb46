"""A/B: how often chance decides where nobody is better, and how many outcomes it takes to find who is.

python -m bench.studies.ab [TRIALS]

Every trial is looked at after each outcome, by the judge that releases use. Losses are those of lending: 0
for most answers, a thousand for a customer refused, three thousand for a loan written off.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from airlock.spec.deployment import Trial
from airlock.spec.metrics import Task
from airlock.trial.answers import Arm, Moments
from airlock.trial.judging import Terms, judge_ab

TRIALS = 400
ROWS = 200
LOSSES = np.array([0.0, 1000.0, 3000.0])
CHAMPION = np.array([0.84, 0.08, 0.08])
#: How much of what the champion's answers cost each challenger saves.
SAVED = (0.0, 0.2, 0.4, -0.4)
TERMS = Terms(Trial(rows=ROWS, confidence=0.95), Task.BINARY, "true")
ALIKE = Arm(0, {"true": 300, "false": 700}, Moments(1000))
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Ended:
    """How one trial ended, and after how many outcomes of both arms."""

    outcome: str
    outcomes: int


def trial(random: np.random.Generator, saved: float, outcomes: int, every: int = 1) -> Ended:
    """Look at a trial after each outcome, or after some, until it is decided or no outcomes are left."""
    challenger = CHAMPION * (1 - saved)
    challenger[0] = 1 - challenger[1:].sum()
    arms = random.random(outcomes) < 0.5
    costs = np.where(
        arms, random.choice(LOSSES, outcomes, p=challenger), random.choice(LOSSES, outcomes, p=CHAMPION)
    )
    for seen, losses in looks(arms, costs, every):
        found = judge_ab(TERMS, ALIKE, ALIKE, losses, HOUR)
        if found.outcome != "continue":
            return Ended(found.outcome, seen)
    return Ended("undecided", outcomes)


def looks(arms: np.ndarray, costs: np.ndarray, every: int) -> Iterator[tuple[int, tuple[Moments, Moments]]]:
    """Yield what is known after each outcome from the first on at which both arms have enough."""
    counted = [np.cumsum(arm) for arm in (~arms, arms)]
    sums = [np.cumsum(costs * arm) for arm in (~arms, arms)]
    squares = [np.cumsum(costs**2 * arm) for arm in (~arms, arms)]
    enough = np.minimum(*counted) >= ROWS
    for place in np.flatnonzero(enough)[::every]:
        champion, challenger = (
            _moments(int(rows[place]), total[place], square[place])
            for rows, total, square in zip(counted, sums, squares, strict=True)
        )
        yield int(place) + 1, (champion, challenger)


def _moments(rows: int, total: float, square: float) -> Moments:
    mean = total / rows
    return Moments(rows, mean, (square - rows * mean**2) / (rows - 1))


def main(trials: int) -> int:
    """Print how trials end for challengers that save much, little, nothing, or less than nothing."""
    for saved in SAVED:
        ended = [trial(np.random.default_rng((7, seed)), saved, 6000) for seed in range(trials)]
        outcomes = Counter(one.outcome for one in ended)
        decided = [one.outcomes for one in ended if one.outcome != "undecided"]
        told = ", ".join(f"{name} {count / trials:.1%}" for name, count in sorted(outcomes.items()))
        after = f"; decided after {np.median(decided):.0f} outcomes in the median" if decided else ""
        print(f"saves {saved:+.0%}: {told}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS))
