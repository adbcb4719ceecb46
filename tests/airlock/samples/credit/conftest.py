"""Worlds shared by the credit tests, each drawn once a session."""

from collections.abc import Callable
from datetime import date
from functools import cache

import pandas as pd
import pytest

from airlock.samples.credit import CreditData, Episode, World, generate
from airlock.samples.credit.dates import EPOCH, whole_years

START, END = date(2025, 11, 1), date(2026, 2, 1)

During = Callable[[str], pd.DataFrame]
Join = Callable[[CreditData], pd.DataFrame]


@pytest.fixture(scope="session")
def join() -> Join:
    """Put all that is known about each application into one row, with the age at application."""

    def joined(data: CreditData) -> pd.DataFrame:
        rows = data.applications.merge(data.customers, on="customer_id", validate="many_to_one")
        for part in (data.outcomes, data.truth):
            rows = rows.merge(part, on="application_id", validate="one_to_one")
        born, applied = rows["birth_date"], rows["applied_at"].dt.tz_localize(None)
        born_day, applied_day = (
            EPOCH + moments.to_numpy().astype("datetime64[D]").astype("int64") for moments in (born, applied)
        )
        return rows.assign(age=whole_years(born_day, applied_day))

    return joined


@pytest.fixture(scope="session")
def during(join: Join) -> During:
    """Give three months, November to January, of a world with one scenario at work all along."""

    @cache
    def drawn(scenario: str) -> pd.DataFrame:
        return join(generate(World(episodes=(Episode(scenario, START),)), START, END))

    return drawn
