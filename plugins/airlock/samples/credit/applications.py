"""Who applies on a day, when, and for what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from airlock.samples.credit.chance import Chance, Floats, Integers
from airlock.samples.credit.dates import EPOCH, SECONDS_PER_DAY, whole_years
from airlock.samples.credit.law import PURPOSE
from airlock.samples.credit.people import (
    DAYS_PER_YEAR,
    FEMALE,
    HOUSINGS,
    PLACES_PER_DAILY_APPLICATION,
    TYPICAL_INCOME,
    People,
    holders,
)
from airlock.samples.credit.world import World

CHANNELS = ("branch", "partner", "web")
PURPOSES = tuple(PURPOSE)
TERMS = (6, 12, 18, 24, 36, 48, 60, 72, 84)

WEEKDAY_RHYTHM = (1.15, 1.10, 1.05, 1.05, 1.10, 0.85, 0.70)
YEARLY_SWING, BUSIEST_DAY = 0.06, 110
CANDIDATES = 8
TIME_LEVELS = (0.0, 0.03, 0.45, 0.90, 1.0)
TIMES_OF_DAY = (0.0, 6.5 * 3600, 12 * 3600, 20 * 3600, float(SECONDS_PER_DAY))
PURPOSE_POPULARITY = (0.07, 0.28, 0.18, 0.07, 0.17, 0.12, 0.05, 0.06)
PURPOSE_PER_DECADE = (0.0, 0.0, 0.05, -0.7, 0.2, -0.05, 0.35, -0.1)
PURPOSE_IN_RUSH = tuple(float(purpose in ("household", "travel")) for purpose in PURPOSES)
PURPOSE_AMOUNT = (15_000.0, 12_000.0, 10_000.0, 6_500.0, 13_000.0, 3_000.0, 4_500.0, 3_500.0)
AMOUNT_RANGE, INCOME_RANGE, DEBT_RANGE = (500, 75_000), (500, 25_000), (0, 200_000)
LOAN_COUNTS = np.arange(9)
LOG_FACTORIALS = np.log(np.maximum(LOAN_COUNTS, 1)).cumsum()


@dataclass(frozen=True)
class Applications:
    """The applications of a few days as they truly are, row by row with their applicants.

    `rows` holds the columns the risk law reads; `second` is the time of day; `number` counts from 1 each day.
    """

    day: Integers
    number: Integers
    second: Integers
    people: People
    rows: pd.DataFrame
    chance: Chance

    def replaced(self, place: np.ndarray, other: Self) -> Self:
        """Put the applications of `other` into some places, a boolean for each; the places stay."""
        taken = np.arange(len(place)) + len(place) * place
        return replace(
            self,
            people=self.people.replaced(place, other.people),
            rows=pd.concat([self.rows, other.rows]).iloc[taken].reset_index(drop=True),
            chance=Chance(np.where(place, other.chance.states, self.chance.states)),
        )


def daily_counts(world: World, days: Integers, volume: Floats) -> Integers:
    """Draw how many applications each day brings: a weekly rhythm, a mild yearly one and some noise."""
    weekly: Floats = np.take(WEEKDAY_RHYTHM, (days + 6) % 7)
    yearly = 1 + YEARLY_SWING * np.cos(2 * np.pi * (days - EPOCH - BUSIEST_DAY) / DAYS_PER_YEAR)
    noise = np.exp(0.05 * Chance.of(world.seed, "day", days).normal("volume"))
    return np.rint(world.applications_per_day * volume * weekly * yearly * noise).astype(np.int64)


def apply(world: World, days: Integers, regime: Mapping[str, Floats], attempt: int = 0) -> Applications:
    """Draw the applications of the given days, each day under its own regime (arrays, one value per day).

    Each `attempt` fills the same places with other applications.
    """
    counts = daily_counts(world, days, regime["volume"])
    day: Integers = np.repeat(days, counts)
    index = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    setting: dict[str, Floats] = {name: np.repeat(values, counts) for name, values in regime.items()}
    chance = Chance.of(world.seed, _attempted("application", attempt), day, index)
    people = _applicants(world, day, index, setting, chance, attempt)
    place_in_day = (index + chance.uniform("time")) / np.repeat(counts, counts)
    return Applications(
        day=day,
        number=index + 1,
        second=np.interp(place_in_day, TIME_LEVELS, TIMES_OF_DAY).astype(np.int64),
        people=people,
        rows=_wishes(day, people, setting, chance),
        chance=chance,
    )


def _applicants(
    world: World,
    day: Integers,
    index: Integers,
    setting: Mapping[str, Floats],
    chance: Chance,
    attempt: int,
) -> People:
    seats = np.arange(CANDIDATES)[None, :]
    subject = _attempted("candidate", attempt)
    draw = Chance.of(world.seed, subject, day[:, None], index[:, None], seats).uniform("place")
    places = (draw * PLACES_PER_DAILY_APPLICATION * world.applications_per_day).astype(np.int64)
    candidates = holders(world, places, day[:, None])
    decades_below_forty = (40 - (day[:, None] - candidates.born) / DAYS_PER_YEAR) / 10
    poverty = np.log(TYPICAL_INCOME / candidates.usual_income)
    log_weights = setting["youth"][:, None] * decades_below_forty + setting["poverty"][:, None] * poverty
    return candidates.pick(chance.category("applicant", log_weights))


def _attempted(subject: str, attempt: int) -> str:
    return f"{subject}, attempt {attempt}" if attempt else subject


def _wishes(day: Integers, people: People, setting: Mapping[str, Floats], chance: Chance) -> pd.DataFrame:
    age = whole_years(people.born, day)
    decades = (age - 40) / 10
    income = np.round(people.usual_income * np.exp(0.08 * chance.normal("income")), -1).clip(*INCOME_RANGE)
    wealth = np.log(income / TYPICAL_INCOME)
    loans = chance.category("loans", _poisson_log_weights(np.exp(-0.1 + 0.6 * people.appetite)))
    debt = 3500 * loans**0.8 * np.exp(0.6 * wealth + 0.2 * people.appetite + 0.7 * chance.normal("debt"))
    purpose = chance.category("purpose", _purpose_log_weights(decades, setting["rush"]))
    amount = np.take(PURPOSE_AMOUNT, purpose) * np.exp(0.35 * wealth + 0.55 * chance.normal("amount"))
    amount = np.round(amount * setting["amount"], -2).clip(*AMOUNT_RANGE)
    web = setting["web"] + setting["web_by_sex"] * np.where(people.sex == FEMALE, 1.0, -1.0)
    years_at_work = people.employed_when_joining + (day - people.since) / DAYS_PER_YEAR
    return pd.DataFrame(
        {
            "amount": amount,
            "term_months": np.take(TERMS, chance.category("term", _term_log_weights(amount))),
            "purpose": np.take(PURPOSES, purpose),
            "income": income,
            "employment_years": years_at_work.round(1),
            "housing": np.take(HOUSINGS, people.housing),
            "existing_debt": np.round(debt, -2).clip(*DEBT_RANGE),
            "open_loans": loans,
            "previous_defaults": people.previous_defaults,
            "channel": np.take(CHANNELS, chance.category("channel", _channel_log_weights(decades, web))),
            "age": age,
        }
    )


def _poisson_log_weights(mean: Floats) -> Floats:
    return LOAN_COUNTS * np.log(mean)[:, None] - LOG_FACTORIALS


def _purpose_log_weights(decades: Floats, rush: Floats) -> Floats:
    tilt = decades[:, None] * np.array(PURPOSE_PER_DECADE) + rush[:, None] * np.array(PURPOSE_IN_RUSH)
    return np.log(PURPOSE_POPULARITY) + tilt


def _term_log_weights(amount: Floats) -> Floats:
    centre = np.log(36) + 0.5 * np.log(amount / 8000)
    return -0.5 * ((np.log(TERMS) - centre[:, None]) / 0.4) ** 2


def _channel_log_weights(decades: Floats, web: Floats) -> Floats:
    return np.stack([0.2 * decades, np.full_like(decades, -0.6), 0.5 - 0.25 * decades + web], axis=-1)
