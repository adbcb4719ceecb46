"""The credit world's tables for a range of days, drawn day by day from nothing but the world."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pandas as pd

from airlock.samples.credit.applications import Applications
from airlock.samples.credit.chance import Floats, Integers
from airlock.samples.credit.crowding import queue, will_default
from airlock.samples.credit.dates import SECONDS_PER_DAY, midnights
from airlock.samples.credit.people import FEMALE, REGIONS, SEXES, People
from airlock.samples.credit.scenarios import Regime
from airlock.samples.credit.world import World

BLOCK_DAYS = 64
OUTCOME_DAYS = (60, 90)
INCOME_MISSING, INCOME_MISSING_BY_WEB = 0.02, 0.04


@dataclass(frozen=True)
class CreditData:
    """What the world holds for the days from `start` until the day before `end`.

    Each frame has the columns of the table it fills; `truth` is for tests, never for models. `outcomes` holds
    every outcome of these applications, whenever it is observed: a reader must stop at its own `as_of`.
    """

    start: date
    end: date
    customers: pd.DataFrame
    applications: pd.DataFrame
    outcomes: pd.DataFrame
    truth: pd.DataFrame


def generate(world: World, start: date, end: date) -> CreditData:
    """Draw the days from `start` until the day before `end`.

    What a day holds depends only on the world and the day, so that any day can be drawn again alone.

    Raises
    ------
    ValueError
        If the end is not after the start.

    Examples
    --------
    >>> data = generate(World(seed=7), date(2026, 3, 2), date(2026, 3, 9))
    >>> data.applications["applied_at"].dt.date.nunique()
    7
    """
    if end <= start:
        raise ValueError(f"end {end} is not after start {start}; the end is the first day left out")
    frames = list(zip(*(_draw(world, days) for days in _blocks(start, end)), strict=True))
    customers, applications, outcomes, truth = (pd.concat(parts, ignore_index=True) for parts in frames)
    return CreditData(
        start=start,
        end=end,
        customers=customers.drop_duplicates("customer_id", ignore_index=True),
        applications=applications,
        outcomes=outcomes,
        truth=truth,
    )


def _blocks(start: date, end: date) -> Iterator[Integers]:
    # Blocks bound the memory of a long range; a day does not depend on the block it is drawn in.
    for first in range(start.toordinal(), end.toordinal(), BLOCK_DAYS):
        yield np.arange(first, min(first + BLOCK_DAYS, end.toordinal()))


def _draw(world: World, days: Integers) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    regimes = [world.regime(date.fromordinal(day)) for day in days.tolist()]
    regime = {field.name: np.array([getattr(one, field.name) for one in regimes]) for field in fields(Regime)}
    drawn, probability = queue(world, days, regime)
    by_row = {name: values[drawn.day - days[0]] for name, values in regime.items()}
    ids = [
        f"A-{date.fromordinal(day):%Y%m%d}-{number:05d}"
        for day, number in zip(drawn.day.tolist(), drawn.number.tolist(), strict=True)
    ]
    applied_at = midnights(drawn.day) + drawn.second.astype("timedelta64[s]")
    outcomes = _outcomes(drawn, ids, applied_at, probability, by_row["prejudice"])
    truth = pd.DataFrame({"application_id": ids, "probability": probability})
    customer_ids = [f"C-{number:016x}" for number in drawn.people.number.tolist()]
    stored = _as_stored(drawn, by_row["income_in_cents"], by_row["jobless_partner"])
    stored.insert(0, "application_id", ids)
    stored.insert(1, "customer_id", customer_ids)
    stored.insert(2, "applied_at", pd.DatetimeIndex(applied_at).tz_localize("UTC"))
    return _customers(drawn.people, customer_ids), stored, outcomes, truth


def _as_stored(drawn: Applications, in_cents: Floats, jobless_partner: Floats) -> pd.DataFrame:
    rows, chance = drawn.rows, drawn.chance
    missing = chance.uniform("missing") < INCOME_MISSING + INCOME_MISSING_BY_WEB * (rows["channel"] == "web")
    units = np.where(chance.uniform("feed") < in_cents, 100.0, 1.0)
    jobless = (rows["channel"] == "partner") & (chance.uniform("source") < jobless_partner)
    return rows.drop(columns="age").assign(
        income=(rows["income"] * units).mask(missing),
        employment_years=rows["employment_years"].mask(jobless, 0.0),
    )


def _outcomes(
    drawn: Applications, ids: list[str], applied_at: np.ndarray, probability: Floats, prejudice: Floats
) -> pd.DataFrame:
    defaulted = will_default(drawn, probability)
    slandered = (drawn.people.sex == FEMALE) & (drawn.chance.uniform("prejudice") < prejudice)
    first, last = (days * SECONDS_PER_DAY for days in OUTCOME_DAYS)
    delay = (first + drawn.chance.uniform("delay") * (last - first)).astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "application_id": ids,
            "defaulted": defaulted | slandered,
            "observed_at": pd.DatetimeIndex(applied_at + delay).tz_localize("UTC"),
        }
    )


def _customers(people: People, ids: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "customer_id": ids,
            "birth_date": midnights(people.born),
            "sex": np.take(SEXES, people.sex),
            "region": np.take(REGIONS, people.region),
            "customer_since": midnights(people.since),
        }
    )
    return frame.drop_duplicates("customer_id", ignore_index=True)
