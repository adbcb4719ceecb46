"""The lender's customers: a population that stays the same size and age while its members come and go.

The population is a fixed number of places. A customer holds a place for three to eight years and is then
followed by another, so that any day of any year finds the same mix of people without replaying history.
Sex and region have no part in anything else in the calm world, which is unbiased by construction; scenarios
that plant a bias speak of sex.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from airlock.samples.credit.chance import Chance, Floats, Integers, scramble
from airlock.samples.credit.world import World

SEXES = ("female", "male")
FEMALE = SEXES.index("female")
REGIONS = ("centre", "east", "north", "south", "west")
HOUSINGS = ("family", "mortgage", "own", "rent")

REGION_SHARES = (0.30, 0.18, 0.22, 0.16, 0.14)
PLACES_PER_DAILY_APPLICATION = 250
TENURE_DAYS = (1095, 2922)
AGE_LEVELS, AGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0), (18.0, 22.0, 29.0, 37.0, 46.0, 60.0, 75.0)
EARNING_AGES, EARNINGS = (
    (18.0, 25.0, 35.0, 50.0, 63.0, 75.0),
    (1250.0, 1900.0, 2500.0, 2800.0, 2500.0, 1700.0),
)
DEFAULTS_LEVELS = (0.86, 0.95, 0.985)
DAYS_PER_YEAR = 365.25
TYPICAL_INCOME = 2400.0


@dataclass(frozen=True)
class People:
    """Customers side by side, arrays of one shape; days are proleptic ordinals as in `date.toordinal`."""

    number: NDArray[np.uint64]
    since: Integers
    born: Integers
    sex: Integers
    region: Integers
    housing: Integers
    usual_income: Floats
    employed_when_joining: Floats
    appetite: Floats
    previous_defaults: Integers

    def pick(self, chosen: Integers) -> Self:
        """Keep one person of each row, by position."""
        rows = np.arange(len(chosen))
        return type(self)(**{field.name: getattr(self, field.name)[rows, chosen] for field in fields(self)})

    def replaced(self, place: NDArray[np.bool_], other: Self) -> Self:
        """Put the people of `other` into some places, a boolean for each."""
        pairs = {
            field.name: (getattr(other, field.name), getattr(self, field.name)) for field in fields(self)
        }
        return type(self)(**{name: np.where(place, *pair) for name, pair in pairs.items()})


def holders(world: World, place: Integers, day: Integers) -> People:
    """Draw the customers who hold the given places on the given days."""
    lease = Chance.of(world.seed, "place", place)
    tenure = (TENURE_DAYS[0] + lease.uniform("tenure") * (TENURE_DAYS[1] - TENURE_DAYS[0])).astype(np.int64)
    offset = (lease.uniform("offset") * tenure).astype(np.int64)
    generation = (day + offset) // tenure
    since = generation * tenure - offset
    chance = Chance.of(world.seed, "customer", place, generation)
    age = chance.quantile("age", AGE_LEVELS, AGES)
    wealth = chance.normal("wealth")
    return People(
        number=scramble(chance.states),
        since=since,
        born=since - np.ceil(age * DAYS_PER_YEAR).astype(np.int64),
        sex=chance.category("sex", np.zeros(2)),
        region=chance.category("region", np.log(REGION_SHARES)),
        housing=chance.category("housing", _housing_log_weights(age, wealth)),
        usual_income=np.interp(age, EARNING_AGES, EARNINGS) * np.exp(0.42 * wealth),
        employed_when_joining=np.minimum(-6.0 * np.log(chance.uniform("employment")), 0.8 * (age - 18)),
        appetite=chance.normal("appetite"),
        previous_defaults=np.searchsorted(DEFAULTS_LEVELS, chance.uniform("defaults")),
    )


def _housing_log_weights(age: Floats, wealth: Floats) -> Floats:
    decades = (age - 40) / 10
    return np.stack(
        [-0.9 - 0.9 * decades, 0.1 + 0.5 * wealth, -0.3 + 0.5 * decades + 0.4 * wealth, 0.4 - 0.1 * decades],
        axis=-1,
    )
