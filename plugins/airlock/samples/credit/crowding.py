"""Who takes a place in the day's queue when those who will default crowd in."""

from collections.abc import Mapping

import numpy as np

from airlock.samples.credit.applications import Applications, apply
from airlock.samples.credit.chance import Floats, Integers
from airlock.samples.credit.law import default_probability
from airlock.samples.credit.world import World

ATTEMPTS = 8
TURNS = ("income_protection", "employment_protection", "debt_burden", "ring")

Regime = Mapping[str, Floats]


def queue(world: World, days: Integers, regime: Regime) -> tuple[Applications, Floats]:
    """Draw the applications of some days, with the risk law's probability of default of each.

    Where defaulters crowd in, their share of the places goes to the first of eight independent applications
    that will default; where none of the eight will, the place stays with its own. Who takes a place hangs on
    the outcome alone, so what an application looks like given its outcome stays exactly as it was.

    Parameters
    ----------
    world, days
        What is drawn.
    regime
        One value a day for each setting.
    """
    drawn, probability = _attempt(world, days, regime, 0)
    crowded = drawn.chance.uniform("crowding") < regime["defaulters"][drawn.day - days[0]]
    for attempt in range(1, ATTEMPTS if crowded.any() else 1):
        other, law = _attempt(world, days, regime, attempt)
        place = crowded & ~will_default(drawn, probability) & will_default(other, law)
        drawn, probability = drawn.replaced(place, other), np.where(place, law, probability)
    return drawn, probability


def will_default(drawn: Applications, probability: Floats) -> np.ndarray:
    """Say of each application whether it will default."""
    return drawn.chance.uniform("outcome") < probability


def _attempt(world: World, days: Integers, regime: Regime, attempt: int) -> tuple[Applications, Floats]:
    drawn = apply(world, days, regime, attempt)
    row = drawn.day - days[0]
    return drawn, default_probability(drawn.rows, **{name: regime[name][row] for name in TURNS})
