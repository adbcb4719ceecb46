import hashlib
from dataclasses import astuple
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airlock.samples.credit import SCENARIOS, CreditData, Episode, World, generate

DAYS = st.dates(date(1995, 1, 1), date(2060, 1, 1))
START, END = date(2025, 1, 1), date(2026, 1, 1)


@pytest.fixture(scope="module")
def year() -> CreditData:
    return generate(World(), START, END)


def only(data: CreditData, day: date) -> CreditData:
    applications = data.applications[data.applications["applied_at"].dt.date == day]
    ids = applications["application_id"]
    return CreditData(
        day,
        day + timedelta(days=1),
        data.customers[data.customers["customer_id"].isin(applications["customer_id"])],
        applications,
        *(part[part["application_id"].isin(ids)] for part in (data.outcomes, data.truth)),
    )


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    day=DAYS,
    before=st.integers(0, 90),
    after=st.integers(1, 10),
    episodes=st.lists(st.builds(Episode, st.sampled_from(sorted(SCENARIOS)), DAYS), max_size=3),
)
def test_a_day_is_the_same_alone_and_within_any_range(
    seed: int, day: date, before: int, after: int, episodes: list[Episode]
) -> None:
    world = World(seed, applications_per_day=10, episodes=tuple(episodes))
    alone = generate(world, day, day + timedelta(days=1))
    within = only(generate(world, day - timedelta(days=before), day + timedelta(days=after)), day)
    for one, other in zip(astuple(alone)[2:], astuple(within)[2:], strict=True):
        key = one.columns[0]
        pd.testing.assert_frame_equal(*(part.sort_values(key, ignore_index=True) for part in (one, other)))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**63 - 1), day=DAYS, daily=st.integers(1, 60))
def test_every_world_keeps_its_tables_consistent(seed: int, day: date, daily: int) -> None:
    data = generate(World(seed, daily), day, day + timedelta(days=5))
    customers, applications = data.customers.set_index("customer_id"), data.applications
    assert customers.index.is_unique
    assert set(customers.index) == set(applications["customer_id"])
    assert applications["application_id"].is_unique
    assert applications["applied_at"].is_monotonic_increasing
    for part in (data.outcomes, data.truth):
        assert part["application_id"].tolist() == applications["application_id"].tolist()
    applied = applications["applied_at"].dt.tz_localize(None)
    applicants = customers.loc[applications["customer_id"]]
    assert (applicants["customer_since"].to_numpy() <= applied.to_numpy()).all()
    adult = applicants["birth_date"] + pd.DateOffset(years=18)
    assert (adult.to_numpy() <= applied.to_numpy()).all()
    assert data.truth["probability"].between(0, 1, inclusive="neither").all()


def test_other_seeds_make_other_worlds() -> None:
    first, second = (generate(World(seed), START, date(2025, 1, 8)) for seed in (1, 2))
    assert not set(first.customers["customer_id"]) & set(second.customers["customer_id"])


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValueError, match="end 2025-01-01 is not after start 2025-01-01"):
        generate(World(), START, START)


def test_volume_follows_the_week(year: CreditData) -> None:
    daily = year.applications.groupby(year.applications["applied_at"].dt.date).size()
    weekday = daily.groupby([day.weekday() for day in daily.index]).mean()
    assert len(daily) == 365
    assert 290 < daily.mean() < 310
    assert weekday.idxmax() == 0
    assert weekday.idxmin() == 6


def test_customers_come_back(year: CreditData) -> None:
    assert 1.5 < len(year.applications) / len(year.customers) < 3


def test_values_stay_in_their_documented_ranges(year: CreditData) -> None:
    rows = year.applications
    for column, low, high in (
        ("amount", 500, 75_000),
        ("income", 500, 25_000),
        ("employment_years", 0, 60),
        ("existing_debt", 0, 200_000),
        ("open_loans", 0, 8),
        ("previous_defaults", 0, 3),
    ):
        assert rows[column].dropna().between(low, high).all(), column
    assert 0.03 < rows["income"].isna().mean() < 0.05
    assert rows.drop(columns="income").notna().all().all()
    assert ((rows["open_loans"] == 0) == (rows["existing_debt"] == 0)).mean() > 0.99


def test_outcomes_arrive_after_sixty_to_ninety_days(year: CreditData) -> None:
    delay = year.outcomes["observed_at"] - year.applications["applied_at"]
    assert delay.min() >= pd.Timedelta(days=60)
    assert delay.max() < pd.Timedelta(days=90)
    assert pd.Timedelta(days=74) < delay.mean() < pd.Timedelta(days=76)


def test_outcomes_follow_the_true_probability(year: CreditData) -> None:
    probability, defaulted = year.truth["probability"], year.outcomes["defaulted"]
    assert 0.10 < defaulted.mean() < 0.20
    deciles = pd.qcut(probability, 10, labels=False)
    gap = (defaulted.groupby(deciles).mean() - probability.groupby(deciles).mean()).abs()
    assert (gap < 4 * np.sqrt(0.25 / (len(probability) / 10))).all()


def test_the_calm_world_stays_as_it_was() -> None:
    data = generate(World(), START, date(2025, 2, 1))
    sheets = (part.to_csv(index=False) for part in (data.customers, data.applications, data.outcomes))
    assert hashlib.sha256("".join(sheets).encode()).hexdigest().startswith("1dfa5be961cc3bec")
